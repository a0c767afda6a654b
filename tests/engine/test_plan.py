"""What is cached, and under which key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.artefacts import ARTEFACTS, Artefact
from robustbench_cells.engine.condition import Condition
from robustbench_cells.engine.pairs import CombinedArtefact
from robustbench_cells.engine.plan import Planner
from robustbench_cells.errors import CacheError
from robustbench_cells.metrics import METRICS
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.models.stopped import StoppedSegmenter
from robustbench_cells.results.manifest import RunSettings
from robustbench_cells.results.record_cache import RecordCache
from robustbench_cells.types import Image, Labels, Record
from tests.support.frame_arrays import DATA

FRAMES = list(DATA.frames)
SETTINGS = RunSettings(profile="default", seed=0, most_patches=6, block=1)


@pytest.fixture
def planner(tmp_path: Path) -> Iterator[Planner]:
    cache = RecordCache(tmp_path / "records.sqlite")
    yield Planner(DATA, {"dog_otsu": BASELINES.get("dog_otsu")}, cache, SETTINGS)
    cache.close()


def records(condition: Condition, patches: int = 6) -> list[Record]:
    scores = dict.fromkeys(METRICS.names(), 0.5)
    return [
        Record("dog_otsu", condition.artefact_name, condition.intensity, frame, index, scores)
        for frame in FRAMES
        for index in range(patches)
    ]


def test_what_is_kept_is_not_planned_again(planner: Planner) -> None:
    noise = Condition(ARTEFACTS.get("noise"), 50.0)
    assert len(planner.plan(noise, ["dog_otsu"], FRAMES).task.patches) == planner.patch_count(noise) == 24
    planner.keep(noise, "dog_otsu", records(noise, patches=4))
    plan = planner.plan(noise, ["dog_otsu"], FRAMES)
    assert plan.task.patches == [(frame, index) for frame in FRAMES for index in (4, 5)]
    assert len(plan.cached["dog_otsu"]) == 16
    assert len(planner.plan(Condition(), ["dog_otsu"], FRAMES).task.patches) == 24
    with pytest.raises(
        CacheError, match=r"records of dog_otsu-noise-50 have disappeared: .* give it an attribute `digest`"
    ):
        planner.required_records(noise, "dog_otsu")


def test_model_that_was_stopped_before_its_digest_was_known_finds_nothing(planner: Planner) -> None:
    stopped, impostor = StoppedSegmenter("theirs", "theirs took too long"), copy(BASELINES.get("dog_otsu"))
    impostor.digest = stopped.digest
    stored = replace(planner, segmenters={"theirs": impostor})
    stored.keep(Condition(), "theirs", records(Condition()))
    assert not stored.plan(Condition(), ["theirs"], FRAMES).task.patches
    looked_up = replace(planner, segmenters={"theirs": stopped})
    assert len(looked_up.plan(Condition(), ["theirs"], FRAMES).task.patches) == 24
    assert not looked_up.is_complete(Condition(), "theirs")
    view = Condition(), "theirs", FRAMES[0], 0
    assert len({looked_up.mask_key(*view), looked_up.mask_key(*view), stored.mask_key(*view)}) == 3
    assert looked_up.digest("theirs") != looked_up.digest("theirs")


class Fog(Artefact):
    """White fog."""

    name = "test_fog"
    version = 1
    parameter = "share"
    unit = "%"
    neutral = 0.0
    grids = {"default": (0, 50)}

    def distort(self, image: Image, labels: Labels, intensity: float, rng: np.random.Generator) -> tuple[Image, Labels]:
        return image, labels


@pytest.fixture
def fog(monkeypatch: pytest.MonkeyPatch) -> Artefact:
    """An artefact of a distribution of version 1, for this test alone."""
    ARTEFACTS.names()
    for table in ("_entries", "_origins", "_sources"):
        monkeypatch.setattr(ARTEFACTS, table, dict(getattr(ARTEFACTS, table)))
    ARTEFACTS.register(Fog)
    return ARTEFACTS.get("test_fog")


def test_version_of_another_package_is_part_of_the_key(
    planner: Planner, fog: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = Condition(fog, 50.0)
    planner.keep(condition, "dog_otsu", records(condition))
    assert not planner.plan(condition, ["dog_otsu"], FRAMES).task.patches
    (key,) = set(planner.cache.contents()["artefact"])
    assert key == ARTEFACTS.qualified_name("test_fog")
    assert key.startswith(f"test_fog [{Fog.__module__} ")
    origin = type(ARTEFACTS.origin("test_fog"))(Fog.__module__, "of another source")
    monkeypatch.setitem(ARTEFACTS._origins, "test_fog", origin)
    assert len(replace(planner).plan(condition, ["dog_otsu"], FRAMES).task.patches) == 24


def test_code_of_a_plug_in_is_part_of_the_key_whatever_its_version(
    planner: Planner, fog: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = Condition(fog, 50.0)
    planner.keep(condition, "dog_otsu", records(condition))
    assert not replace(planner).plan(condition, ["dog_otsu"], FRAMES).task.patches
    monkeypatch.setitem(ARTEFACTS._sources, "test_fog", "of an edited file")
    assert len(replace(planner).plan(condition, ["dog_otsu"], FRAMES).task.patches) == 24


def test_code_of_a_plug_in_is_part_of_the_key_of_a_pair(
    planner: Planner, fog: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = Condition(CombinedArtefact(fog, ARTEFACTS.get("noise"), 50.0, [5.0]), 5.0)
    planner.keep(condition, "dog_otsu", records(condition))
    assert not replace(planner).plan(condition, ["dog_otsu"], FRAMES).task.patches
    monkeypatch.setitem(ARTEFACTS._sources, "test_fog", "of an edited file")
    assert len(replace(planner).plan(condition, ["dog_otsu"], FRAMES).task.patches) == 24


def test_keys_stay_the_same_while_a_run_lasts(planner: Planner, fog: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that was typed in may fill a table of its own while it runs."""
    condition = Condition(fog, 50.0)
    planner.keep(condition, "dog_otsu", records(condition))
    monkeypatch.setitem(ARTEFACTS._sources, "test_fog", "with a table that is filled")
    assert len(planner.required_records(condition, "dog_otsu")) == 24


def test_keys_of_our_own_have_no_origin(planner: Planner) -> None:
    noise = Condition(ARTEFACTS.get("noise"), 50.0)
    planner.keep(noise, "dog_otsu", records(noise))
    contents = planner.cache.contents()
    assert set(contents["artefact"]) == {"noise"}
    assert set(contents["digest"]) == {"dog_otsu 1"}
    assert sys.modules[Fog.__module__].__name__ not in contents["metrics"].iloc[0]
