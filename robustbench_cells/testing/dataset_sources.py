"""The rules for a data set source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.datasets.selection import Selection
from robustbench_cells.datasets.sources import SOURCES, DatasetSource
from robustbench_cells.errors import DataError
from robustbench_cells.testing.plugins import check_plugin, each_rule, require
from robustbench_cells.types import Sample

_FRAMES = 2  # of a data set that are read


def check_sample(sample: Sample) -> None:
    """Check one frame: float32 grey levels in [0, 255], int32 labels 0, 1, 2, … of the same shape, one cell or more."""
    image, labels, at = sample.image, sample.labels, f"frame {sample.frame} of {sample.dataset}"
    types = image.dtype == np.float32 and labels.dtype == np.int32
    require(types, f"{at}: image {image.dtype}, labels {labels.dtype}; float32 and int32 are needed")
    require(image.shape == labels.shape, f"{at}: image of {image.shape}, labels of {labels.shape}")
    low, high = float(image.min()), float(image.max())
    require(0 <= low <= high <= 255, f"{at}: grey levels span {low:g} to {high:g}, outside [0, 255]")
    ids = np.unique(labels)
    require(np.array_equal(ids, np.arange(len(ids))), f"{at}: labels are not 0, 1, 2, … without a gap: {ids[:9]} …")
    require(len(ids) > 1, f"{at}: there is no cell")


def _declares_what_it_is(source: DatasetSource, where: str) -> None:
    check_plugin(source)
    require(bool(source.layout and source.splits), f"{source.name}: layout and splits are shown by `list`; write them")


def _is_alone_in_recognising_it(source: DatasetSource, where: str) -> None:
    require(source.recognises(where), f"{source.name}: does not recognise {where}")
    others = [other.name for other in SOURCES if other.name != source.name and other.recognises(where)]
    require(not others, f"{where}: recognised by {', '.join(others)} as well as by {source.name}")


def _reads_the_same_valid_frames_each_time(source: DatasetSource, where: str) -> None:
    dataset, again = (source.open(where, None, None) for _ in range(2))
    require(bool(dataset.title), f"{source.name}: title is empty; say what these frames are and where they lie")
    folder = str(Path(where.rpartition(":")[0] or where).parent)
    holds_path = folder != "." and folder in dataset.key
    require(not holds_path, f"{source.name}: key {dataset.key!r} holds a path; random numbers must not depend on one")
    frames = list(dataset.frames)[:_FRAMES]
    for frame in frames:
        check_sample(dataset.read(frame))
    try:
        fingerprints = {Selection(one, frames).fingerprint for one in (dataset, again)}
    except DataError as error:  # as a run would
        raise AssertionError(str(error)) from error
    require(len(fingerprints) == 1, f"{source.name}: opened twice, the frames of {where} differ")


DATASET_SOURCE_RULES = (_declares_what_it_is, _is_alone_in_recognising_it, _reads_the_same_valid_frames_each_time)


def check_dataset_source(source: DatasetSource, where: str) -> None:
    """Check every rule for a data set source.

    Parameters
    ----------
    source
        One object of the class that is registered.
    where
        A small data set of this kind, as for ``--rb-dataset``.

    Raises
    ------
    AssertionError
        If a rule does not hold.

    Examples
    --------
    >>> from robustbench_cells.datasets.sources import SOURCES
    >>> check_dataset_source(SOURCES.get("synthetic"), "synthetic")
    """
    for rule in DATASET_SOURCE_RULES:
        rule(source, where)


class DatasetSourceContract:
    """Subclass it in a test file, set `source` and write a fixture `where`: a test for each rule.

    Attributes
    ----------
    source
        One object of the class that is registered.
    """

    source: DatasetSource

    @pytest.fixture
    def where(self) -> str:
        """A small data set of this kind, as for ``--rb-dataset``; a subclass writes it to ``tmp_path``."""
        raise NotImplementedError("write a fixture `where` that gives a small data set of this kind")

    @each_rule(DATASET_SOURCE_RULES)
    def test_contract(self, rule: Callable[[DatasetSource, str], None], where: str) -> None:
        """One rule."""
        rule(self.source, where)
