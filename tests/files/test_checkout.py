"""What is checked out, as git itself names it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from robustbench_cells.files.checkout import Checkout, find_checkout

GIT = shutil.which("git")
HASH = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *arguments: str) -> str:
    assert GIT
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run([GIT, *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if not GIT:
        pytest.skip("there is no git")
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "feature/one")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (("pack-refs", "--all"),),
        (("pack-refs", "--all"), ("commit", "-q", "--allow-empty", "-m", "second")),
        (("checkout", "-q", "--detach"),),
        (("worktree", "add", "-q", "-b", "other", "tree"),),
    ],
    ids=["loose", "packed", "both", "detached", "worktree"],
)
def test_it_is_what_git_says(steps: tuple[tuple[str, ...], ...], repository: Path) -> None:
    for step in steps:
        git(repository, *step)
    folder = repository / "tree" if (repository / "tree").exists() else repository
    (folder / "models").mkdir()
    branch = git(folder, "branch", "--show-current")
    assert find_checkout(folder / "models") == Checkout(git(folder, "rev-parse", "HEAD"), branch)
    assert bool(branch) == (steps != (("checkout", "-q", "--detach"),))


def test_a_branch_without_a_commit_has_none(tmp_path: Path, repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "empty")
    assert find_checkout(repository) == Checkout("", "empty")
    assert find_checkout(tmp_path) == Checkout()


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"HEAD": "ref: refs/heads/a", "refs/heads/a": HASH}, Checkout(HASH, "a")),
        ({"HEAD": "ref: refs/heads/a", "refs/heads/a": "ref: refs/heads/a"}, Checkout("", "a")),
        ({"HEAD": "ref: ../secret", "../secret": HASH}, Checkout()),
        ({"HEAD": "ref: refs/heads/../../../secret", "../secret": HASH}, Checkout()),
        ({"HEAD": "ref: refs/heads/a\x1b[2J"}, Checkout()),
        ({"HEAD": "no hash"}, Checkout()),
        ({"HEAD": b"\xff\xfe"}, Checkout()),
        ({}, Checkout()),
    ],
    ids=["plain", "circle", "outside", "upwards", "escape", "no-hash", "no-text", "empty"],
)
def test_odd_files_are_no_error(files: dict[str, str | bytes], found: Checkout, tmp_path: Path) -> None:
    own = tmp_path / ".git"
    own.mkdir()
    for name, content in files.items():
        path = own / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert find_checkout(tmp_path) == found
