"""Manifests of runs that never ran, and single changes of them."""

from __future__ import annotations

import copy
from typing import Any

from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results


def changed_manifest(run: RunManifest, *path: str, value: object) -> RunManifest:
    """The same manifest except for one value, named by its path in ``run.json``."""
    content = copy.deepcopy(run.to_json())
    place: Any = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return RunManifest.from_json(content)


def change_manifest(results: Results, *path: str, value: object) -> Results:
    """The same records under a manifest with one changed value."""
    return Results(results.records, changed_manifest(results.run, *path, value=value))
