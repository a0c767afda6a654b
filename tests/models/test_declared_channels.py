"""Models of several channels: which they take, that all of a run take the same, and in the declared order."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image as Pillow

import robustbench_cells as rb
from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.datasets.selection import Selection
from robustbench_cells.errors import DataError, DataWarning, ModelError
from robustbench_cells.models.declared_channels import channels_of, resolve_channel
from tests.conftest import save_mask
from tests.support.coloured_files import CELLS, NAMES, PLANES, SEVERAL, written
from tests.support.onnx_networks import tensor
from tests.support.pytest_runs import bench, records
from tests.support.round_cells import IMAGES, LABELS, THRESHOLD

WEIGHTS = {"blue": 0.75, "red": 0.0, "green": 0.25}  # of the network, in the order of its input


def write_network(path: Path, weights: Mapping[str, float], *, layout: str = "NCHW", card: str | None = None) -> Path:
    """Write a network that is the sigmoid of (the weighted channels − 115) / 6; its card names them if several."""
    shape: list[str | int] = ["n", "h", "w"]
    shape.insert(layout.index("C"), len(weights))
    kernel = np.array(list(weights.values()), np.float32).reshape(1, -1, 1, 1) / 6
    nodes = [
        helper.make_node("Transpose", ["images"], ["first"], perm=[0, 3, 1, 2] if layout == "NHWC" else [0, 1, 2, 3]),
        helper.make_node("Conv", ["first", "kernel", "bias"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["cells"]),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [tensor("kernel", kernel), tensor("bias", [-THRESHOLD / 6])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    named = f"channels = {json.dumps(list(weights))}" if len(weights) > 1 else ""
    text = f'[input]\nlayout = "{layout}"\n{named}\n[output]\nlayout = "NCHW"\n'
    path.with_suffix(".toml").write_text(text if card is None else card)
    return path


def colours_of(grey: np.ndarray) -> np.ndarray:
    """Colours of which the network's weights make the grey: red is what it must not see."""
    return np.dstack([255 - grey, grey, grey])


def write_colours(root: Path) -> Path:
    for number in (0, 1):
        (root / "input").mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(colours_of(IMAGES[number])).save(root / f"input/{number}.png")
        save_mask(root / f"output/{number}.png", LABELS[number])
    return root


def frames(channel: str | list[str] | None) -> Selection:
    images = np.stack([colours_of(image) for image in IMAGES])
    return rb.from_arrays(images if channel else IMAGES, LABELS, channel=channel)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_a_network_sees_its_channels_in_the_declared_order(layout: str, tmp_path: Path) -> None:
    """The scores are those of a grey network on the plane that the weights make of the colours."""
    colour = write_network(tmp_path / "colour.onnx", WEIGHTS, layout=layout)
    grey = write_network(tmp_path / "grey.onnx", {"grey": 1.0})
    grid = {"defocus": [2], "cell_size": [2], "exposure": [0.5]}  # linear, so that they commute with the weights
    seen, expected = (
        rb.benchmark({"net": str(path)}, data, grid, progress=False, isolate=isolate)
        .to_pandas()
        .set_index(["model", "artefact", "intensity"])["jaccard"]
        for path, data, isolate in ((colour, frames(list(WEIGHTS)), layout == "NHWC"), (grey, frames(None), False))
    )
    np.testing.assert_allclose(seen, expected, atol=2e-3)
    assert seen["net", "clean", 0.0] > 0.8


def test_every_artefact_works_on_colours(tmp_path: Path) -> None:
    path = write_network(tmp_path / "colour.onnx", WEIGHTS)
    grid = {
        artefact.name: [artefact.grid("full" if artefact.family != "paper" else "paper")[-1]]
        for artefact in ARTEFACTS
        if not artefact.name.count("+")
    }
    result = rb.benchmark(
        {"net": str(path)}, frames(list(WEIGHTS)), grid, profile="quick", progress=False, isolate=False
    )
    assert not result.failed
    table = result.to_pandas().query("model == 'net'")
    assert table["jaccard"].notna().all()
    assert {"clean", *grid} == set(table["artefact"])


def test_a_run_gives_all_channels_to_models_that_name_them(tmp_path: Path) -> None:
    write_colours(tmp_path / "colours")
    write_network(tmp_path / "colour.onnx", WEIGHTS)
    write_network(tmp_path / "grey.onnx", {"grey": 1.0})
    run = ("--rb-dataset=colours", "--rb-artefact=noise=5", "-p", "no:cacheprovider")
    bench(tmp_path, *run, "--rb-model=colour.onnx", "--rb-channel=all")
    manifest = json.loads((tmp_path / "reports/run.json").read_text())
    assert manifest["settings"]["channel"] == "all"
    assert "channels blue, red, green" in manifest["dataset"]["title"]
    clean = records(tmp_path).query("segmenter == 'colour' and artefact == 'clean'")
    assert clean["jaccard"].mean() > 0.8
    assert "data:image" in (tmp_path / "reports/index.html").read_text()
    for models, channel, message in (
        (["grey"], "all", "no model of the run declares the channels that it takes"),
        (["colour", "grey"], "all", "grey: takes one grey channel, but the images have the channels blue, red, green"),
        (["colour", "dog_otsu"], "all", "dog_otsu: takes one grey channel.*--rb-channel=luminance"),
        (["colour"], "luminance", "colour: takes the channels blue, red, green, but the images have one grey.*=all"),
    ):
        names = [f"--rb-model={name}" + ("" if name == "dog_otsu" else ".onnx") for name in models]
        assert re.search(message, bench(tmp_path, *run, *names, f"--rb-channel={channel}", code=4))


