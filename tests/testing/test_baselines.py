"""Each rule for a baseline finds one that breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.testing import check_baseline
from robustbench_cells.types import Segmenter


class Bright(Segmenter):
    """Calls the brighter half of the grey levels cell."""

    name, digest = "bright", "bright 1"

    def predict(self, images):
        return (images > 127).astype(np.float32)


def clear_batch(self, images):
    images[:] = 0
    return images / 255


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"digest": ""}, "digest ''; a text that changes with its predictions"),
        ({"name": " bright"}, "a text without outer blanks is needed"),
        ({"predict": lambda self, images: images}, r"outside \[0, 1\]"),
        ({"predict": lambda self, images: (images > 127).astype(float)}, "predictions are float64"),
        ({"predict": lambda self, images: (images > 127)[0]}, r"batch of shape \(1, 64, 48\): predicted \(64, 48\)"),
        ({"predict": lambda self, images: (images > images.mean()).astype(np.float32)}, "depends on the others"),
        ({"predict": clear_batch}, "the batch that was given is changed"),
    ],
)
def test_a_fault_of_a_baseline_is_found(fault: dict[str, object], words: str) -> None:
    check_baseline(Bright())
    with pytest.raises(AssertionError, match=words):
        check_baseline(type("Faulty", (Bright,), {"__doc__": Bright.__doc__, **fault})())
