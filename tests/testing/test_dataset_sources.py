"""Each rule for a data set source finds one that breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from robustbench_cells.datasets.sources import DatasetSource
from robustbench_cells.testing import check_dataset_source
from robustbench_cells.types import Sample


class Frames:
    title, frames, sequence = "two frames", ("1", "2"), False

    def __init__(self, where: str, **changes: object) -> None:
        self.key, self.where, self.labels, self.image = "made/test", where, np.eye(64, dtype=np.int32), None
        vars(self).update(changes)

    def read(self, frame: str) -> Sample:
        image = (self.labels > 0) * np.float32(200) if self.image is None else self.image
        return Sample(self.key, frame, image.copy(), self.labels.copy())


class Made(DatasetSource):
    """Two frames with a diagonal cell each."""

    name, layout, splits = "made", "FILE.made", "none"

    def recognises(self, where):
        return where.endswith(".made")

    def open(self, where, split, white_level):
        return Frames(where)


def opening(**changes: object) -> dict[str, object]:
    return {"open": lambda self, where, split, white_level: Frames(where, **changes)}


NOISE = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"layout": ""}, "layout and splits are shown by `list`"),
        ({"recognises": lambda self, where: False}, "does not recognise /folder/x.made"),
        (opening(title=""), "title is empty"),
        (opening(key="made/folder/x"), "key 'made/folder/x' holds a path"),
        (opening(labels=3 * np.eye(64, dtype=np.int32)), "without a gap"),
        (opening(labels=np.zeros((64, 64), np.int32)), "there is no cell"),
        (opening(labels=np.eye(64, dtype=np.int64)), "int32 are needed"),
        (opening(image=np.eye(64, dtype=np.float32) * 300), r"0 to 300, outside \[0, 255\]"),
        (opening(image=np.ones((64, 63), np.float32)), "image of .*, labels of"),
        (
            {"open": lambda self, *given: Frames("", image=NOISE.random((64, 64), np.float32))},
            "opened twice, .* differ",
        ),
    ],
)
def test_a_fault_of_a_data_set_source_is_found(fault: dict[str, object], words: str) -> None:
    check_dataset_source(Made(), "/folder/x.made")
    with pytest.raises(AssertionError, match=words):
        check_dataset_source(type("Faulty", (Made,), {"__doc__": Made.__doc__, **fault})(), "/folder/x.made")


def test_a_data_set_that_two_sources_recognise_is_found() -> None:
    with pytest.raises(AssertionError, match="synthetic: recognised by synthetic as well as by made"):
        check_dataset_source(type("Faulty", (Made,), {"__doc__": "All.", "recognises": lambda *_: True})(), "synthetic")
