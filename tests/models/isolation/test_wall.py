"""Limits, and what a model's process inherits."""

from __future__ import annotations

import psutil
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.isolation.wall import GIBIBYTE, Wall, machine_limit


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["seconds", "memory"])
def test_limit_is_a_number_above_0(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"--rb-model-{name}: .* is no limit"):
        Wall(**{name: value})  # type: ignore[arg-type]


def test_memory_is_bounded_by_the_machine() -> None:
    assert Wall(memory=0.5).memory_bytes == GIBIBYTE // 2
    assert Wall(memory=1e9).memory_bytes == machine_limit() < psutil.virtual_memory().total


HARMLESS = ("PATH", "HOME", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "KERAS_BACKEND", "PYTHONPATH", "LC_ALL")
NOT_INHERITED = (
    "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "RB_STORE", "TF_TOKEN_app_terraform_io", "TF_VAR_password",
    "PYTHON_KEYRING_BACKEND", "CUDA_TOKEN", "SSH_AUTH_SOCK", "HTTPS_PROXY", "COV_CORE_DATAFILE",
)  # fmt: skip


def test_credentials_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*HARMLESS, *NOT_INHERITED):
        monkeypatch.setenv(name, "1")
    inherited = Wall().inherited_environment()
    assert inherited.keys() >= set(HARMLESS)
    assert not inherited.keys() & set(NOT_INHERITED)
    assert "GITHUB_TOKEN" in Wall(environment=("GITHUB_TOKEN",)).inherited_environment()
