"""Models of other kinds: the same masks through the real benchmark, and what strangers may send."""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.export import main
from robustbench_cells.models import load_segmenter, probe_images, write_card
from robustbench_cells.settings import segmenter_sources
from tests.networks import convolution, onnx_graph, save_tiny_network

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
pytest.importorskip("tf2onnx", reason="needs the extra 'onnx'")
openvino = pytest.importorskip("openvino", reason="needs the extra 'openvino'")
core = pytest.importorskip("bioimageio.core", reason="needs the extra 'bioimageio'")

FUNCTION = """
from robustbench_cells import load_segmenter

_network = load_segmenter("mine.keras")

def predict(images):
    return _network.predict(images)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One network as ``mine.keras``, ``.onnx``, ``.zip`` (bioimage.io), ``.xml`` (OpenVINO) and ``segment:predict``."""
    folder = tmp_path_factory.mktemp("formats")
    save_tiny_network(folder / "mine.keras", seed=1)
    write_card(folder / "mine.keras.toml", {"authors": ["A. Name"], "license": "CC-BY-4.0"})
    for target in ("onnx", "bioimageio"):
        command = [sys.executable, "-m", "robustbench_cells", "export", "mine.keras", "--to", target]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "0.0000% of the pixels of two test pictures differ" in done.stdout
    (folder / "segment.py").write_text(FUNCTION)
    openvino.save_model(openvino.Core().read_model(folder / "mine.onnx"), folder / "mine.xml", compress_to_fp16=False)
    return folder


def test_files_of_one_stem_are_called_by_their_whole_names() -> None:
    assert segmenter_sources(["a/mine.keras", "mine.onnx"]) == {
        "background": "background", "mine.keras": "a/mine.keras", "mine.onnx": "mine.onnx",
    }  # fmt: skip
    with pytest.raises(ModelError, match=r"another segmenter of this run is called 'mine\.keras'"):
        segmenter_sources(["a/mine.keras", "b/mine.keras"])


# ONNX


def save(model: Any, path: Path) -> Path:
    onnx.save_model(model, path)
    return path


def test_channels_first_and_data_beside_the_graph(tmp_path: Path) -> None:
    graph = onnx_graph(*convolution())
    inside = load_segmenter(str(save(graph, tmp_path / "inside.onnx"))).predict(probe_images())
    onnx.save_model(graph, tmp_path / "beside.onnx", save_as_external_data=True, location="b.data", size_threshold=0)
    assert (tmp_path / "b.data").exists()
    np.testing.assert_array_equal(load_segmenter(str(tmp_path / "beside.onnx")).predict(probe_images()), inside)


def test_data_outside_the_folder_is_not_read(tmp_path: Path) -> None:
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
            ModelError, match=r"its tensor 'kernel' (is not in 'w\.data' as it declares|cannot be read)"
        ):
            load_segmenter(str(folder / "hostile.onnx"))
    (folder / "w.data").unlink()
    with pytest.raises(ModelError, match=r"the file 'w\.data' with its tensor 'kernel' is not beside it"):
        load_segmenter(str(folder / "m.onnx"))


def test_a_graph_that_asks_for_all_memory_fails(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    shape = helper.make_tensor("shape", TensorProto.INT64, [4], [1, 1, 40_000, 40_000])  # 6 GiB: more than is allowed
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceMax", ["huge"], ["most"], keepdims=1),
        helper.make_node("Add", ["x", "most"], ["y"]),
    ]
    with pytest.raises(ModelError, match=r"Available memory of"):
        load_segmenter(str(save(onnx_graph(nodes, [shape]), tmp_path / "bomb.onnx")))


def test_a_graph_that_could_run_for_ever_is_refused(tmp_path: Path) -> None:
    from onnx import helper

    body = helper.make_graph([], "body", [], [])
    hidden = helper.make_graph([helper.make_node("Loop", ["n", "c", "x"], ["y"], body=body)], "branch", [], [])
    branches = [helper.make_node("If", ["c"], ["y"], then_branch=hidden, else_branch=body)]
    with pytest.raises(ModelError, match=r"has the operator Loop, which may run for ever"):
        load_segmenter(str(save(onnx_graph(branches), tmp_path / "endless.onnx")))


def test_a_graph_whose_names_are_no_text(tmp_path: Path) -> None:
    path = save(onnx_graph(*convolution()), tmp_path / "odd.onnx")
    content = path.read_bytes()
    assert content.count(b"\x12\x01n") == 1  # the batch axis
    path.write_bytes(content.replace(b"\x12\x01n", b"\x12\x01\x80"))
    with pytest.raises(ModelError, match=r"odd\.onnx: has a name that is no text"):
        load_segmenter(str(path))


