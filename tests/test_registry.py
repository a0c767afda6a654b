from __future__ import annotations

import sys
from pathlib import Path

import pytest

from robustbench_cells.artefacts._base import Artefact
from robustbench_cells.errors import DuplicateNameError, PluginError, UnknownNameError
from robustbench_cells.registry import Registry

MODULE = "from {package} import REGISTRY\n\n\n@REGISTRY.register\nclass Thing:\n    name = {name!r}\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> tuple[str, Path]:
    name = f"made_{abs(hash(request.node.name))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text(
        f"from robustbench_cells.registry import Registry\nREGISTRY = Registry({name!r}, 'thing')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return name, folder


def registry_of(name: str) -> Registry:
    __import__(name)
    return sys.modules[name].REGISTRY


def test_a_file_of_its_own_is_found(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "b.py").write_text(MODULE.format(package=name, name="beta"))
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    (folder / "_shared.py").write_text("raise RuntimeError('a file with an underscore is no plug-in')\n")
    registry = registry_of(name)
    assert registry.names() == ("alpha", "beta")
    assert [thing.name for thing in registry] == ["alpha", "beta"]
    assert "alpha" in registry
    assert "gamma" not in registry


def test_a_name_that_is_taken_raises(package: tuple[str, Path]) -> None:
    name, folder = package
    for file in ("one.py", "two.py"):
        (folder / file).write_text(MODULE.format(package=name, name="same"))
    with pytest.raises(DuplicateNameError, match=r"'same'.*one\.Thing.*two\.Thing"):
        registry_of(name).names()


def test_a_plug_in_that_is_not_whole_is_named() -> None:
    class Half(Artefact):
        name = "half"
        version = 1

    with pytest.raises(PluginError, match=r"Half: artefact without grids, neutral, parameter, unit; see its Protocol"):
        Registry("robustbench_cells.artefacts", "artefact").register(Half)


def test_an_unknown_name_lists_those_there_are(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    with pytest.raises(
        UnknownNameError, match="no thing is called 'alhpa' \\(did you mean alpha\\?\\); there are: alpha"
    ):
        registry_of(name).get("alhpa")
