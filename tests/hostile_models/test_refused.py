"""Every hostile file is refused by this package's own checks, before it acts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter
from tests.hostile_models import archive_files, test_config, test_hdf5
from tests.hostile_models.trap import Trap

HOSTILE = [*archive_files.HOSTILE.items(), *test_config.HOSTILE.items(), *test_hdf5.HOSTILE.items()]


@pytest.mark.parametrize("build", [build for _, build in HOSTILE], ids=[name for name, _ in HOSTILE])
def test_hostile_file_is_refused_before_it_acts(
    build: Callable[[Path, Path, Trap], Path], tiny: Path, trap: Trap, tmp_path: Path
) -> None:
    path = build(tmp_path, tiny, trap)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ModelError, match="hostile") as refused:
        load_segmenter(str(path))
    assert not trap.sprung
    assert "Keras cannot load it" not in str(refused.value)  # own checks, not those of a version of Keras
    assert set(tmp_path.rglob("*")) == before
