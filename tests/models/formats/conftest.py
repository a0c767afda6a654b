"""A trained network for the tests of the formats."""

from __future__ import annotations

from typing import Any

import pytest

from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.types import Segmenter


@pytest.fixture(scope="session")
def trained() -> tuple[Segmenter, Any]:
    """A shipped model as a segmenter, and its network, whose masks have cells and background."""
    pytest.importorskip("keras", reason="needs the extra 'keras'")
    segmenter = load_segmenter("unet_original")
    return segmenter, segmenter.model  # type: ignore[attr-defined]
