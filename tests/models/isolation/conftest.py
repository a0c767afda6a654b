"""A module of models that misbehave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.misbehaving_models import write_models


@pytest.fixture(scope="session")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module ``misbehaving``."""
    folder = tmp_path_factory.mktemp("misbehaving")
    write_models(folder)
    return folder
