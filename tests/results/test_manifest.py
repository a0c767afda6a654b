"""The typed manifest: it agrees with its JSON schema, round-trips, and refuses untrusted content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from math import inf, isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robustbench_cells.results import manifest
from robustbench_cells.results.artefact_info import ArtefactInfo, CombinationInfo
from robustbench_cells.results.manifest import (
    DatasetInfo,
    GridTests,
    MetricInfo,
    RunManifest,
    RunSettings,
)
from robustbench_cells.types import Ratio, Runner, ScoreRange
from tests.conftest import REPOSITORY
from tests.support.tiny_results import RUN

SCHEMA = json.loads(Path(manifest.__file__).with_name("run_schema.json").read_text())
OBJECTS: dict[str, tuple[type, tuple[str, ...]]] = {
    "the run": (RunManifest, ()),
    "dataset": (DatasetInfo, ("properties", "dataset")),
    "settings": (RunSettings, ("properties", "settings")),
    "artefacts": (ArtefactInfo, ("properties", "artefacts", "additionalProperties")),
    "together": (
        CombinationInfo,
        ("properties", "artefacts", "additionalProperties", "properties", "together"),
    ),
    "metrics": (MetricInfo, ("properties", "metrics", "additionalProperties")),
    "ratios": (
        Ratio,
        ("properties", "metrics", "additionalProperties", "properties", "ratios", "items"),
    ),
    "tests": (GridTests, ("properties", "tests")),
    "runners": (Runner, ("properties", "runners", "additionalProperties")),
}
BASELINES = ("reports/baseline", "examples/gate_a_retrained_model/baseline")


def part(schema: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    for key in path:
        schema = schema[key]
    return schema


@pytest.mark.parametrize("name", OBJECTS)
def test_the_schema_agrees_with_the_dataclasses(name: str) -> None:
    kind, path = OBJECTS[name]
    schema = part(SCHEMA, path)
    stored = [field for field in fields(kind) if field.name != "compared"]  # never stored
    assert set(schema["properties"]) == {field.name for field in stored}
    required = {field.name for field in stored if field.default is field.default_factory is MISSING}
    assert set(schema["required"]) == required


def test_every_object_of_the_schema_is_compared_with_a_dataclass() -> None:
    def objects(schema: Any) -> int:
        if isinstance(schema, list):
            return sum(map(objects, schema))
        if not isinstance(schema, dict):
            return 0
        own = isinstance(schema.get("properties"), dict) and "required" in schema
        return own + sum(map(objects, schema.values()))

    assert objects(SCHEMA) == len(OBJECTS)


texts = st.text(max_size=10)
names = st.from_regex(r"[a-z][a-z_0-9+.-]{0,8}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**6)
settings = st.builds(
    RunSettings,
    profile=texts,
    seed=st.integers(),
    most_patches=st.integers(1, 100),
    block=st.integers(1, 100),
    margin=counts,
    sequential=st.booleans(),
    dataset=texts,
    split=st.none() | texts,
    models=st.lists(texts, max_size=3).map(tuple),
    frames=st.none() | counts,
    white_level=st.none() | counts,
    ignore_label=st.none() | st.integers(),
    channel=st.none() | texts,
    trust_model=st.booleans(),
    grids=st.dictionaries(names, st.lists(numbers, max_size=3).map(tuple), max_size=2),
)
artefacts = st.builds(
    ArtefactInfo,
    version=counts,
    parameter=texts,
    unit=texts,
    neutral=numbers | st.just(inf),
    scale=st.sampled_from(["linear", "log"]),
    is_clean_at_neutral=st.booleans(),
    family=names,
    about=texts,
    together=st.none() | st.builds(CombinationInfo, first=names, intensity=numbers, second=names),
).filter(lambda info: info.scale == "log" or isfinite(info.neutral))
metrics = st.builds(
    MetricInfo,
    version=counts,
    pooled=st.sampled_from(["mean", "sum"]),
    best=st.sampled_from(["highest", "lowest", "nearest"]),
    target=st.just(""),
    range=st.builds(ScoreRange, low=st.none() | numbers, high=st.none() | numbers),
)
manifests = st.builds(
    RunManifest,
    command=texts,
    dataset=st.lists(texts, min_size=1, max_size=3, unique=True).map(
        lambda frames: DatasetInfo(
            "k", "title", "f", tuple(frames), tuple(range(len(frames))), instances="ids", touching=len(frames) / 10
        )
    ),
    settings=settings,
    segmenters=st.dictionaries(texts, texts, max_size=2),
    artefacts=st.dictionaries(names, artefacts, max_size=2),
    metrics=st.dictionaries(names, metrics, max_size=2),
    tests=st.builds(GridTests, ran=counts, grid=counts, failed=st.lists(texts, max_size=2).map(tuple)),
    versions=st.dictionaries(texts, texts, max_size=2).map(lambda versions: {"robustbench_cells": "0", **versions}),
    effort=st.dictionaries(texts, numbers, max_size=2),
    machine=st.dictionaries(texts, texts | counts | st.none(), max_size=2),
    dask_workers=counts,
    instances=st.dictionaries(texts, st.sampled_from(["labels", "components", "watershed"]), max_size=2),
    runners=st.dictionaries(
        texts, st.builds(Runner, library=texts, version=texts, provider=texts, threads=st.integers(1, 64)), max_size=2
    ),
    plugins=st.dictionaries(texts, texts, max_size=2),
    date=st.just("") | st.datetimes().map(str),
    commit=st.just("") | st.text("0123456789abcdef", min_size=40, max_size=40),
    branch=st.just("") | texts,
    compared=st.none(),
)


@given(manifests)
def test_a_manifest_round_trips(run: RunManifest) -> None:
    assert RunManifest.from_json(run.to_json()) == run
    assert RunManifest.from_json(json.loads(json.dumps(run.to_json()))) == run


def test_keys_of_later_versions_are_ignored() -> None:
    content = {**RUN.to_json(), "later": 1}
    content["settings"] = {**content["settings"], "later": 1}
    assert RunManifest.from_json(content) == RUN


@pytest.mark.parametrize("folder", BASELINES)
def test_committed_baselines_are_read(folder: str) -> None:
    content = json.loads((REPOSITORY / folder / "run.json").read_text())
    run = RunManifest.from_json(content)
    assert run.tests.ran == run.tests.grid
    assert list(run.settings.models) == content["settings"]["models"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("dataset", "positions"), [0, 1], "1 frames have 2 positions"),
        (("dataset", "positions"), ["first"], r"run\.json\.dataset\.positions\[0\]: 'first' is not of type 'integer'"),
        (("dataset", "frames"), ["a", "a"], r"dataset\.frames"),
        (("dataset", "fingerprint"), None, r"dataset\.fingerprint: None is not of type 'string'"),
        (("settings", "block"), 0, r"settings\.block: 0 is less than the minimum of 1"),
        (("settings", "seed"), "one", r"settings\.seed"),
        (("settings", "frames"), "all", r"settings\.frames: 'all' is not of type 'integer', 'null'"),
        (("settings", "pixel_size"), 0, r"settings\.pixel_size: 0 is less than or equal"),
        (("settings", "pixel_size"), float("nan"), r"settings\.pixel_size: is no length"),
        (("settings", "pixel_size"), inf, r"settings\.pixel_size: is no length"),
        (("settings", "grids"), {"noise": [10**400]}, r"settings\.grids\.noise\.0: has a whole number of more than"),
        (("settings", "grids"), {"noise": 5}, r"settings\.grids\.noise: 5 is not of type 'array'"),
        (("tests", "ran"), None, r"tests\.ran"),
        (("tests", "failed"), [1], r"tests\.failed\[0\]"),
        (("artefacts", "noise", "version"), None, r"artefacts\.noise\.version"),
        (("artefacts", "../noise"), {}, r"'\.\./noise' does not match"),
        (("segmenters",), [["good"]], r"segmenters: \[\['good'\]\] is not of type 'object'"),
        (("metrics", "jaccard", "pooled"), "median", r"metrics\.jaccard\.pooled: 'median' is not one of"),
        (("metrics", "jaccard", "target"), "dice", "metrics aim at {'dice'}, which is no metric"),
        (("metrics", "jaccard", "target"), ["dice"], r"metrics\.jaccard\.target: \['dice'\] is not of type 'string'"),
        (("commit",), "main", r"commit: 'main' does not match"),
        (("effort",), {"evaluate": "long"}, r"effort\.evaluate: 'long' is not of type 'number'"),
        (
            ("segmenters",),
            dict.fromkeys(map(str, range(3000)), "x"),
            r"segmenters: has 3000 entries, more than the 200 all",
        ),
        (("segmenters",), {"x" * 2**20: "x"}, r"segmenters: has 1048576 characters, more than the 300 allowed"),
        (
            ("metrics",),
            {str(name): {} for name in range(1500)},
            r"metrics: has 1500 entries, more than the 100 allowed",
        ),
        (
            ("artefacts",),
            {str(name): {} for name in range(501)},
            r"artefacts: has 501 entries, more than the 500 allowed",
        ),
        (("artefacts", "noise", "unit"), "x" * 301, r"artefacts\.noise\.unit: has 301 characters, more than the 300"),
        (("dataset", "frames"), ["x" * 301], r"dataset\.frames\[0\]: has 301 characters, more than the 300 allowed"),
        (("dataset", "frames"), [1, "a", None] * 40_000, r"dataset\.frames: has 120000 entries, more than the 100000"),
        (("dataset", "frames"), [1, "a", None] * 30_000, r"dataset\.frames\[0\]: 1 is not of type 'string'"),
        (("dataset", "positions"), ["a"] * 10**6, r"dataset\.positions: has 1000000 entries, more than the 100000"),
        (("settings", "grids"), {"noise": [0.0] * 10_001}, r"settings\.grids\.noise: has 10001 entries, more than the"),
        (("machine",), {"cores": [[]]}, r"machine\.cores: \[\[\]\] is not of type"),
        (("command",), "x" * 100_001, r"command: has 100001 characters, more than the 100000 allowed"),
        (("plugins",), [], r"plugins: \[\] is not of type 'object'"),
    ],
)
def test_untrusted_content_is_refused(path: tuple[str, ...], value: object, message: str) -> None:
    content = json.loads(json.dumps(RUN.to_json()))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        RunManifest.from_json(content)
