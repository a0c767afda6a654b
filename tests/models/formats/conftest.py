"""A trained network for the tests of the formats."""

from __future__ import annotations

from typing import Any

import pytest

from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.types import Segmenter
from tests.support.small_unet import small_unet


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Segmenter, Any]:
    """A trained U-Net as a segmenter, and its network, whose masks have cells and background."""
    network = small_unet()
    network.save(path := tmp_path_factory.mktemp("trained") / "small.keras")
    return load_segmenter(str(path)), network
