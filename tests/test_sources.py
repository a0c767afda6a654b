"""Source code as a digest: what computes counts, wherever it is imported, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from robustbench_cells.sources import source_digest

CODE = '''"""About."""
from . import near
from .near import *
import lone_file
def f(x):
    """About f."""
    from made_package.sub import deep  # only here
    return x + 1
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "made_package"
    (package / "sub").mkdir(parents=True)
    for name, text in {
        "made_package/__init__.py": "",
        "made_package/main.py": CODE,
        "made_package/near.py": "K = 1\n",
        "made_package/sub/__init__.py": "",
        "made_package/sub/deep.py": "import numpy\nK = 1\n",
        "lone_file.py": "import lone_other\nK = 1\n",
        "lone_other.py": "K = 1\n",
        "unrelated.py": "K = 1\n",
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_comments_docstrings_and_layout_do_not_count(folder: Path) -> None:
    before = source_digest("made_package.main")
    assert len(before) == 64
    main = folder / "made_package" / "main.py"
    main.write_text("# mine\n" + CODE.replace("About f.", "What it does.").replace("x + 1", "(x  +  1)"))
    assert source_digest("made_package.main") == before
    main.write_text(CODE.replace("x + 1", "x + 2"))
    assert source_digest("made_package.main") != before


@pytest.mark.parametrize("file", ["near.py", "sub/deep.py", "sub/__init__.py", "../lone_file.py", "../lone_other.py"])
def test_what_it_imports_of_its_own_counts(folder: Path, file: str) -> None:
    before = source_digest("made_package.main")
    (folder / "unrelated.py").write_text("K = 2\n")
    assert source_digest("made_package.main") == before
    (folder / "made_package" / file).write_text("K = 2\n")
    assert source_digest("made_package.main") != before
    assert "made_package" not in sys.modules  # nothing is imported


def test_an_installed_package_counts_for_itself_and_not_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    (site / "made_plugin").mkdir(parents=True)
    (site / "made_plugin" / "__init__.py").write_text("import numpy, made_library\nfrom made_plugin import a\n")
    (site / "made_plugin" / "a.py").write_text("K = 1\n")
    (site / "made_library.py").write_text("K = 1\n")
    (tmp_path / "own.py").write_text("import made_plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(site)
    plugin, own = source_digest("made_plugin"), source_digest("own")
    (site / "made_library.py").write_text("K = 2\n")
    assert (source_digest("made_plugin"), source_digest("own")) == (plugin, own)
    (site / "made_plugin" / "a.py").write_text("K = 2\n")
    assert source_digest("made_plugin") != plugin
    assert source_digest("own") == own


@pytest.mark.parametrize("module", ["math", "numpy", "robustbench_cells.types", "nowhere", "no.where", "sys"])
def test_other_modules_have_none(module: str) -> None:
    assert source_digest(module, "tests") == ""


@pytest.mark.parametrize("content", [b"def (", b"\xff\xfe\x00", b"x = 1\x00"])
def test_what_is_no_source_counts_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "made_damaged.py").write_bytes(content)
    before = source_digest("made_damaged")
    (tmp_path / "made_damaged.py").write_bytes(content + b" ")
    assert source_digest("made_damaged") != before
