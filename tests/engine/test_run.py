"""One run on objects: what is computed, shared and gathered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robustbench_cells as rb
from robustbench_cells.engine.evaluate import GridCell
from robustbench_cells.engine.grid import make_conditions
from robustbench_cells.engine.progress import Progress
from robustbench_cells.engine.run import BenchmarkRun
from robustbench_cells.errors import CacheError, ModelError, ResultsError
from robustbench_cells.models.callables import segmenter_from
from robustbench_cells.results.cache_keys import CacheKey, FrameKey
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import Image, Record
from tests.support.frame_arrays import DATA, bright

GRID = {"noise": (0.0, 50.0)}
CONDITIONS = make_conditions("quick", GRID)
NAMES = [condition.name for condition in CONDITIONS]


class Spy:
    """A model that counts the patches it was given."""

    digest = "spy"

    def __init__(self) -> None:
        self.patches = 0

    def predict(self, images: Image) -> Image:
        self.patches += len(images)
        return bright(images)


@pytest.fixture
def spies() -> dict[str, Spy]:
    return {"one": Spy(), "other": Spy()}


@pytest.fixture
def run(tmp_path: Path, spies: dict[str, Spy]) -> Iterator[BenchmarkRun]:
    segmenters = {name: segmenter_from(name, spy) for name, spy in spies.items()}
    for name, segmenter in segmenters.items():
        segmenter.digest = name
    opened = BenchmarkRun(
        selection=DATA,
        segmenters=segmenters,
        grid=CONDITIONS,
        wanted={key: ["one", "other"] for key in NAMES},
        settings=RunSettings(profile="quick", seed=0, most_patches=6, block=1, grids=GRID),
        grid_size=6,
        cache=RecordCache(tmp_path / "records.sqlite"),
    )
    for spy in spies.values():
        spy.patches = 0  # of the probe
    yield opened
    opened.close()


def test_condition_is_computed_once_for_all_its_segmenters(run: BenchmarkRun, spies: dict[str, Spy]) -> None:
    first = run.outcome("clean", "one")
    assert {name: spy.patches for name, spy in spies.items()} == {"one": 24, "other": 24}
    assert run.outcome("clean", "one") is first
    assert run.outcome("clean", "other").scores() == first.scores()
    assert spies["one"].patches == 24


def test_without_sharing_a_segmenter_runs_when_it_is_asked_for(run: BenchmarkRun, spies: dict[str, Spy]) -> None:
    run.share_batches = False
    run.outcome("clean", "one")
    assert {name: spy.patches for name, spy in spies.items()} == {"one": 24, "other": 0}


def test_progress_counts_the_patches_of_each_condition(run: BenchmarkRun) -> None:
    seen: list[Progress] = []
    run.on_progress = seen.append
    for name in NAMES:
        run.outcome(name, "one")
    assert [(one.condition, one.done, one.total) for one in seen if one.done == one.total] == [
        (name, 24, 24) for name in NAMES
    ]
    assert run.patch_count == sum(one.total for one in seen if one.done == one.total) == 72
    assert str(seen[0]) == "condition 1/3: clean, 16/24 patches"
    assert str(seen[-1]).startswith("condition 3/3: noise-50, 24/24 patches, about ")


def test_results_hold_valid_cells_alone_and_their_manifest(run: BenchmarkRun) -> None:
    for name in NAMES:
        run.outcome(name, "one")
    keys = [(model, name) for name in NAMES for model in run.segmenters]
    cells = [GridCell(*key, valid=key != ("other", "clean")) for key in keys]
    results = run.results(cells, run.timing, "pytest")
    assert results is not None
    assert len(results.records) == 5 * 24
    assert results.run.tests.failed == ("other-clean",)
    assert (results.run.tests.ran, results.run.tests.grid) == (6, 6)
    assert results.run.settings.grids == GRID
    assert list(results.run.artefacts) == ["noise"]
    means = results.summary.query("segmenter == 'one' and artefact == 'clean'")["jaccard"]
    assert np.allclose(means, 1)


def test_cells_of_another_grid_are_refused(run: BenchmarkRun) -> None:
    with pytest.raises(ResultsError, match=r"fog-5: ran in another process .* conftest\.py at the root"):
        run.results([GridCell("one", "fog-5", valid=True)], run.timing, "pytest")


@pytest.mark.parametrize("name", ["\x1b[2Jnet", "net\u202e", "net\n"])
def test_a_model_with_control_characters_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ModelError, match="the name of a model has control characters") as caught:
        rb.benchmark({name: bright}, DATA, artefacts={"noise": [0]})
    assert repr(name)[1:-1] in str(caught.value)


def test_records_that_changed_after_their_test_are_no_results(run: BenchmarkRun) -> None:
    run.outcome("clean", "one")
    with closing(sqlite3.connect(run.cache.path)) as db, db:
        db.execute("UPDATE records SET scores = replace(scores, '\"jaccard\": 1', '\"jaccard\": 0') WHERE patch = 0")
    with pytest.raises(CacheError, match=r"the records of one-clean are not those that the run saw\) and was moved"):
        run.results([run.cells["one", "clean"]], run.timing, "pytest")


def test_a_record_that_another_process_stored_first_is_the_one_that_tests_see(run: BenchmarkRun) -> None:
    put, key = run.cache.put, {}

    def late(cache_key: CacheKey, frames: Mapping[str, FrameKey], records: Sequence[Record]) -> Sequence[Record]:
        if not key:  # another process had a different last bit in the first record
            key.update(first=records[0])
            put(cache_key, frames, [replace(records[0], scores={**records[0].scores, "jaccard": 0.25})])
        return put(cache_key, frames, records)

    run.cache.put = late  # type: ignore[method-assign]
    outcome = run.outcome("clean", "one")
    seen = [one for one in outcome.records if (one.frame, one.patch) == (key["first"].frame, key["first"].patch)]
    assert [one.scores["jaccard"] for one in seen] == [0.25]
    results = run.results([run.cells["one", "clean"]], run.timing, "pytest")
    assert results is not None
    assert sorted(results.records["jaccard"]) == [0.25, *[1.0] * 23]


def test_cell_of_an_added_condition_says_why_it_is_not_valid(
    run: BenchmarkRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(images: Image) -> Image:
        raise OSError("gone")

    monkeypatch.setattr(run.segmenters["other"], "predict", fail)
    (added,) = make_conditions("quick", {"noise": (77.0,)})[-1:]
    cells = run.add_condition(added, ["one", "other"])
    assert [(cell.segmenter, cell.valid, cell.failure) for cell in cells] == [
        ("one", True, ""),
        ("other", False, "OSError"),
    ]
