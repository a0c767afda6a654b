"""The names of the package: each is there, is described, and its example runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import subprocess
import sys

import pytest

import robustbench_cells as rb
from tests.conftest import REPOSITORY

NAMES = sorted(set(dir(rb)) - {"__version__"})
NEEDS_KERAS = {"load_segmenter"}


def test_dir_shows_the_public_names() -> None:
    assert set(rb.__all__) == set(NAMES)
    assert {"benchmark", "from_arrays", "open_dataset", "open_run"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_name_has_an_example_that_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in NEEDS_KERAS:
        pytest.importorskip("keras", reason="needs the extra 'keras'")
    monkeypatch.chdir(REPOSITORY)  # some examples read the committed baseline
    text = inspect.getdoc(getattr(rb, name)) or ""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert test.examples, f"{name} has no example"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.DocTestRunner(optionflags=flags).run(test).failed == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        rb.nothing  # noqa: B018 - the look-up is the test


def test_homes_of_the_names_are_the_modules_that_define_them() -> None:
    for name, home in rb._HOMES.items():
        thing = getattr(importlib.import_module(home), name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__module__ == home


def test_import_alone_loads_no_library() -> None:
    code = "import sys, robustbench_cells as rb; dir(rb); assert not {'numpy', 'pandas', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
