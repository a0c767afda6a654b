"""Limits, and what a model's process inherits."""

from __future__ import annotations

import re
from pathlib import Path

import psutil
import pytest

from robustbench_cells.errors import ModelError
from robustbench_cells.models.isolation.wall import (
    GIBIBYTE,
    INHERITED,
    INHERITED_FAMILIES,
    SECRETS,
    Wall,
    machine_limit,
)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["seconds", "memory"])
def test_limit_is_a_number_above_0(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"--rb-model-{name}: .* is no limit"):
        Wall(**{name: value})  # type: ignore[arg-type]


def test_memory_is_bounded_by_the_machine() -> None:
    assert Wall(memory=0.5).memory_bytes == GIBIBYTE // 2
    assert Wall(memory=1e9).memory_bytes == machine_limit() < psutil.virtual_memory().total


HARMLESS = (
    "PATH", "HOME", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "KERAS_BACKEND", "PYTHONPATH", "LC_ALL",
    "JAX_PLATFORMS", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "PYTORCH_CUDA_ALLOC_CONF",
    "TORCHINDUCTOR_CACHE_DIR",
    "XDG_CACHE_HOME", "HF_HUB_OFFLINE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CELLPOSE_LOCAL_MODELS_PATH",
    "HTTPS_PROXY", "https_proxy", "NO_PROXY",
)  # fmt: skip
NOT_INHERITED = (
    "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "RB_STORE", "TF_TOKEN_app_terraform_io", "TF_VAR_password",
    "PYTHON_KEYRING_BACKEND", "CUDA_TOKEN", "SSH_AUTH_SOCK", "HF_TOKEN", "NVIDIA_API_KEY", "COV_CORE_DATAFILE",
)  # fmt: skip


def test_credentials_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*HARMLESS, *NOT_INHERITED):
        monkeypatch.setenv(name, "1")
    inherited = Wall().inherited_environment()
    assert inherited.keys() >= set(HARMLESS)
    assert not inherited.keys() & set(NOT_INHERITED)
    assert "GITHUB_TOKEN" in Wall(environment=("GITHUB_TOKEN",)).inherited_environment()


ADDRESSES = {
    "http://proxy:3128": True,
    "proxy:3128": True,
    "http://proxy/a@b": True,
    "/opt/python@3.12/bin:/bin": True,
    "http://jo:secret@proxy:3128": False,
    "jo:secret@proxy:3128": False,
    "socks5h://jo@proxy": False,
}


@pytest.mark.parametrize(("address", "is_inherited"), ADDRESSES.items())
@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY", "HF_ENDPOINT"])
def test_address_with_a_user_is_inherited_where_it_is_named(
    name: str, address: str, is_inherited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address)
    assert (name in Wall().inherited_environment()) == is_inherited
    assert Wall(environment=(name,)).inherited_environment()[name] == address


def test_docs_list_what_is_inherited() -> None:
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    _, _, rest = " ".join(page.split()).partition("The process inherits these environment variables: ")
    names, _, rest = rest.partition("; those that begin with ")
    families, _, rest = rest.partition(". It inherits none whose name has ")
    secrets, _, _ = rest.partition(" in it")
    for text, listed in ((names, INHERITED), (families, INHERITED_FAMILIES), (secrets, SECRETS)):
        assert re.findall("`([A-Z0-9_]+)`", text) == list(listed)