def test_a_graph_without_an_output(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: "):
        load_segmenter(str(save(onnx_graph(*convolution(), outputs=()), tmp_path / "none.onnx")))


def test_several_outputs_are_asked_for(tmp_path: Path) -> None:
    nodes, tensors = convolution()
    path = save(onnx_graph(nodes, tensors, outputs=("z", "y")), tmp_path / "two.onnx")
    with pytest.raises(ModelError, match=r"has several outputs \(z, y\); say .*\[output\] name = \"z\""):
        load_segmenter(str(path))
    write_card(tmp_path / "two.toml", {"output": {"name": "cells"}})
    with pytest.raises(ModelError, match=r"has no output 'cells'; there are: z, y"):
        load_segmenter(str(path))
    digests = set()
    for card in ({"name": "y"}, {"name": "z", "kind": "logits"}):
        write_card(tmp_path / "two.toml", {"output": card})
        digests.add(load_segmenter(str(path)).digest)
    assert len(digests) == 2  # what is declared changes what is predicted


@pytest.mark.parametrize("content", [b"", b"text", b"\x08\x07\x12\xff"])
def test_files_that_are_no_graphs(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.onnx: "):
        load_segmenter(str(tmp_path / "bad.onnx"))


@pytest.mark.parametrize(
    ("name", "lacking", "extra"), [("mine.onnx", "onnxruntime", "onnx"), ("mine.zip", "bioimageio.core", "bioimageio")]
)
def test_a_library_that_is_not_installed(
    models: Path, name: str, lacking: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, lacking, None)
    monkeypatch.delitem(sys.modules, "robustbench_cells.models._bioimageio", raising=False)
    with pytest.raises(ModelError, match=rf"needs {lacking}: pip install 'robustbench-cells\[{extra}\]'"):
        load_segmenter(str(models / name))


def test_weights_beside_the_graph_are_part_of_the_model(models: Path, tmp_path: Path) -> None:
    graph = onnx_graph(*convolution())
    onnx.save_model(graph, tmp_path / "a.onnx", save_as_external_data=True, location="a.data", size_threshold=0)
    for path in (models / "mine.xml", models / "mine.bin"):
        shutil.copy(path, tmp_path)
    for name, weights in (("a.onnx", "a.data"), ("mine.xml", "mine.bin")):
        before = load_segmenter(str(tmp_path / name)).digest
        content = bytearray((tmp_path / weights).read_bytes())
        content[2] ^= 1  # a bit of the first weight's fraction
        (tmp_path / weights).write_bytes(content)
        assert load_segmenter(str(tmp_path / name)).digest != before
    (tmp_path / "mine.bin").unlink()
    with pytest.raises(ModelError, match=r"mine\.xml: its weights mine\.bin are not beside it"):
        load_segmenter(str(tmp_path / "mine.xml"))


def test_graphs_of_openvino_that_are_none_or_never_end(models: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.bin").touch()
    (tmp_path / "bad.xml").write_text("<net>")
    with pytest.raises(ModelError, match=r"bad\.xml: OpenVINO cannot load it"):
        load_segmenter(str(tmp_path / "bad.xml"))
    text = (models / "mine.xml").read_text()
    for hostile, words in (
        (text.replace('type="Sigmoid"', 'type="L&#111;op"'), "has the operator Loop"),
        (text.replace("<net ", "<!DOCTYPE net []><net "), r"bad\.xml: is not OpenVINO's XML"),
        ("<html></html>", r"bad\.xml: is not OpenVINO's XML"),
    ):
        (tmp_path / "bad.xml").write_text(hostile)
        with pytest.raises(ModelError, match=words):
            load_segmenter(str(tmp_path / "bad.xml"))
    (tmp_path / "bad.xml").write_bytes((models / "mine.onnx").read_bytes())  # OpenVINO would read it
    with pytest.raises(ModelError, match="is not OpenVINO's XML"):
        load_segmenter(str(tmp_path / "bad.xml"))


def test_a_graph_of_openvino_that_takes_all_memory_is_refused(tmp_path: Path) -> None:
    from openvino import opset13 as ops

    given = ops.parameter([-1, 1, 256, 256], name="x")
    huge = ops.broadcast(ops.constant(np.float32(1)), ops.constant(np.array([1, 1, 40_000, 40_000])))
    most = ops.reduce_max(huge, ops.constant(np.array([2, 3])), keep_dims=True)
    openvino.save_model(openvino.Model([ops.add(given, most)], [given]), tmp_path / "bomb.xml")
    with pytest.raises(ModelError, match=r"bomb\.xml: has an operator that gives \[1,1,40000,40000\]"):
        load_segmenter(str(tmp_path / "bomb.xml"))


# bioimage.io


def unpacked(models: Path, folder: Path) -> Path:
    with zipfile.ZipFile(models / "mine.zip") as archive:
        archive.extractall(folder)
    return folder


def changed(folder: Path, change: Callable[[str], str]) -> str:
    description = folder / "rdf.yaml"
    text = description.read_text()
    assert change(text) != text
    description.write_text(change(text))
    return str(folder)


def test_a_package_passes_bioimage_io_s_own_validation(models: Path) -> None:
    summary = core.load_description_and_test(models / "mine.zip").validation_summary
    assert summary.status == "passed", summary
    assert not summary.errors


def test_a_folder_is_a_package_too_and_nothing_reaches_the_network(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ruyaml import YAML

    folder = unpacked(models, tmp_path / "package")
    content = YAML(typ="safe").load((folder / "rdf.yaml").read_text())
    address = "http://127.0.0.1:9/there.md"
    content |= {"documentation": {"source": address}, "attachments": [{"source": address}], "git_repo": address}
    with (folder / "rdf.yaml").open("w") as file:
        YAML(typ="safe").dump(content, file)

    def no_network(*arguments: object, **more: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    images = probe_images()
    wanted = load_segmenter(str(models / "mine.keras")).predict(images)
    np.testing.assert_allclose(load_segmenter(str(folder)).predict(images), wanted, atol=1e-5)


def test_what_a_package_names_and_does_not_need_is_not_fetched_and_nothing_is_left_behind(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = unpacked(models, tmp_path / "package"), []
    address = "{source: 'http://127.0.0.1:9/a.png'}"
    more = f"covers: [{address}]\nattachments: [{address}]\ngit_repo: http://127.0.0.1:9/a\n"
    where = changed(folder, lambda text: text + more)
    monkeypatch.setattr(socket.socket, "connect", lambda *arguments: asked.append(arguments))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **more: asked.append(arguments) or [])
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    assert load_segmenter(where).predict(probe_images()).any()
    assert not asked
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("weights.onnx", "http://127.0.0.1:9/weights.onnx"), "is not in the package"),
        (lambda text: text.replace("weights.onnx", "../weights.onnx"), "is not in the package"),
        (lambda text: text.replace("weights.onnx", "other.onnx"), "the file 'other.onnx' is not in the package"),
        (lambda text: text.replace("test_input.npy", "/etc/hostname"), "is not in the package"),
        (lambda text: text.replace("test_input.npy", "README.md"), r"is not a \.npy file"),
        (lambda text: text.replace("type: model", "type: dataset"), "not that of a model"),
        (lambda text: text + "a: &a [1]\nb: [*a, *a]\n", "has aliases or is nested too deeply"),
        (lambda text: text + "a: " + "[" * 99 + "]" * 99 + "\n", "has aliases or is nested too deeply"),
        (lambda text: text + "a: [", "is not YAML"),
        (lambda text: text + "# " + "x" * 2**20, "at most 1048576 are read"),
        (lambda text: "!!python/object/apply:os.system ['touch canary']\n", "is not"),
        (lambda text: text.replace("probability", "Not An Id"), "is not a valid package"),
        (lambda text: text.replace("onnx:", "torchscript:"), "if you trust who made it, say --rb-trust-model"),
    ],
)
def test_packages_of_strangers(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = unpacked(models, tmp_path / "package")
    shutil.copy(folder / "weights.onnx", tmp_path)
    with pytest.raises(ModelError, match=words):
        load_segmenter(changed(folder, change))
    assert not (tmp_path / "canary").exists()


def test_a_test_image_that_declares_more_than_a_computer_counts(models: Path, tmp_path: Path) -> None:
    folder = unpacked(models, tmp_path / "package")
    image = (folder / "test_input.npy").read_bytes()
    header = image[:128].replace(b"(1, 256, 256, 1), }" + b" " * 30, b"(1, 256, %s, 1), }" % (b"9" * 33))
    assert header != image[:128]
    (folder / "test_input.npy").write_bytes(header + image[128:])
    with pytest.raises(ModelError, match=r"its test image 'test_input\.npy' cannot be read"):
        load_segmenter(str(folder))


def test_a_package_for_other_values_is_asked_what_grey_levels_become(models: Path, tmp_path: Path) -> None:
    folder = unpacked(models, tmp_path / "package")
    where = changed(folder, lambda text: text.replace("255.0", "1.0", 1))
    with pytest.raises(ModelError, match=r"takes values from 0\.0 to 1\.0, and would get 0 to 255; say .*range"):
        load_segmenter(where)
    write_card(tmp_path / "package.toml", {"input": {"range": [0, 1]}})
    images = probe_images()
    wanted = load_segmenter(str(models / "mine.keras")).predict(images / 255)
    np.testing.assert_allclose(load_segmenter(where).predict(images), wanted, atol=1e-5)


def test_a_package_that_fails_its_own_test(models: Path, tmp_path: Path) -> None:
    folder = unpacked(models, tmp_path / "package")
    np.save(folder / "test_output.npy", 1 - np.load(folder / "test_output.npy"))
    text = (folder / "rdf.yaml").read_text().splitlines()
    (folder / "rdf.yaml").write_text("\n".join(line for line in text if "sha256" not in line))
    with pytest.raises(ModelError, match="does not give what its own test images say"):
        load_segmenter(str(folder))


def test_a_zip_that_is_no_package(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"other\.zip: "):
        load_segmenter(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../rdf.yaml", "type: model")
    with pytest.raises(ModelError, match="lead out of the folder"):
        load_segmenter(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "")
    with pytest.raises(ModelError, match=r"holds no bioimageio\.yaml or rdf\.yaml"):
        load_segmenter(str(path))


def save_package(path: Path, halo: int, version: str = "") -> Path:
    """A package of another hand: channels first, tiles of 128 px with a halo, and its own normalisation."""
    from bioimageio.spec import ValidationContext, save_bioimageio_package
    from bioimageio.spec.model import v0_5

    folder = path.parent / f"{path.stem}_files"
    folder.mkdir()
    nodes, tensors = convolution()
    scaled = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensors[0]) * 255, "kernel")
    save(onnx_graph(nodes, [scaled], side=128), folder / "weights.onnx")
    import onnxruntime

    image = np.random.default_rng(0).uniform(0, 1, (1, 1, 128, 128)).astype(np.float32)
    found = onnxruntime.InferenceSession(folder / "weights.onnx").run(None, {"x": image})[0]
    np.save(folder / "test_input.npy", image * 255)
    np.save(folder / "test_output.npy", found)
    sides = [
        v0_5.SpaceOutputAxisWithHalo(
            id=v0_5.AxisId(axis),
            halo=halo,
            size=v0_5.SizeReference(tensor_id=v0_5.TensorId("image"), axis_id=v0_5.AxisId(axis)),
        )
        for axis in "yx"
    ]
    channel = v0_5.ChannelAxis(channel_names=[v0_5.Identifier("grey")])
    with ValidationContext(root=folder):
        model = v0_5.ModelDescr(
            name="of another hand",
            inputs=[
                v0_5.InputTensorDescr(
                    id=v0_5.TensorId("image"),
                    axes=[v0_5.BatchAxis(), channel]
                    + [v0_5.SpaceInputAxis(id=v0_5.AxisId(axis), size=128) for axis in "yx"],
                    test_tensor=v0_5.FileDescr(source=folder / "test_input.npy"),
                    preprocessing=[v0_5.ScaleLinearDescr(kwargs=v0_5.ScaleLinearKwargs(gain=1 / 255, offset=0))],
                )
            ],
            outputs=[
                v0_5.OutputTensorDescr(
                    id=v0_5.TensorId("cells"),
                    axes=[v0_5.BatchAxis(), channel, *sides],
                    test_tensor=v0_5.FileDescr(source=folder / "test_output.npy"),
                )
            ],
            weights=v0_5.WeightsDescr(onnx=v0_5.OnnxWeightsDescr(source=folder / "weights.onnx", opset_version=17)),
        )
        save_bioimageio_package(model, output_path=path)
    return path


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its library leaves files open
def test_what_a_package_declares_is_done_and_its_halo_respected(tmp_path: Path) -> None:
    images = probe_images()
    whole = load_segmenter(str(save(onnx_graph(*convolution()), tmp_path / "whole.onnx"))).predict(images)
    found = load_segmenter(str(save_package(tmp_path / "other.zip", halo=8))).predict(images)
    inside = (slice(None), slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(found[inside], whole[inside], atol=1e-5)  # the package mirrors at the border of an image
    seamed = load_segmenter(str(save_package(tmp_path / "seamed.zip", halo=1))).predict(images)
    assert np.abs(seamed[inside] - whole[inside]).max() > 1e-3  # so the halo matters


# Python


NUMBERS = itertools.count()  # a module is imported once a process


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        name = f"strangers_{next(NUMBERS)}"
        Path(f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return name

    yield write
    sys.path[:] = [path for path in sys.path if path != os.getcwd()]


def test_a_function_is_a_program(module: Callable[[str], str]) -> None:
    name = module("open('canary', 'w')\ndef predict(images):\n    return images / 255\n")
    with pytest.raises(ModelError, match=r"predict: is a Python function, so it could do .* say --rb-trust-model"):
        load_segmenter(f"{name}:predict")
    assert not Path("canary").exists()
    segmenter = load_segmenter(f"{name}:predict", trusted=True)
    assert Path("canary").exists()
    assert segmenter.name == f"{name}:predict"
    np.testing.assert_allclose(segmenter.predict(probe_images()), probe_images() / 255)


def test_an_object_with_predict_and_a_digest_of_its_own(module: Callable[[str], str]) -> None:
    name = module(
        "class Model:\n    digest = 'weights of May'\n    def predict(self, images):\n        return images > 100\n"
        "model = Model()\n"
    )
    segmenter = load_segmenter(f"{name}:model", trusted=True)
    assert segmenter.digest == "weights of May"
    np.testing.assert_array_equal(segmenter.predict(probe_images()), probe_images() > 100)


def test_other_weights_are_another_digest(module: Callable[[str], str]) -> None:
    text = "def predict(images):\n    return images > float(open('weights').read())\n"
    digests = []
    for weights in ("100", "100", "101"):
        Path("weights").write_text(weights)
        digests.append(load_segmenter(f"{module(text)}:predict", trusted=True).digest)
    assert digests[0] == digests[1] != digests[2]
    Path("weights").write_text("100")
    assert load_segmenter(f"{module(text + '#')}:predict", trusted=True).digest != digests[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere\n", "cannot be imported .*nowhere"),
        ("open('weights.pt')\n", "cannot be imported .*FileNotFoundError"),
        ("predict = (\n", "cannot be imported .*SyntaxError"),
        ("def predict(images):\n    raise OSError('no GPU')\n", r"fails on pictures of 256 px \(OSError: no GPU\)"),
        ("from math import sqrt as predict\n", "fails on pictures of 256 px"),
        ("def predict(images):\n    return images * 0\n", "give it an attribute `digest`"),
        (
            "import numpy\ndef predict(images):\n    return numpy.random.random(images.shape)\n",
            "gives other values for the same pictures",
        ),
        ("", "cannot be imported .*predict"),
        ("predict = 3\n", "is int; a function"),
        ("def predict(images):\n    return images[0] / 255\n", "of the same shape are needed"),
        ("def predict(images):\n    return (images > 9).astype(int)\n", r"labels: give labels > 0"),
        ("def predict(images):\n    return images\n", "probabilities are in"),
    ],
)
def test_functions_that_are_no_segmenters(module: Callable[[str], str], text: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        load_segmenter(f"{module(text)}:predict", trusted=True)


# export


def test_an_export_is_read_back_and_has_a_card(
    models: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mine = Path(shutil.copy(models / "mine.keras", tmp_path))
    out = tmp_path / "robust.onnx"
    assert main(["unet_robust", "--to", "onnx", "--out", str(out)]) == 0
    assert "0.0000% of the pixels of two test pictures differ from unet_robust" in capsys.readouterr().out
    assert load_segmenter(str(out)).digest in (tmp_path / "robust.onnx.toml").read_text()
    for arguments, words in (
        ([str(models / "mine.onnx"), "--to", "onnx"], "is no Keras model"),
        ([str(models / "mine.keras"), "--to", "tflite"], "no export is called 'tflite'"),
        ([str(models / "mine.keras"), "--to", "onnx", "--out", "mine.zip"], r"ends in .onnx"),
        ([str(mine), "--to", "bioimageio"], "its card does not say authors and license"),
    ):
        assert main(arguments) == 2
        assert words in capsys.readouterr().err


def test_what_a_card_declares_goes_out_too(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = Path(shutil.copy(models / "mine.keras", tmp_path))
    write_card(tmp_path / "mine.keras.toml", {"input": {"range": [0, 100]}, "authors": ["A"], "license": "MIT"})
    assert main([str(mine), "--to", "onnx"]) == 0
    images = probe_images()
    found = [load_segmenter(str(tmp_path / name)).predict(images) for name in ("mine.keras", "mine.onnx")]
    np.testing.assert_allclose(*found, atol=1e-5)
    assert np.abs(found[0] - load_segmenter(str(models / "mine.keras")).predict(images)).max() > 1e-3
    assert main([str(mine), "--to", "bioimageio"]) == 2
    assert "such a model goes to onnx only" in capsys.readouterr().err
