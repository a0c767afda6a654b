"""Outlines, counts and the worst cells of example patches, of a drawing whose cells were told apart by eye."""

from __future__ import annotations

import base64
import io
import itertools
import re
import shlex
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import robustbench_cells as rb
from robustbench_cells.instances.fates import Fate
from robustbench_cells.reporting.cell_fates import FATES, PatchFates, all_cells_command, patch_fates, worst_cells
from robustbench_cells.reporting.data_uris import FATE_COLOURS
from robustbench_cells.reporting.page_context import PAGE_FOLDER
from robustbench_cells.results.example_patches import ExamplePatches, ExampleView
from robustbench_cells.results.tables import Results
from tests.support.cell_runs import with_cells
from tests.support.frame_arrays import DATA, bright
from tests.support.manifests import change_manifest
from tests.support.report_results import make_results

RESULTS = with_cells(make_results({"mine": 0.9, "other": 0.8, "background": 0.0}))


def draw() -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Five true cells of which one is found, two are merged, one is split and one is missed; one invented; one poor."""
    truth, prediction = np.zeros((2, 256, 256), np.int32)
    truth[10:20, 10:20] = prediction[10:20, 10:20] = 5  # found
    truth[40:50, 10:20], truth[40:50, 20:26] = 70, 71  # side by side, under one
    prediction[40:50, 4:26] = 9
    truth[80:90, 10:30], prediction[80:90, 10:19], prediction[80:90, 21:30] = 80, 11, 12  # split
    truth[120:130, 10:20] = 90  # missed
    prediction[160:163, 10:13] = 13  # invented
    truth[200:210, 10:20], prediction[200:204, 10:20] = 100, 14  # poor outline
    return truth, prediction


def make_examples() -> ExamplePatches:
    """The drawing on a clean patch, and as the failure of a model; the other model predicts the truth."""
    views = [ExampleView("clean", 0.0, "000", 0), ExampleView("noise", 50.0, "001", 1, "mine")]
    truth, prediction = (np.stack([one] * 2) for one in draw())
    masks = {"mine": prediction > 0, "other": truth > 0, "background": truth < 0}
    labels = {"mine": prediction, "other": truth}
    return ExamplePatches(views, np.zeros(truth.shape, np.uint8), truth > 0, masks, {}, truth, labels)


def test_cells_are_counted_and_outlined_by_their_fate() -> None:
    patch = PatchFates(*draw())
    assert patch.text == "found 1, merged 2, split 1, missed 1, invented 1, poor outline 1"
    drawn = patch.outlines()
    for row, column, fate in (
        (10, 15, Fate.FOUND),
        (45, 19, Fate.MERGED),
        (45, 20, Fate.MERGED),  # the line between cells that touch
        (80, 15, Fate.SPLIT),
        (120, 15, Fate.MISSED),
        (160, 10, Fate.INVENTED),
        (200, 15, Fate.POOR_OUTLINE),
        (203, 15, Fate.POOR_OUTLINE),  # the predicted one, dotted
        (40, 4, Fate.MERGED),
    ):
        assert FATES[drawn[row, column] - 1] is fate
    for row, column in ((15, 15), (45, 15), (160, 11), (203, 14), (5, 5)):
        assert drawn[row, column] == 0


def test_the_picture_has_the_colours_of_the_fates() -> None:
    encoded = PatchFates(*draw()).picture.removeprefix("data:image/png;base64,")
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGBA"))
    assert pixels.shape == (256, 256, 4)
    assert bytes(pixels[10, 15]).hex().upper() == f"{FATE_COLOURS[Fate.FOUND][1:]}FF"
    assert bytes(pixels[45, 20]).hex().upper() == f"{FATE_COLOURS[Fate.MERGED][1:]}FF"
    assert pixels[15, 15, 3] == 0


def test_no_cells_are_said_in_words() -> None:
    nothing = np.zeros((256, 256), np.int32)
    assert PatchFates(nothing, nothing).text == "no cells"


# What dichromats see, in linear RGB (Machado, Oliveira & Fernandes 2009, severity 1)
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("vision", VISIONS)
def test_fates_have_colours_that_differ_to_everybody(vision: str) -> None:
    from skimage.color import rgb2lab

    seen = []
    for colour in FATE_COLOURS.values():
        encoded = np.array([*bytes.fromhex(colour[1:])]) / 255
        linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        linear = np.clip(np.asarray(VISIONS[vision]) @ linear, 0, 1)
        seen.append(rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)))
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > 30


def test_the_legend_has_the_colours_of_the_pictures() -> None:
    css = (PAGE_FOLDER / "page.css").read_text(encoding="utf-8")
    for fate, colour in FATE_COLOURS.items():
        rule = re.search(rf"\.fate-{fate.replace(' ', '-')} {{ (.*) }}", css)
        assert rule
        assert colour.lower() in rule[1]


def test_the_worst_cell_of_each_fate_is_listed_with_its_id() -> None:
    examples = make_examples()
    table = worst_cells(patch_fates(examples, RESULTS), examples)
    assert {cell.model for cell in table} == {"mine"}  # the other lost none
    assert [(cell.fate, cell.cell, cell.area, round(cell.iou, 3)) for cell in table] == [
        (Fate.MERGED, 71, 60, round(60 / 220, 3)),
        (Fate.SPLIT, 80, 200, 0.45),
        (Fate.MISSED, 90, 100, 0.0),
        (Fate.INVENTED, 5, 9, 0.0),  # the fifth predicted cell, as in the table of all cells
        (Fate.POOR_OUTLINE, 100, 100, 0.4),
    ]
    assert {(cell.condition, cell.frame, cell.patch) for cell in table} == {("clean", "000", 0)}


def test_cells_of_masks_are_told_apart_by_the_rule_of_the_run() -> None:
    examples = replace(make_examples(), labels={})
    assert patch_fates(examples, RESULTS) == {}  # the run does not know the rule
    found = patch_fates(examples, _of_rules({"mine": "components", "other": "labels", "background": "components"}))
    assert list(found) == ["mine"]  # the labels of the other are missing
    assert found["mine"][0].text == "found 1, merged 2, split 1, missed 1, invented 1, poor outline 1"
    assert patch_fates(replace(examples, true_labels=None), RESULTS) == {}  # a file of an earlier version


def test_a_run_without_scores_of_cells_has_no_fates() -> None:
    assert patch_fates(make_examples(), make_results({"mine": 0.9, "other": 0.8, "background": 0.0})) == {}


def test_the_command_for_all_cells_is_one_argument_per_name() -> None:
    cell = worst_cells(patch_fates(make_examples(), RESULTS), make_examples())[0]
    hostile = replace(cell, model="a'; rm -rf $HOME `x`")
    run = change_manifest(RESULTS, "settings", "dataset", value="frames/")
    parts = shlex.split(all_cells_command(run, hostile))
    assert parts == [
        *("robustbench-cells", "results", "failures", "--model", "a'; rm -rf $HOME `x`"),
        *("--condition", "clean", "--out", "failures/"),
    ]
    trusted = change_manifest(run, "settings", "trust_model", value=True)
    assert "--trust-model" in shlex.split(all_cells_command(trusted, cell))
    assert all_cells_command(RESULTS, cell) == "result.cells('mine', 'clean')"  # no file has its frames


def _of_rules(rules: dict[str, str]) -> Results:
    return change_manifest(RESULTS, "instances", value=rules)


def test_the_page_and_the_table_of_all_cells_agree() -> None:
    """Discs that touch are merged by their foreground: the same ids, fates, areas and IoU, by two ways."""
    result = rb.benchmark(
        {"mine": bright}, DATA, {"noise": [0, 200]}, profile="quick", progress=False, metrics=["ap50"]
    )
    examples = result._examples
    assert examples
    fates = patch_fates(examples, result.results)
    table = worst_cells(fates, examples)
    assert {cell.fate for cell in table} >= {Fate.MERGED}
    for cell in table:
        rows = result.cells("mine", cell.condition)
        here = rows[(rows["frame"] == cell.frame) & (rows["patch"] == cell.patch) & (rows["cell"] == cell.cell)]
        row = here[here["of"] == ("prediction" if cell.fate is Fate.INVENTED else "truth")].iloc[0]
        assert (row["fate"], row["area"], row["iou"]) == (cell.fate, cell.area, pytest.approx(cell.iou))
    (clean,) = [number for number, view in enumerate(examples.views) if view.artefact == "clean"]
    view, rows = examples.views[clean], result.cells("mine")
    here = rows[(rows["frame"] == view.frame) & (rows["patch"] == view.patch)]
    counts = here[(here["of"] == "truth") | (here["fate"] == "invented")]["fate"].value_counts()
    assert fates["mine"][clean].text == ", ".join(f"{fate} {counts[fate]}" for fate in FATES if fate in counts)
