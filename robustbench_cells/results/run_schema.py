"""Whether the content of ``run.json`` has the form of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

from robustbench_cells.files.schema import schema_problem
from robustbench_cells.printable import printable


@cache
def _schema() -> Any:
    return json.loads(Path(__file__).with_name("run_schema.json").read_text(encoding="utf-8"))


def validate(content: Mapping[str, Any]) -> None:
    """Refuse a content that is not what reports and the gate rely on.

    Raises
    ------
    ValueError
        If it is not; the message names the place.
    """
    if problem := schema_problem(content, _schema(), root="run.json"):
        raise ValueError(problem)
    if not 0 < (content["settings"].get("pixel_size") or 1) < inf:  # NaN and infinity pass the schema
        raise ValueError("run.json.settings.pixel_size: is no length")
    dataset = content["dataset"]
    if len(dataset["frames"]) != len(dataset["positions"]):
        raise ValueError(f"{len(dataset['frames'])} frames have {len(dataset['positions'])} positions")
    for what, names in (("models", content["segmenters"]), ("frames", dataset["frames"])):
        if len(set(map(printable, names))) < len(names):
            raise ValueError(f"two {what} have names that differ in control characters alone")
    targets = {metric["target"] for metric in content["metrics"].values()} - {"", *content["metrics"]}
    if targets:
        raise ValueError(f"metrics aim at {targets}, which is no metric")
    for name, metric in content["metrics"].items():
        if bool(metric.get("ratios")) != (metric["pooled"] == "ratio"):
            raise ValueError(f"the metric {name} is pooled as {metric['pooled']} of {metric.get('ratios')}")
        for part in {part for one in metric.get("ratios", ()) for part in (*one["part"], *one["whole"])}:
            if content["metrics"].get(part, {}).get("pooled") != "sum":
                raise ValueError(f"the metric {name} is a ratio of {part}, which is no count of this run")
