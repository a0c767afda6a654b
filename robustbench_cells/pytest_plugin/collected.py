"""What a worker of pytest-xdist collected, as data for its controller: ids of tests are texts that plug-ins change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from robustbench_cells.errors import ResultsError
from robustbench_cells.files.atomic import read_json
from robustbench_cells.pytest_plugin.grid_tests import GridKey


@dataclass(frozen=True)
class Collected:
    """The selected tests of the grid.

    Attributes
    ----------
    keys
        Condition and segmenter of each test, in order.
    folders
        Folders of their files.
    ini
        Ini file in force; empty if there is none.
    mistake
        Mistake in the options, if there is one.
    has_grid
        Whether there were tests of the grid, selected or not.
    """

    keys: Sequence[GridKey] = ()
    folders: Sequence[str] = ()
    ini: str = ""
    mistake: str = ""
    has_grid: bool = False

    def send(self, folder: str, worker: str) -> None:
        """Leave it in the folder that the controller has named."""
        (Path(folder) / f"{worker}.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def receive(cls, folder: str, worker: str) -> Collected:
        """What a worker has left.

        Raises
        ------
        UsageError
            If there is nothing.
        """
        try:
            content = read_json(Path(folder) / f"{worker}.json", ResultsError)
        except (ResultsError, ValueError) as error:
            raise pytest.UsageError(
                f"worker {worker}: what it collected cannot be read ({error}); the workers of pytest-xdist must run on "
                "this machine, where they share the record cache"
            ) from error
        keys = [(condition, name) for condition, name in content.pop("keys")]
        return cls(keys, **content)
