"""Source code of a module and of what it imports of its own, as a digest.

Comments, docstrings and layout do not count. Modules of the same package are followed, and those outside of installed
packages (a file beside a ``conftest.py``); libraries are not.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import resolve_name
from pathlib import Path

_US = __name__.partition(".")[0]  # our own versions say what our code computes
_INSTALLED = {"site-packages", "dist-packages"}
_STANDARD = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def source_digest(module: str, home: str = "") -> str:
    """Compute a digest of the code of a module and of the modules that it imports, wherever these statements are.

    Parameters
    ----------
    module
        Name of the module, which need not be imported yet.
    home
        Module to whose package the code belongs that is followed; by default ``module``.

    Returns
    -------
    str
        64 hexadecimal digits; empty where the module has no file, is part of a library or of this package.
    """
    package = _top(home or module)
    digests: dict[str, str] = {}  # of the code of each module
    pending = [module]
    while pending:
        name = pending.pop()
        path = None if name in digests else _file(name)
        if path is not None and _is_own(name, path, package):
            content = _read(path)
            tree = _parse(content)
            if tree is not None:
                pending += _imports(tree, name, is_package=path.stem == "__init__")
                content = _normalise(tree)
            digests[name] = hashlib.sha256(content).hexdigest()
    if not digests:
        return ""
    return hashlib.sha256(" ".join(sorted(digests.values())).encode()).hexdigest()


def _top(module: str) -> str:
    return module.partition(".")[0]


def _is_own(name: str, path: Path, package: str) -> bool:
    if _top(name) == _US:
        return False
    return _top(name) == package or not (_INSTALLED & set(path.parts) or str(path).startswith(_STANDARD))


def _file(name: str) -> Path | None:
    """The file of a module, found without importing anything."""
    if name in sys.modules:
        file = getattr(sys.modules[name], "__file__", None)
    else:
        spec = _spec(name)
        file = spec.origin if spec and spec.has_location else None
    return Path(file) if file else None


def _spec(name: str) -> ModuleSpec | None:
    parent, _, _ = name.rpartition(".")
    if not parent:
        return PathFinder.find_spec(name)
    if parent in sys.modules:
        folders = getattr(sys.modules[parent], "__path__", None)
    else:
        found = _spec(parent)
        folders = found.submodule_search_locations if found else None
    return PathFinder.find_spec(name, folders) if folders else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # in a zip file, or gone
        return b""


def _parse(content: bytes) -> ast.Module | None:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):  # a compiled module
        return None


def _normalise(tree: ast.Module) -> bytes:
    """The code without comments, docstrings and layout; the tree loses its docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if len(node.body) > 1 else [ast.Pass()]
    return ast.unparse(tree).encode()


def _imports(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[str]:
    """Names that may be modules, from every import statement of a module."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            try:
                base = resolve_name("." * node.level + (node.module or ""), package)
            except ImportError:  # beyond the top
                continue
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
