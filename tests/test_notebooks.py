"""The notebooks of the documentation, executed from their first cell to their last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "docs" / "notebooks").glob("*.ipynb"))


def test_there_is_a_notebook() -> None:
    assert [path.name for path in NOTEBOOKS] == ["first_curve.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_shows_what_it_was_saved_with(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="needs the extra 'keras'")
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    saved = nbformat.read(path, as_version=4)
    fresh = nbformat.from_dict(json.loads(json.dumps(saved)))
    nbclient.NotebookClient(fresh, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for old, new in zip(saved.cells, fresh.cells, strict=True):
        kinds = [
            [sorted(output.get("data", {})) for output in cell.get("outputs", []) if output.output_type != "stream"]
            for cell in (old, new)
        ]
        assert kinds[0] == kinds[1], old.source
