"""The run of a request, opened and not run."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.api.request import Request, open_request
from robustbench_cells.engine.run import BenchmarkRun


def open_run(folder: Path, **fields: object) -> BenchmarkRun:
    """The whole grid of a request, opened and not run."""
    request = Request(**fields)  # type: ignore[arg-type]
    wanted = {condition.name: list(request.sources) for condition in request.conditions}
    return open_request(request, wanted, folder / "records.sqlite")
