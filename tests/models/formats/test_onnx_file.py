"""ONNX graphs: any layout, external tensors, and hostile files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from robustbench_cells.models.runtimes import onnx as runtime
from tests.support.networks import convolution, onnx_graph, save_graph

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")


def test_channels_first_and_external_tensors(tmp_path: Path) -> None:
    graph = onnx_graph(*convolution())
    inside = load_segmenter(str(save_graph(graph, tmp_path / "inside.onnx"))).predict(probe_images())
    onnx.save_model(graph, tmp_path / "beside.onnx", save_as_external_data=True, location="b.data", size_threshold=0)
    assert (tmp_path / "b.data").exists()
    np.testing.assert_array_equal(load_segmenter(str(tmp_path / "beside.onnx")).predict(probe_images()), inside)


def test_external_tensors_outside_the_folder_are_refused(tmp_path: Path) -> None:
    graph = onnx_graph(*convolution())
    folder = tmp_path / "model"
    folder.mkdir()
    onnx.save_model(graph, folder / "m.onnx", save_as_external_data=True, location="w.data", size_threshold=0)
    secret = tmp_path / "secret"
    shutil.copy(folder / "w.data", secret)
    for location in ("../secret", str(secret), "link"):
        hostile = onnx.load_model(folder / "m.onnx", load_external_data=False)
        for entry in hostile.graph.initializer[0].external_data:
            entry.value = location if entry.key == "location" else entry.value
        (folder / "hostile.onnx").write_bytes(hostile.SerializeToString())
        (folder / "link").unlink(missing_ok=True)
        (folder / "link").symlink_to(secret)
        with pytest.raises(ModelError, match=rf"hostile\.onnx: .*'{location}', outside its folder"):
            load_segmenter(str(folder / "hostile.onnx"))
    for location in ("a\0b", "a" * 300):
        entry = hostile.graph.initializer[0].external_data[0]
        assert entry.key == "location"
        entry.value = location
        (folder / "hostile.onnx").write_bytes(hostile.SerializeToString())
        with pytest.raises(ModelError, match=r"hostile\.onnx: .*, outside its folder"):
            load_segmenter(str(folder / "hostile.onnx"))
    odd = (folder / "m.onnx").read_bytes().replace(b"w.data", b"w.dat\x80")
    (folder / "hostile.onnx").write_bytes(odd)
    with pytest.raises(ModelError, match=r"hostile\.onnx: .*, outside its folder"):
        load_segmenter(str(folder / "hostile.onnx"))
    hostile = onnx.load_model(folder / "m.onnx", load_external_data=False)
    for key, value in (("length", "40"), ("offset", "999999999"), ("length", "x")):
        for entry in hostile.graph.initializer[0].external_data:
            entry.value = value if entry.key == key else entry.value
        (folder / "hostile.onnx").write_bytes(hostile.SerializeToString())
        with pytest.raises(
            ModelError, match=r"its tensor 'kernel' (in 'w\.data' differs from its declaration|cannot be read)"
        ):
            load_segmenter(str(folder / "hostile.onnx"))
    (folder / "w.data").unlink()
    with pytest.raises(ModelError, match=r"the file 'w\.data' of its tensor 'kernel' is missing"):
        load_segmenter(str(folder / "m.onnx"))


def test_external_tensor_without_a_length_is_the_rest_of_the_file(tmp_path: Path) -> None:
    graph = onnx_graph(*convolution())
    onnx.save_model(graph, tmp_path / "m.onnx", save_as_external_data=True, location="w.data", size_threshold=0)
    unbounded = onnx.load_model(tmp_path / "m.onnx", load_external_data=False)
    entries = unbounded.graph.initializer[0].external_data
    del entries[[entry.key for entry in entries].index("length")]
    (tmp_path / "m.onnx").write_bytes(unbounded.SerializeToString())
    load_segmenter(str(tmp_path / "m.onnx"))
    with (tmp_path / "w.data").open("ab") as file:
        file.write(bytes(100))
    with pytest.raises(ModelError, match=r"its tensor 'kernel' in 'w\.data' differs from its declaration"):
        load_segmenter(str(tmp_path / "m.onnx"))


def test_graph_that_exceeds_the_memory_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from onnx import TensorProto, helper

    shape = helper.make_tensor("shape", TensorProto.INT64, [4], [1, 1, 40_000, 40_000])  # 6 GiB: more than is allowed
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceMax", ["huge"], ["most"], keepdims=1),
        helper.make_node("Add", ["x", "most"], ["y"]),
    ]
    path = save_graph(onnx_graph(nodes, [shape]), tmp_path / "bomb.onnx")
    with pytest.raises(ModelError, match=r"'ConstantOfShape' outputs .* more than the 2147483648 bytes allowed"):
        load_segmenter(str(path))
    monkeypatch.setattr(runtime, "check_sizes", lambda *_: None)
    with pytest.raises(ModelError, match="Available memory of"):
        load_segmenter(str(path))


def test_graph_with_a_loop_is_refused(tmp_path: Path) -> None:
    from onnx import helper

    body = helper.make_graph([], "body", [], [])
    hidden = helper.make_graph([helper.make_node("Loop", ["n", "c", "x"], ["y"], body=body)], "branch", [], [])
    branches = [helper.make_node("If", ["c"], ["y"], then_branch=hidden, else_branch=body)]
    with pytest.raises(ModelError, match=r"has the operator Loop, which may never terminate"):
        load_segmenter(str(save_graph(onnx_graph(branches), tmp_path / "endless.onnx")))


def test_graph_with_invalid_names_is_refused(tmp_path: Path) -> None:
    path = save_graph(onnx_graph(*convolution()), tmp_path / "odd.onnx")
    content = path.read_bytes()
    assert content.count(b"\x12\x01n") == 1  # the batch axis
    path.write_bytes(content.replace(b"\x12\x01n", b"\x12\x01\x80"))
    with pytest.raises(ModelError, match=r"odd\.onnx: has a name that is not UTF-8"):
        load_segmenter(str(path))


def test_graph_without_an_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: "):
        load_segmenter(str(save_graph(onnx_graph(*convolution(), outputs=()), tmp_path / "none.onnx")))


def test_one_of_several_outputs_must_be_declared(tmp_path: Path) -> None:
    nodes, tensors = convolution()
    path = save_graph(onnx_graph(nodes, tensors, outputs=("z", "y")), tmp_path / "two.onnx")
    with pytest.raises(ModelError, match=r"has several outputs \(z, y\); choose .*\[output\] name = \"z\""):
        load_segmenter(str(path))
    write_card(tmp_path / "two.toml", {"output": {"name": "cells"}})
    with pytest.raises(ModelError, match=r"has no output 'cells', which two\.toml declares; available: z, y"):
        load_segmenter(str(path))
    digests = set()
    for card in ({"name": "y"}, {"name": "z", "kind": "logits"}):
        write_card(tmp_path / "two.toml", {"output": card})
        digests.add(load_segmenter(str(path)).digest)
    assert len(digests) == 2  # what is declared changes what is predicted


@pytest.mark.parametrize("content", [b"", b"text", b"\x08\x07\x12\xff"])
def test_files_that_are_no_graphs_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.onnx: "):
        load_segmenter(str(tmp_path / "bad.onnx"))
