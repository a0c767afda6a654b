"""Example patches of stored results."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.results.example_patches import load_examples, save_examples
from tests.fuzz.kind import KINDS, Kind
from tests.fuzz.kinds._stored import small_run
from tests.support.report_results import make_examples


@KINDS.register
class StoredExamples(Kind):
    """Loaded with the results that they belong to."""

    name = "examples"
    share = 500

    def write(self, folder: Path) -> None:
        """See `Kind.write`."""
        (folder / "small").mkdir()
        save_examples(make_examples(small_run()), small_run(), folder / "small")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_examples(small_run(), folder)
