"""Packages of bioimage.io: applied as declared, validated, and never fetched from the network."""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

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


def unpack(tiny_models: Path, folder: Path) -> Path:
    with zipfile.ZipFile(tiny_models / "mine.zip") as archive:
        archive.extractall(folder)
    return folder


def change_description(folder: Path, change: Callable[[str], str]) -> str:
    description = folder / "rdf.yaml"
    text = description.read_text()
    assert change(text) != text
    description.write_text(change(text))
    return str(folder)


def test_exported_package_passes_the_validation_of_bioimageio(tiny_models: Path) -> None:
    summary = core.load_description_and_test(tiny_models / "mine.zip").validation_summary
    assert summary.status == "passed", summary
    assert not summary.errors


def test_folder_is_loaded_without_network_access(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ruyaml import YAML

    folder = unpack(tiny_models, tmp_path / "package")
    content = YAML(typ="safe").load((folder / "rdf.yaml").read_text())
    address = "http://127.0.0.1:9/there.md"
    content |= {"documentation": {"source": address}, "attachments": [{"source": address}], "git_repo": address}
    with (folder / "rdf.yaml").open("w") as file:
        YAML(typ="safe").dump(content, file)

    def no_network(*arguments: object, **more: object) -> None:
        raise AssertionError("the network was accessed")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    images = probe_images()
    expected = load_segmenter(str(tiny_models / "mine.keras")).predict(images)
    np.testing.assert_allclose(load_segmenter(str(folder)).predict(images), expected, atol=1e-5)


def test_addresses_are_not_fetched_and_nothing_is_left_behind(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, accesses = unpack(tiny_models, tmp_path / "package"), []
    address = "{source: 'http://127.0.0.1:9/a.png'}"
    more = f"covers: [{address}]\nattachments: [{address}]\ngit_repo: http://127.0.0.1:9/a\n"
    where = change_description(folder, lambda text: text + more)
    monkeypatch.setattr(socket.socket, "connect", lambda *arguments: accesses.append(arguments))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **more: accesses.append(arguments) or [])
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    assert load_segmenter(where).predict(probe_images()).any()
    assert not accesses
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("weights.onnx", "http://127.0.0.1:9/weights.onnx"), "is outside the package"),
        (lambda text: text.replace("weights.onnx", "../weights.onnx"), "is outside the package"),
        (lambda text: text.replace("weights.onnx", "other.onnx"), "the file 'other.onnx' is missing from the package"),
        (lambda text: text.replace("test_input.npy", "/etc/hostname"), "is outside the package"),
        (lambda text: text.replace("test_input.npy", "README.md"), r"is not a \.npy file"),
        (lambda text: text.replace("type: model", "type: dataset"), "not that of a model"),
        (lambda text: text + "a: &a [1]\nb: [*a, *a]\n", "has aliases or is nested too deeply"),
        (lambda text: text + "a: [" + "&a x," * 20_000 + "]\n", "has aliases or is nested too deeply"),
        (lambda text: text + "a:\n- " + "- " * 40_000 + "\n", "has aliases or is nested too deeply"),
        (lambda text: text + "a: " + "[" * 99 + "]" * 99 + "\n", "has aliases or is nested too deeply"),
        (lambda text: text + "a: [", "is not YAML"),
        (lambda text: text + "# " + "x" * 2**20, "more than the 131072 allowed"),
        (lambda text: "!!python/object/apply:os.system ['touch canary']\n", "is not"),
        (lambda text: text.replace("probability", "Not An Id"), "is not a valid package"),
        (lambda text: text.replace("onnx:", "torchscript:"), "if you trust its author, pass --rb-trust-model"),
    ],
)
def test_hostile_package_is_refused(
    tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = unpack(tiny_models, tmp_path / "package")
    shutil.copy(folder / "weights.onnx", tmp_path)
    with pytest.raises(ModelError, match=message):
        load_segmenter(change_description(folder, change))
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("name", ["34 doublings of a text", "Range into Unique", "24 nested functions", "Resize"])
def test_package_with_a_hostile_graph_is_refused(name: str, tiny_models: Path, tmp_path: Path) -> None:
    from tests.hostile_models.onnx_files import GRAPHS

    folder = unpack(tiny_models, tmp_path / "package")
    save_graph(GRAPHS[name](), folder / "weights.onnx")
    checksum = hashlib.sha256((folder / "weights.onnx").read_bytes()).hexdigest()
    where = change_description(folder, lambda text: re.sub(r"(weights\.onnx\s+sha256: )\w+", rf"\g<1>{checksum}", text))
    with pytest.raises(ModelError, match=r"weights\.onnx: has (a graph that is refused|16,777,216 nodes)"):
        load_segmenter(where)


def test_test_image_that_declares_an_overflowing_size_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    folder = unpack(tiny_models, tmp_path / "package")
    image = (folder / "test_input.npy").read_bytes()
    header = image[:128].replace(b"(1, 256, 256, 1), }" + b" " * 30, b"(1, 256, %s, 1), }" % (b"9" * 33))
    assert header != image[:128]
    (folder / "test_input.npy").write_bytes(header + image[128:])
    with pytest.raises(ModelError, match=r"its test image 'test_input\.npy' cannot be read"):
        load_segmenter(str(folder))


def test_package_with_another_value_range_needs_a_declared_range(tiny_models: Path, tmp_path: Path) -> None:
    folder = unpack(tiny_models, tmp_path / "package")
    where = change_description(folder, lambda text: text.replace("255.0", "1.0", 1))
    with pytest.raises(ModelError, match=r"expects values from 0 to 1, but would receive 0 to 255; declare .*range"):
        load_segmenter(where)
    write_card(tmp_path / "package.toml", {"input": {"range": [0, 1]}})
    images = probe_images()
    expected = load_segmenter(str(tiny_models / "mine.keras")).predict(images / 255)
    np.testing.assert_allclose(load_segmenter(where).predict(images), expected, atol=1e-5)


def test_package_that_fails_its_own_test_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    folder = unpack(tiny_models, tmp_path / "package")
    np.save(folder / "test_output.npy", 1 - np.load(folder / "test_output.npy"))
    text = (folder / "rdf.yaml").read_text().splitlines()
    (folder / "rdf.yaml").write_text("\n".join(line for line in text if "sha256" not in line))
    with pytest.raises(ModelError, match="its output probability differs from its own test image"):
        load_segmenter(str(folder))


def test_zip_that_is_no_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"other\.zip: "):
        load_segmenter(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../rdf.yaml", "type: model")
    with pytest.raises(ModelError, match="leave the folder"):
        load_segmenter(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "")
    with pytest.raises(ModelError, match=r"has no bioimageio\.yaml or rdf\.yaml"):
        load_segmenter(str(path))


def save_package(path: Path, halo: int) -> Path:
    """Save a third-party package: channels first, tiles of 128 px with a halo, its own normalisation."""
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
            name="third party",
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


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # bioimageio leaves files open
def test_declared_normalisation_and_halo_are_applied(tmp_path: Path) -> None:
    images = probe_images()
    whole = load_segmenter(str(save_graph(onnx_graph(*convolution()), tmp_path / "whole.onnx"))).predict(images)
    found = load_segmenter(str(save_package(tmp_path / "other.zip", halo=8))).predict(images)
    inside = (slice(None), slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(found[inside], whole[inside], atol=1e-5)  # the package mirrors the image at its border
    seamed = load_segmenter(str(save_package(tmp_path / "seamed.zip", halo=1))).predict(images)
    assert np.abs(seamed[inside] - whole[inside]).max() > 1e-3  # so the halo matters


@pytest.mark.parametrize(
    ("step", "options"),
    [
        ("zero_mean_unit_variance", {"axes": ["batch", "channel", "y", "x"]}),
        ("zero_mean_unit_variance", {}),
        ("scale_range", {"axes": ["batch", "y", "x"], "min_percentile": 1.0}),
    ],
)
@pytest.mark.parametrize("place", ["preprocessing", "postprocessing"])
def test_normalisation_over_the_data_set_is_refused(
    tiny_models: Path, tmp_path: Path, step: str, options: dict[str, object], place: str
) -> None:
    from ruyaml import YAML

    folder = unpack(tiny_models, tmp_path / "package")
    content = YAML(typ="safe").load((folder / "rdf.yaml").read_text())
    content["inputs" if place == "preprocessing" else "outputs"][0][place] = [{"id": step, "kwargs": options}]
    with (folder / "rdf.yaml").open("w") as file:
        YAML(typ="safe").dump(content, file)
    with pytest.raises(ModelError, match=r"statistics of a whole data set .*fixed_zero_mean_unit_variance.*per_sample"):
        load_segmenter(str(folder))


@pytest.mark.parametrize("step", ["zero_mean_unit_variance", "scale_range"])
@pytest.mark.parametrize("mode", ["per_dataset", "per_sample"])
def test_mode_of_an_older_description_counts(step: str, mode: str) -> None:
    from robustbench_cells.models.runtimes import bioimageio as runtime

    old = {"inputs": [{"preprocessing": [{"name": step, "kwargs": {"mode": mode, "axes": "xy"}}]}]}
    model = SimpleNamespace(inputs=[], outputs=[])
    if mode == "per_sample":
        runtime._check_statistics(Path("mine.zip"), model, old)
    else:
        with pytest.raises(ModelError, match=r"mine\.zip: normalises by statistics of a whole data set"):
            runtime._check_statistics(Path("mine.zip"), model, old)
