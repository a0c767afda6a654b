"""Each claim on scores that support it, and on the same with one value changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.reporting.claims import ClaimStatus, Finding, check_claims
from robustbench_cells.reporting.evidence import Evidence
from robustbench_cells.results.manifest import MetricInfo
from robustbench_cells.results.merging import with_inside
from robustbench_cells.results.storage import save
from robustbench_cells.results.tables import Results, records_table
from robustbench_cells.types import Record
from tests.conftest import REPOSITORY
from tests.support.commands import report
from tests.support.manifests import changed_manifest
from tests.support.tiny_results import RUN

METRICS = {
    "accuracy": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "jaccard": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "precision": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "recall": {"pooled": "mean", "best": "highest", "target": "", "version": 1},
    "cells_predicted": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
    "cells_true": {"pooled": "sum", "best": "nearest", "target": "cells_true", "version": 1},
}
REFERENCE = REPOSITORY.parent / "shared" / "reference"
Key = tuple[str, str, float]
Scores = tuple[float, float, float, float]  # accuracy, precision, recall, cells predicted; of 100

NETWORKS = ("unet_original", "unet_augmented", "unet_distorted")
CLEAN: dict[Key, Scores] = {(name, "clean", 0): (0.99, 0.92, 0.95, 108) for name in NETWORKS}
PLAIN: dict[float, Scores] = {
    0: (0.98, 0.90, 0.93, 105),
    500: (0.97, 0.90, 0.80, 90),
    1000: (0.95, 0.90, 0.40, 50),
    2000: (0.94, 0.80, 0.05, 9),
    4000: (0.93, 0.10, 0.00, 1),
}
DOG: dict[float, Scores] = {
    0: (0.965, 0.90, 0.65, 104),
    500: (0.965, 0.88, 0.65, 104),
    1000: (0.960, 0.84, 0.65, 103),
    2000: (0.90, 0.40, 0.60, 95),
    4000: (0.84, 0.30, 0.60, 90),
}
ILLUMINATION: dict[Key, Scores] = {
    **{(name, "illumination", at): scores for name in NETWORKS[:2] for at, scores in PLAIN.items()},
    **{("unet_distorted", "illumination", at): (0.985 - at / 1e5, 0.92, 0.90, 103) for at in PLAIN},
    **{("dog_otsu", "illumination", at): scores for at, scores in DOG.items()},
    **{("background", "illumination", at): (0.93, 0, 0, 0) for at in PLAIN},
}
NOISE: dict[Key, Scores] = {
    **{
        (name, "noise", sigma): scores
        for name in (*NETWORKS[:2], "nlm_otsu")
        for sigma, scores in {
            0.0: (0.98, 0.9, 0.9, 105),
            50.0: (0.90, 0.4, 0.6, 700),
            200.0: (0.85, 0.1, 0.2, 600),
        }.items()
    },
    ("unet_distorted", "noise", 0): (0.99, 0.90, 0.94, 105),
    ("unet_distorted", "noise", 50): (0.97, 0.85, 0.80, 120),
    ("unet_distorted", "noise", 200): (0.933, 0.60, 0.18, 90),
    **{("background", "noise", sigma): (0.93, 0, 0, 0) for sigma in (0, 50, 200)},
}
ZOOM: dict[Key, Scores] = {
    (name, "cell_size", zoom): (accuracy, 0.9, recall, cells + 5 * (name == "unet_distorted") * zoom)
    for name in NETWORKS
    for zoom, accuracy, recall, cells in (
        (0.5, 0.95, 0.6, 70),
        (1, 0.99, 0.95, 101),
        (2, 0.97, 0.7, 130),
        (5, 0.9, 0.3, 170),
    )
}
PAPER = {**CLEAN, **ILLUMINATION, **NOISE, **ZOOM}
NAMES = ("accuracy", "precision", "recall", "cells_predicted")


def make_results(scores: Mapping[Key, Scores], margin: int = 0) -> Results:
    records = [
        Record(*key, "a", 0, {"jaccard": 0.5, "cells_true": 100.0} | dict(zip(NAMES, map(float, values), strict=True)))
        for key, values in scores.items()
    ]
    run = replace(
        RUN,
        metrics={name: MetricInfo(**info) for name, info in METRICS.items()},
        segmenters={segmenter: "1" for segmenter, *_ in scores},
        artefacts={artefact: RUN.artefacts["noise"] for _, artefact, _ in scores if artefact != "clean"},
    )
    if margin:
        run = changed_manifest(run, "settings", "margin", value=margin)
        run = changed_manifest(run, "dataset", "key", value=f"{run.dataset.key}/margin={margin}")
    return Results(records_table(records), run)


def make_findings(scores: Mapping[Key, Scores], inside: Mapping[Key, Scores] | None = None) -> dict[int, Finding]:
    found = make_results(scores)
    if inside is not None:
        found = with_inside(found, make_results(inside, margin=25))
    return {finding.number: finding for finding in check_claims(Evidence(found))}


INSIDE: dict[Key, Scores] = dict.fromkeys(CLEAN, (0.99, 0.95, 0.95, 103))


def test_scores_as_in_the_paper_support_every_claim() -> None:
    found = make_findings(PAPER, INSIDE)
    assert {number: finding.status for number, finding in found.items()} == dict.fromkeys(
        range(1, 12), ClaimStatus.HOLDS
    )


@pytest.mark.parametrize(
    ("number", "key", "scores", "text"),
    [
        (1, ("unet_original", "clean", 0), (0.99, 0.92, 0.95, 99), "unet_original counts 99 cells where 100 are"),
        (1, ("unet_distorted", "clean", 0), (0.99, 1.0, 0.95, 109), "unet_distorted has precision 1.000"),
        (
            2,
            ("unet_augmented", "illumination", 4000),
            (0.93, 0.1, 0.0, 900),
            "unet_augmented counts 900 cells where 100 are",
        ),
        (2, ("unet_original", "illumination", 4000), (0.90, 0.1, 0.0, 1), "accuracy 0.900, all background 0.930"),
        (2, ("unet_original", "illumination", 4000), (0.93, 0.1, 0.2, 1), "recall 0.200"),
        (3, ("dog_otsu", "illumination", 4000), (0.84, 0.3, 0.1, 90), "its recall goes from 0.650 to 0.100"),
        (3, ("dog_otsu", "illumination", 4000), (0.96, 0.3, 0.6, 90), "its accuracy goes from 0.965 to 0.960"),
        (3, ("dog_otsu", "illumination", 4000), (0.84, 0.3, 0.6, 30), "its cell count goes from 104 to 30"),
        (3, ("dog_otsu", "illumination", 500), (0.9, 0.9, 0.65, 104), "stays within 0.01 up to amplitude 0"),
        (4, ("dog_otsu", "illumination", 500), (0.983, 0.9, 0.9, 100), "DoG+Otsu reaches 0.9830, unet_original 0.9800"),
        (5, ("dog_otsu", "illumination", 2000), (0.96, 0.9, 0.9, 100), "that is at 2 of 5 amplitudes"),
        (5, ("dog_otsu", "illumination", 1000), (0.9, 0.9, 0.9, 100), "at amplitude none"),
        (6, ("dog_otsu", "illumination", 4000), (0.95, 0.9, 0.9, 100), "0.9450, dog_otsu 0.9500"),
        (7, ("nlm_otsu", "noise", 200), (0.94, 0.9, 0.9, 600), "nlm_otsu has accuracy 0.940, all background 0.930"),
        (8, ("unet_distorted", "noise", 200), (0.933, 0.3, 0.18, 90), "precision goes from 0.900 to 0.300"),
        (8, ("unet_distorted", "noise", 200), (0.96, 0.6, 0.18, 90), "accuracy 0.960, all background 0.930"),
        (9, ("unet_augmented", "cell_size", 2), (0.97, 0.9, 0.7, 90), "0.90 at 2, 1.70 at 5"),
        (9, ("unet_augmented", "cell_size", 0.5), (0.995, 0.9, 0.7, 70), "accuracy 0.995 at zoom 0.5, 0.990 at 1"),
        (9, ("unet_augmented", "cell_size", 1), (0.99, 0.9, 0.95, 150), "1.50 at 1, 1.30 at 2, 1.70 at 5"),
        (10, ("unet_original", "cell_size", 5), (0.9, 0.9, 0.3, 300), "that of unet_original 2.13 times"),
    ],
)
def test_a_claim_does_not_hold_if_one_value_contradicts_it(number: int, key: Key, scores: Scores, text: str) -> None:
    finding = make_findings({**PAPER, key: scores})[number]
    assert finding.status is ClaimStatus.FAILS
    contradictions = "; ".join(part for holds, part in finding.parts if not holds)
    assert text in contradictions


def test_over_counting_inside_the_field_of_interest_is_not_due_to_the_border() -> None:
    finding = make_findings(CLEAN, CLEAN)[11]
    assert finding.status is ClaimStatus.FAILS
    assert finding.parts[0][1] == "unet_original counts +8.0% cells to the border and +8.0% inside"


def test_a_claim_that_the_results_do_not_cover_is_not_tested_and_names_what_is_missing() -> None:
    found = make_findings(CLEAN)
    assert found[1].status is ClaimStatus.HOLDS
    assert {found[number].status for number in range(2, 12)} == {ClaimStatus.NOT_TESTED}
    assert found[4].parts[0][1] == "needs dog_otsu on illumination"
    assert found[9].parts[0][1] == "needs unet_original on cell_size"
    assert found[11].parts[0][1].startswith("needs a run inside the field of interest too")
    partly = {key: scores for key, scores in PAPER.items() if key != ("background", "noise", 200)}
    assert make_findings(partly)[7].status is ClaimStatus.NOT_TESTED
    few = {key: scores for key, scores in PAPER.items() if key[2] in {0, 4000}}
    assert make_findings(few)[3].parts[0][1] == "needs 3 intensities of illumination or more, up to 4000"
    weak = {key: scores for key, scores in PAPER.items() if key[2] <= 2000}
    assert make_findings(weak)[2].parts[0][1] == "needs 3 intensities of illumination or more, up to 4000"
    gap = {key: scores for key, scores in PAPER.items() if key != ("dog_otsu", "illumination", 2000)}
    assert (
        make_findings(gap)[5].parts[0][1].endswith("at the same intensities of illumination; one was not run at 2000")
    )
    undefined = {**PAPER, ("unet_distorted", "noise", 200): (0.93, float("nan"), 0.0, 0)}
    assert make_findings(undefined)[8].parts[0][1] == "the precision of unet_distorted on noise is undefined"


@pytest.mark.usefixtures("without_figures")
def test_the_report_lists_each_claim(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(make_results({**PAPER, ("unet_original", "clean", 0): (0.99, 0.92, 0.95, 99)}), tmp_path / "border")
    save(make_results(INSIDE, margin=25), tmp_path / "inside")
    folders = ["--results", str(tmp_path / "border"), "--inside", str(tmp_path / "inside")]
    assert report(folders) == 0
    text = (tmp_path / "border" / "claims.md").read_text()
    assert "| 1 | On undistorted images, every network counts too many cells" in " ".join(text.split())
    assert "**does not hold**" in text
    assert "- **no**: unet_original counts 99 cells where 100 are labelled" in text
    assert "| 11 | More than half" in " ".join(text.split())
    assert "not tested" not in text
    assert report(folders[:2]) == 0
    assert "not tested" in (tmp_path / "border" / "claims.md").read_text()
    for first, second in (("inside", "border"), ("inside", "inside"), ("border", "border")):
        assert report(["--results", str(tmp_path / first), "--inside", str(tmp_path / second)]) == 2
        assert "run the first without --rb-margin, the second with it" in capsys.readouterr().err
    assert report(["--results", str(tmp_path / "inside")]) == 0
    assert "**Not scored as in the paper:** 25 px" in (tmp_path / "inside" / "claims.md").read_text()


def test_results_of_other_segmenters_are_not_taken_as_those_inside() -> None:
    other = make_results(INSIDE, margin=25)
    other = Results(other.records, replace(other.run, segmenters={"x": "2"}))
    with pytest.raises(ResultsError, match="differ in their segmenters; run both alike"):
        with_inside(make_results(PAPER), other)


def test_the_authors_own_results_support_their_claims() -> None:
    path = REFERENCE / "authors_notebook_results.csv"
    if not path.is_file():
        pytest.skip(f"the authors' results are not at {path}")
    table = pd.read_csv(path)
    patches = 510  # each with its background counted as a cell (DESIGN.md)
    scores: dict[Key, Scores] = {}
    for row in table[table["artefact"].isin(["illumination", "noise", "cell_size"])].itertuples():
        cells = row.cells_predicted_plus_patches - patches, row.cells_true_plus_patches - patches
        key = (row.model, row.artefact, row.intensity)
        scores[key] = (row.accuracy, row.precision, row.recall, 100 * cells[0] / cells[1])
        scores["background", row.artefact, row.intensity] = (0.9324, 0, 0, 0)  # the dotted line of their figures
        if key[1:] == ("cell_size", 1):
            scores[row.model, "clean", 0] = scores[key]
    statuses = {number: finding.status for number, finding in make_findings(scores).items()}
    assert statuses == {**dict.fromkeys(range(1, 11), ClaimStatus.HOLDS), 11: ClaimStatus.NOT_TESTED}
