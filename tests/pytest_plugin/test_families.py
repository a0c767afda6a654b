"""``-k`` selects by family, and by name as before."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from robustbench_cells.artefacts import ARTEFACTS
from tests.support.gate_repository import Repository, make_repository

FULL = ("--rb-profile=full", "--rb-model=background", "--collect-only", "-q", "-W", "error")


def of_family(*families: str) -> set[str]:
    return {artefact.name for artefact in ARTEFACTS if artefact.family in families and artefact.grid("full")}


def named(part: str) -> set[str]:
    return {artefact.name for artefact in ARTEFACTS if part in artefact.name and artefact.grid("full")}


PAIRS = {"illumination-300+noise", "illumination-1000+noise"}
CASES = {
    "optics": of_family("optics"),
    "OPTICS": of_family("optics"),
    "light or file": of_family("light", "file"),
    "light and gamma": {"gamma"},
    "paper": of_family("paper") | PAIRS,
    "combined": PAIRS,
    "noise": named("noise") | PAIRS,
    "cell_size": {"cell_size"},
    "illumination": {"illumination"} | PAIRS,
    "clean": {"clean"},
}


@pytest.fixture(scope="module")
def grid() -> dict[str, str]:
    """The artefact of each test of the grid, by the end of its id."""
    from robustbench_cells.engine.grid import make_conditions, profile_grid

    return {one.name: one.artefact_name for one in make_conditions("full", profile_grid("full"))}


@pytest.mark.parametrize("keyword", CASES)
def test_a_keyword_selects_a_family_or_a_name(
    keyword: str,
    grid: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repository: Repository = make_repository(tmp_path_factory.mktemp("families"), monkeypatch, capsys)
    code, output = repository.pytest("robustness", *FULL, "-k", keyword)
    assert code == 0, output
    assert selected(output, grid) == CASES[keyword]


def selected(output: str, grid: dict[str, str]) -> set[str]:
    tests: Collection[str] = [line.rpartition("[background-")[2].rstrip("]") for line in output.split() if "[" in line]
    return {grid[test] for test in tests}
