"""The commit and the branch that are checked out in a folder, read from git's own files: no program runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from robustbench_cells.errors import DataError
from robustbench_cells.files.reading import read_text

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")  # SHA-1, or SHA-256
_BRANCH = re.compile(r"refs/heads/(?!.*\.\.)[^\0-\x20\x7f~^:?*\[\\]{1,250}")
_MOST_BYTES = 2**24  # of a file; a list of packed references is the largest
_LINKS = 5  # a reference may name another


@dataclass(frozen=True)
class Checkout:
    """What is checked out; texts are empty where that is not known.

    Attributes
    ----------
    commit
        Full hash of the commit.
    branch
        Name of the branch; empty where a commit alone is checked out.
    """

    commit: str = ""
    branch: str = ""


def find_checkout(folder: Path) -> Checkout:
    """Find what is checked out in a folder or above it: nothing where there is no git, or where it cannot be read.

    Whether files were changed since is not known.
    """
    try:
        folder = folder.resolve()
        found = next((one / ".git" for one in (folder, *folder.parents) if (one / ".git").exists()), None)
        return _read(found) if found else Checkout()
    except (OSError, ValueError, DataError):  # no permission, no text, no file, another layout
        return Checkout()


def _read(found: Path) -> Checkout:
    """See gitrepository-layout(5)."""
    own = found
    if found.is_file():  # a worktree or a submodule names its folder
        own = found.parent / _text(found).removeprefix("gitdir:").strip()
    shared = own / _text(own / "commondir").strip() if (own / "commondir").exists() else own
    head = _text(own / "HEAD").strip()
    name = head.removeprefix("ref:").strip() if head.startswith("ref:") else ""
    branch = name.removeprefix("refs/heads/") if _BRANCH.fullmatch(name) else ""
    commit = _resolve(name, shared) if branch else head
    return Checkout(commit if _COMMIT.fullmatch(commit) else "", branch)


def _resolve(name: str, shared: Path) -> str:
    """Commit of a branch; empty where it has none yet."""
    for _ in range(_LINKS):
        if not _BRANCH.fullmatch(name):
            return ""
        if not (shared / name).is_file():
            return _packed(name, shared / "packed-refs")
        text = _text(shared / name).strip()
        if not text.startswith("ref:"):
            return text
        name = text.removeprefix("ref:").strip()
    return ""


def _packed(name: str, path: Path) -> str:
    lines = _text(path).splitlines() if path.exists() else []
    return next((commit for commit, _, of in (line.partition(" ") for line in lines) if of == name), "")


def _text(path: Path) -> str:
    return read_text(path, _MOST_BYTES, DataError)
