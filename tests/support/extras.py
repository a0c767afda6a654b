"""Tests that need an extra of the package."""

from __future__ import annotations

import pytest

from robustbench_cells.models.extras import missing_library


def needs(extra: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(bool(missing_library(extra)), reason=f"needs the extra '{extra}'")
