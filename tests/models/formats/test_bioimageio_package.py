"""Packages of bioimage.io: what they declare is done, and what strangers may send."""

from __future__ import annotations

import shutil
import socket
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from tests.support.networks import convolution, onnx_graph, save_graph

onnx = pytest.importorskip("onnx", reason="needs the extra 'onnx'")
pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
core = pytest.importorskip("bioimageio.core", reason="needs the extra 'bioimageio'")


def unpacked(tiny_models: Path, folder: Path) -> Path:
    with zipfile.ZipFile(tiny_models / "mine.zip") as archive:
        archive.extractall(folder)
    return folder


def changed(folder: Path, change: Callable[[str], str]) -> str:
    description = folder / "rdf.yaml"
    text = description.read_text()
    assert change(text) != text
    description.write_text(change(text))
    return str(folder)


def test_a_package_passes_bioimage_io_s_own_validation(tiny_models: Path) -> None:
    summary = core.load_description_and_test(tiny_models / "mine.zip").validation_summary
    assert summary.status == "passed", summary
    assert not summary.errors


def test_a_folder_is_a_package_too_and_nothing_reaches_the_network(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ruyaml import YAML

    folder = unpacked(tiny_models, tmp_path / "package")
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
    wanted = load_segmenter(str(tiny_models / "mine.keras")).predict(images)
    np.testing.assert_allclose(load_segmenter(str(folder)).predict(images), wanted, atol=1e-5)


def test_what_a_package_names_and_does_not_need_is_not_fetched_and_nothing_is_left_behind(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = unpacked(tiny_models, tmp_path / "package"), []
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
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = unpacked(tiny_models, tmp_path / "package")
    shutil.copy(folder / "weights.onnx", tmp_path)
    with pytest.raises(ModelError, match=words):
        load_segmenter(changed(folder, change))
    assert not (tmp_path / "canary").exists()


def test_a_test_image_that_declares_more_than_a_computer_counts(tiny_models: Path, tmp_path: Path) -> None:
    folder = unpacked(tiny_models, tmp_path / "package")
    image = (folder / "test_input.npy").read_bytes()
    header = image[:128].replace(b"(1, 256, 256, 1), }" + b" " * 30, b"(1, 256, %s, 1), }" % (b"9" * 33))
    assert header != image[:128]
    (folder / "test_input.npy").write_bytes(header + image[128:])
    with pytest.raises(ModelError, match=r"its test image 'test_input\.npy' cannot be read"):
        load_segmenter(str(folder))


def test_a_package_for_other_values_is_asked_what_grey_levels_become(tiny_models: Path, tmp_path: Path) -> None:
    folder = unpacked(tiny_models, tmp_path / "package")
    where = changed(folder, lambda text: text.replace("255.0", "1.0", 1))
    with pytest.raises(ModelError, match=r"takes values from 0 to 1, and would get 0 to 255; say .*range"):
        load_segmenter(where)
    write_card(tmp_path / "package.toml", {"input": {"range": [0, 1]}})
    images = probe_images()
    wanted = load_segmenter(str(tiny_models / "mine.keras")).predict(images / 255)
    np.testing.assert_allclose(load_segmenter(where).predict(images), wanted, atol=1e-5)


def test_a_package_that_fails_its_own_test(tiny_models: Path, tmp_path: Path) -> None:
    folder = unpacked(tiny_models, tmp_path / "package")
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


def save_package(path: Path, halo: int) -> Path:
    """A package of another hand: channels first, tiles of 128 px with a halo, and its own normalisation."""
    from bioimageio.spec import ValidationContext, save_bioimageio_package
    from bioimageio.spec.model import v0_5

    folder = path.parent / f"{path.stem}_files"
    folder.mkdir()
    nodes, tensors = convolution()
    scaled = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensors[0]) * 255, "kernel")
    save_graph(onnx_graph(nodes, [scaled], side=128), folder / "weights.onnx")
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
    whole = load_segmenter(str(save_graph(onnx_graph(*convolution()), tmp_path / "whole.onnx"))).predict(images)
    found = load_segmenter(str(save_package(tmp_path / "other.zip", halo=8))).predict(images)
    inside = (slice(None), slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(found[inside], whole[inside], atol=1e-5)  # the package mirrors at the border of an image
    seamed = load_segmenter(str(save_package(tmp_path / "seamed.zip", halo=1))).predict(images)
    assert np.abs(seamed[inside] - whole[inside]).max() > 1e-3  # so the halo matters