def test_channels_are_found_by_their_names(tmp_path: Path) -> None:
    written(tmp_path, "a.ome.tif", SEVERAL["reversed.ome.tif"])
    save_mask(tmp_path / "output/a.png", CELLS)
    data = rb.open_dataset(tmp_path, channel=[NAMES[2], NAMES[0].lower()])
    np.testing.assert_array_equal(data.read("a").image, PLANES[..., [2, 0]])
    assert data.channels == (NAMES[2], NAMES[0].lower())
    with pytest.raises(DataError, match="has the channels 0 DAPI, 1 actin, 2 phase, but the models take DAPI, GFP"):
        rb.open_dataset(tmp_path, channel=["DAPI", "GFP"])
    for channel, message in (
        (["DAPI"], "give two or more different names"),
        ("all", "whose cards name their channels"),
    ):
        with pytest.raises(DataError, match=message):
            rb.open_dataset(tmp_path, channel=channel)
    with pytest.raises(DataError, match=r"has the channels 0, but the models take red, green"):
        rb.from_arrays(IMAGES, LABELS, channel=["red", "green"])
    with pytest.raises(DataError, match="is grey, but the models take red, green"):
        rb.open_dataset("synthetic", channel=["red", "green"])


def test_what_does_not_fit_is_refused_before_anything_runs(tmp_path: Path) -> None:
    colour = str(write_network(tmp_path / "colour.onnx", WEIGHTS))
    other = str(write_network(tmp_path / "other.onnx", dict(reversed(WEIGHTS.items()))))
    assert channels_of(colour) == tuple(WEIGHTS)
    assert resolve_channel("all", {"background": "background", "colour": colour}) == tuple(WEIGHTS)
    with pytest.raises(ModelError, match=r"other: takes the channels green, red, blue.*run it by itself"):
        resolve_channel("all", {"colour": colour, "other": other})
    data = frames(list(WEIGHTS))
    for model, images, message in (
        (other, data, "takes the channels green, red, blue, but the images have the channels blue, red, green"),
        (colour, frames(None), "but the images have one grey channel; read the images with --rb-channel=all"),
        (lambda images: images > 9, data, "is given as an object, and the images have the channels blue, red, green"),
    ):
        with pytest.raises(ModelError, match=message):
            rb.benchmark({"net": model}, images, {"noise": [5]}, progress=False)
    with pytest.raises(
        ModelError, match=r"takes the channels blue, red, green by colour\.toml, but the images have one gr"
    ):
        rb.load_segmenter(colour, isolate=False).predict(np.zeros((1, 256, 256), np.float32))
    write_network(tmp_path / "few.onnx", WEIGHTS, card='[input]\nchannels = ["red", "green"]\nlayout = "NCHW"\n')
    with pytest.raises(ModelError, match=r"input has shape .* 3, .* 2"):
        rb.load_segmenter(tmp_path / "few.onnx", isolate=False)


def test_small_frames_and_measured_images_have_channels(tmp_path: Path) -> None:
    """Patches are padded, and shifts are found, as of grey ones."""
    colours = np.stack([colours_of(image) for image in IMAGES])[:, :200, :220]
    path = write_network(tmp_path / "colour.onnx", WEIGHTS)
    data = rb.from_arrays(colours, LABELS[:, :200, :220], channel=list(WEIGHTS))
    with pytest.warns(DataWarning, match="models see the padding"):
        result = rb.benchmark({"net": str(path)}, data, {"noise": [5]}, progress=False, isolate=False)
    assert not result.failed
    root = write_colours(tmp_path / "set")
    for number in (0, 1):
        (root / "dim").mkdir(exist_ok=True)
        Pillow.fromarray(colours_of(IMAGES[number] // 2 + 3)).save(root / f"dim/{number}.png")
    (root / "measured.toml").write_text(
        '[[axis]]\nname = "dim"\nunit = "%"\nclean = 0\nsteps = [{ value = 50, folder = "dim" }]\n'
    )
    read = rb.open_dataset(root, channel=list(WEIGHTS), margin=4).read_measured("1", "measured:dim", 50.0).image
    np.testing.assert_array_equal(read, colours_of(IMAGES[1] // 2 + 3)[4:-4, 4:-4][..., [2, 0, 1]])
