"""The grid: every segmenter under every artefact at every intensity is one test.

pytest benchmarks/ -k noise
pytest benchmarks/ -k "unet_original and cell_size"
"""

from __future__ import annotations

from collections.abc import Callable

from robustbench_cells.engine.evaluate import Outcome


def test_robustness(rb_outcome: Outcome, record_property: Callable[[str, object], None]) -> None:
    """The batch is sound, the prediction is one, and every patch is scored; the scores go to the JUnit report."""
    if rb_outcome.error is not None:
        raise rb_outcome.error
    assert not rb_outcome.problems, "\n".join(rb_outcome.problems)
    for name, value in rb_outcome.scores().items():
        record_property(name, value)
