"""Conditions with the same patches are judged once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.engine.batches import iter_patches
from robustbench_cells.engine.condition import Condition
from robustbench_cells.gate.comparison import Gate
from robustbench_cells.gate.criteria import CRITERIA
from robustbench_cells.results.artefact_info import ArtefactInfo
from robustbench_cells.results.tables import Results
from tests.conftest import sample_of
from tests.support.gate_runs import JACCARD, compare, make_run, select_unet, verdicts
from tests.support.manifests import change_manifest


class OneFrame:
    key, title, sequence, frames = "made/up", "made up", False, ("a",)

    def read(self, frame: str):  # type: ignore[no-untyped-def]
        return sample_of((300, 310), seed=1, frame=frame)


def alike(run: Results, one: tuple[str, float], other: tuple[str, float]) -> Results:
    """The same records with the scores of one condition under another."""
    table = run.records.copy()
    scores = list(table.columns[5:])
    for name in ("unet", "background"):
        source = table[(table["segmenter"] == name) & (table["artefact"] == one[0]) & (table["intensity"] == one[1])]
        target = (table["segmenter"] == name) & (table["artefact"] == other[0]) & (table["intensity"] == other[1])
        table.loc[target, scores] = source[scores].to_numpy()
    return Results(table, run.run)


def judged(one: tuple[str, float], other: tuple[str, float], names: tuple[str, ...] = ("jaccard",)) -> Gate:
    runs = [alike(make_run(seed=seed, spread=0.01), one, other) for seed in (1, 2)]
    return compare(*runs, {name: CRITERIA.get(name).tolerance for name in names})


def test_a_copy_of_clean_is_judged_once_and_named() -> None:
    gate = judged(("clean", 0.0), ("cell_size", 1.0))
    assert [name for name in verdicts(gate) if "clean" in name or "cell_size-1" in name] == [
        "jaccard unet-clean = cell_size-1"
    ]
    assert len(gate.decisions) == 6
    assert gate.not_covered == []


def test_the_correction_counts_a_copy_once() -> None:
    """Holm's factor for the smallest p-value is the number of decisions."""
    gate = judged(("clean", 0.0), ("cell_size", 1.0))
    smallest = min(gate.decisions, key=lambda one: one.p_alone)
    assert smallest.p_regresses == pytest.approx(min(1.0, 6 * smallest.p_alone))


def test_the_same_scores_on_other_patches_are_no_copy() -> None:
    """A model that scores alike under noise 50 and 200 has still met two conditions."""
    assert len(judged(("noise", 50.0), ("noise", 200.0)).decisions) == 7
    assert len(judged(("clean", 0.0), ("noise", 0.0)).decisions) == 7  # sigma 0 is a contrast stretch


def test_the_same_patches_with_other_scores_are_no_copy() -> None:
    assert len(compare(make_run(), make_run(), JACCARD).decisions) == 7


def test_a_criterion_over_a_whole_artefact_keeps_its_points() -> None:
    with_copies = judged(("clean", 0.0), ("cell_size", 1.0), ("break_point",))
    assert [one.difference.condition for one in with_copies.decisions] == ["cell_size", "cell_size", "noise"]


def test_an_artefact_that_is_not_installed_has_no_copy() -> None:
    info = vars(make_run().run.artefacts["cell_size"]) | {"about": "", "together": None}
    runs = []
    for seed in (1, 2):
        run = alike(make_run(seed=seed), ("clean", 0.0), ("cell_size", 1.0))
        renamed = Results(run.records.replace({"artefact": {"cell_size": "unknown"}}), run.run)
        content = run.run.to_json()["artefacts"]
        runs.append(change_manifest(renamed, "artefacts", value=content | {"unknown": content["cell_size"]}))
    assert ArtefactInfo(**info) in runs[0].run.artefacts.values()
    assert len(compare(*runs, JACCARD).decisions) == 7


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Condition(), Condition(ARTEFACTS.get("cell_size"), 1.0), True),
        (Condition(ARTEFACTS.get("noise"), 0.0), Condition(ARTEFACTS.get("illumination"), 0.0), True),
        (Condition(), Condition(ARTEFACTS.get("noise"), 0.0), False),
    ],
)
def test_what_counts_as_a_copy_has_the_same_patches_of_a_frame(one: Condition, other: Condition, same: bool) -> None:
    patches = [
        [condition.distort(view, 0) for view in iter_patches(OneFrame(), condition, 0, 12)]
        for condition in (one, other)
    ]
    equal = [
        np.array_equal(x, y) for left, right in zip(*patches, strict=True) for x, y in zip(left, right, strict=True)
    ]
    assert all(equal) == same


def test_a_copy_of_an_undefined_score_is_named_once_for_each_condition() -> None:
    def undefined(table: pd.DataFrame) -> None:
        table.loc[select_unet(table, "clean"), "precision"] = np.nan

    runs = [alike(make_run(undefined), ("clean", 0.0), ("cell_size", 1.0)) for _ in range(2)]
    gate = compare(*runs, {"jaccard": 0.01, "precision": 0.01})
    assert gate.not_covered == ["precision unet-cell_size-1 (undefined)", "precision unet-clean (undefined)"]
