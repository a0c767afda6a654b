"""The lowest versions that the core's tests run with are those that users may have."""

from __future__ import annotations

import tomllib

from tests.conftest import REPOSITORY


def test_the_constraints_are_the_lower_bounds() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lines = (REPOSITORY / "lowest.txt").read_text().splitlines()
    constraints = [line for line in lines if not line.startswith("#")]
    assert constraints == [line.replace(">=", "==") for line in project["dependencies"]]
    assert all("==" in line for line in constraints)
