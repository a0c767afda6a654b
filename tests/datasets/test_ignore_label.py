"""A label to ignore: through every reader, into no score, and said wherever the data are described."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.datasets.description import describe
from robustbench_cells.datasets.label_values import to_labels
from robustbench_cells.datasets.opening import open_dataset
from robustbench_cells.datasets.sources import SOURCES
from robustbench_cells.datasets.stored_plane import StoredPlane
from robustbench_cells.errors import BenchmarkWarning, DataError, DataWarning, ModelError
from robustbench_cells.types import VOID
from tests.conftest import draw_labels, save_mask
from tests.support.frame_files import BINARY, IMAGES, LABELS, WRITERS
from tests.support.pytest_runs import bench, records

OPEN = np.zeros(LABELS.shape, bool)
OPEN[:, :, :20] = True


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("masks", [LABELS, BINARY], ids=["instances", "binary"])
def test_every_reader_leaves_the_label_out(kind: str, masks: np.ndarray, tmp_path: Path) -> None:
    selection = open_dataset(WRITERS[kind](tmp_path, IMAGES, np.where(OPEN, 255, masks)), ignore_label=255)
    for number, frame in enumerate(selection.frames):
        labels = selection.read(frame).labels
        np.testing.assert_array_equal(labels == VOID, OPEN[number])
        np.testing.assert_array_equal(labels > 0, (masks[number] > 0) & ~OPEN[number])
    assert selection.title.endswith("25.00% of the pixels not scored (ignore label 255)")
    assert selection.void_share == 0.25


def test_arrays_may_have_a_negative_label_to_ignore() -> None:
    labels = np.where(OPEN, -1, LABELS.astype(np.int8))
    selection = rb.from_arrays(IMAGES, labels, ignore_label=-1)
    np.testing.assert_array_equal(selection.read("0").labels == VOID, OPEN[0])
    with pytest.raises(DataError, match=r"label -1 is negative.*--rb-ignore-label=-1"):
        rb.from_arrays(IMAGES, labels)


def test_binary_masks_stay_binary_beside_the_label() -> None:
    mask = np.array([[1, 1, 0, 1], [255, 255, 0, 1]], np.uint8)
    assert to_labels(StoredPlane(mask), "", 255).labels.tolist() == [[1, 1, 0, 2], [VOID, VOID, 0, 2]]
    assert to_labels(StoredPlane(mask), "").labels.tolist() == [[1, 1, 0, 1], [2, 2, 0, 1]]


def test_a_label_that_no_mask_has_is_warned_of() -> None:
    with pytest.warns(DataWarning, match="no mask has the ignore label 254, so every pixel is scored"):
        rb.from_arrays(IMAGES, LABELS, ignore_label=254)


def test_background_cannot_be_ignored_nor_a_whole_frame() -> None:
    with pytest.raises(DataError, match="ignore label 0: 0 is the background"):
        open_dataset("synthetic", ignore_label=0)
    labels = LABELS.copy()
    labels[1] = 255
    with pytest.raises(DataError, match="no pixel of frame 1 is scored; leave the frame out"):
        rb.from_arrays(IMAGES, labels, ignore_label=255)


def test_a_source_that_knows_no_such_label_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(where: str, split: str | None, white_level: int | None) -> None:
        raise AssertionError

    monkeypatch.setattr(SOURCES.get("synthetic"), "open", opened)
    with pytest.raises(DataError, match="data sets of the kind synthetic take no ignore label"):
        open_dataset("synthetic", ignore_label=255)


def test_other_open_pixels_are_another_data_set() -> None:
    fingerprints = {rb.from_arrays(IMAGES, LABELS).fingerprint}
    for share in (10, 20):
        labels = LABELS.copy()
        labels[:, :, :share] = 255
        fingerprints.add(rb.from_arrays(IMAGES, labels, ignore_label=255).fingerprint)
    assert len(fingerprints) == 3


def frames(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images whose right third shows cells that have no label."""
    labels = np.stack([draw_labels((300, 340), seed + number, cells=40) for number in (0, 1)])
    images = np.where(labels > 0, 200, 90).astype(np.uint8)
    labels[:, :, 220:] = 0
    return images, labels.astype(np.uint8)


def bright(images: np.ndarray) -> np.ndarray:
    return images > 150


def test_scores_are_those_of_the_remaining_pixels() -> None:
    """A perfect model is perfect: what it finds where nobody labelled is no error, and no cell."""
    images, labels = frames(1)
    void = labels.copy()
    void[:, :, 220:] = 255
    all_pixels, remaining = (
        rb.benchmark({"bright": bright}, data, {"cell_size": [0.9, 1]}, progress=False)
        .to_pandas()
        .query("model == 'bright'")
        for data in (rb.from_arrays(images, labels), rb.from_arrays(images, void, ignore_label=255))
    )
    assert (all_pixels["jaccard"] < 0.9).all()
    exact = remaining.query("intensity != 0.9")
    assert (exact[["jaccard", "accuracy"]].to_numpy() == 1).all()
    assert (exact["cells_predicted"] == exact["cells_true"]).all()
    assert (remaining["jaccard"] > 0.9).all()


def test_a_patch_with_next_to_no_scored_pixel_is_left_out() -> None:
    images, labels = frames(2)
    labels[:, 100:] = 255
    data = rb.from_arrays(images, labels, ignore_label=255)
    result = rb.benchmark({"bright": bright}, data, {"cell_size": [4]}, progress=False)
    table = result.to_pandas().set_index(["model", "artefact"])["patches"]
    assert table["bright", "clean"] == 12
    assert 0 < table["bright", "cell_size"] < 24
    assert result.to_pandas()["jaccard_undefined"].sum() == 0


def test_a_condition_without_a_patch_fails() -> None:
    images, labels = frames(2)
    labels[:, 1:] = 255
    labels[:, 0, :9] = 1
    data = rb.from_arrays(images, labels, ignore_label=255)
    with pytest.raises(ModelError, match="no patch has enough pixels that are scored"), pytest.warns(BenchmarkWarning):
        rb.benchmark({"bright": bright}, data, "noise", progress=False)


def test_statistics_leave_open_pixels_out() -> None:
    images, labels = frames(3)
    void = labels.copy()
    void[:, :, 220:] = 255
    cut = rb.from_arrays(images[..., :220], labels[..., :220])
    tables = [
        describe(data.read(frame) for frame in data.frames)
        for data in (rb.from_arrays(images, void, ignore_label=255), cut)
    ]
    for name in tables[0]:
        if "power" not in name:
            assert tables[0][name] == pytest.approx(tables[1][name]), name


def test_option_and_ini_key(tmp_path: Path) -> None:
    images, labels = frames(4)
    labels[:, :, 220:] = 255
    for number in (0, 1):
        save_mask(tmp_path / f"data/input/{number}.png", images[number])
        save_mask(tmp_path / f"data/output/{number}.png", labels[number])
    run = ("--rb-dataset=data", "--rb-model=dog_otsu", "--rb-artefact=noise=0", "-p", "no:cacheprovider")
    bench(tmp_path, *run, "--rb-ignore-label=255")
    content = json.loads((tmp_path / "reports/run.json").read_text())
    assert content["settings"]["ignore_label"] == 255
    assert content["dataset"]["void_share"] == pytest.approx(120 / 340)
    for name in ("index.html", "leaderboard.md"):
        assert "not scored (ignore label 255)" in (tmp_path / "reports" / name).read_text()
    first = records(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nrb_ignore_label = 255\n")
    output = bench(tmp_path, *run, "-c", "pytest.ini")
    assert "all cached" in output
    assert records(tmp_path).equals(first)
