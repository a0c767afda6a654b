"""Sizes of a run: the same limits before it is computed, when it is stored and when it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.results import limits, manifest
from robustbench_cells.results.limits import require_size

WHOLE = json.loads(Path(manifest.__file__).with_name("run_schema.json").read_text())
SCHEMA, DEFINED = WHOLE["properties"], WHOLE["$defs"]


def sizes(models: int = 10, **changed: int) -> dict[str, Any]:
    return {
        "segmenters": [f"m{number}" for number in range(models)],
        "conditions": 100,
        "metrics": 10,
        "frames": 1000,
        **changed,
    }


def test_limits_are_those_of_the_schema() -> None:
    assert SCHEMA["segmenters"]["maxProperties"] == limits.MAX_SEGMENTERS
    assert DEFINED["label"]["maxLength"] == DEFINED["name"]["maxLength"] == limits.MAX_NAME
    assert SCHEMA["runners"]["maxProperties"] == limits.MAX_SEGMENTERS
    assert SCHEMA["instances"]["maxProperties"] == limits.MAX_SEGMENTERS
    assert SCHEMA["metrics"]["maxProperties"] == limits.MAX_METRICS
    assert SCHEMA["dataset"]["properties"]["frames"]["maxItems"] == limits.MAX_FRAMES
    assert SCHEMA["dataset"]["properties"]["positions"]["maxItems"] == limits.MAX_FRAMES


@pytest.mark.parametrize(
    ("largest", "more", "message"),
    [
        (
            sizes(200, conditions=50),
            {"segmenters": ["m"] * 201},
            "201 models in one run are more than the 200 allowed",
        ),
        (sizes(), {"segmenters": ["m" * 301]}, "'m{50}'…: a name of 301 characters; 300 are allowed"),
        (sizes(metrics=100), {"metrics": 101}, "101 metrics in one run are more than the 100 allowed"),
        (
            sizes(frames=100_000, conditions=10),
            {"frames": 100_001},
            "100001 frames in one run are more than the 100000",
        ),
        (
            sizes(conditions=1000),
            {"conditions": 1001},
            "10 models under 1001 conditions with 10 metrics are 100100 figures, and reports allow 100000; run fewer",
        ),
        (
            sizes(frames=10_000),
            {"frames": 10_001},
            "10 models under 100 conditions on 10001 frames are 10001000 records or more, and 10000000 can be",
        ),
    ],
)
def test_a_run_above_a_limit_is_refused(largest: dict[str, Any], more: dict[str, Any], message: str) -> None:
    require_size(**largest)
    with pytest.raises(ResultsError, match=message):
        require_size(**largest | more)
