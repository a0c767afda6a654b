"""What is run when a model is judged by a baseline."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A gate is about scores: it neither waits for the timings nor fails by them."""
    judged = config.getoption("rb_baseline") or config.getini("rb_baseline")
    return True if judged and collection_path.name == "test_speed.py" else None
