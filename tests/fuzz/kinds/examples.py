"""Example patches of stored results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

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
        examples = make_examples(small_run())
        labels = {name: np.where(mask, 3, 0).astype(np.int32) for name, mask in examples.masks.items()}
        truth = np.where(examples.truth, 70_000, 0).astype(np.int32)
        save_examples(replace(examples, true_labels=truth, labels=labels), small_run(), folder / "small")

    def load(self, folder: Path) -> object:
        """See `Kind.load`."""
        return load_examples(small_run(), folder)
