"""Entries of the catalogue: addresses, checksums and terms, and a name that it does not have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from robustbench_cells.datasets.catalogue import CATALOGUE
from tests.support.commands import data


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_entry_is_complete(name: str) -> None:
    public_set = CATALOGUE.get(name)
    assert re.fullmatch(r"https?://\S+\.zip", public_set.url)
    assert re.fullmatch("[0-9a-f]{64}|", public_set.sha256)
    assert Path(public_set.folder).name == public_set.folder
    assert public_set.citation
    assert public_set.terms


def test_unknown_name_is_reported_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert data(["download", "phc-c2dl"]) == 2
    assert "'phc-c2dl' (did you mean phc-c2dl-psc?)" in capsys.readouterr().err
