"""A virtual environment with our wheel and what it requires, made of what is installed here: no network."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import REPOSITORY


def build_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_environment(folder: Path, wheel: Path, *extras: str) -> Path:
    """The interpreter of a new environment that holds the wheel, what it requires with these extras, and no more."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    (own,) = Distribution.discover(path=[str(packages)], name="robustbench-cells")
    for required in _required(own, extras):
        _link(required, packages)
    return python


def _required(own: Distribution, extras: tuple[str, ...]) -> list[Distribution]:
    """The installed distributions that a distribution requires, and those that these require."""
    found: dict[str, Distribution] = {}
    todo, seen = [(own, extra) for extra in ("", *extras)], set()
    while todo:
        one, extra = todo.pop()
        for line in one.requires or ():
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
                continue
            name = canonicalize_name(requirement.name)
            for wanted in ("", *requirement.extras):
                if (name, wanted) not in seen and name != canonicalize_name(own.name):
                    seen.add((name, wanted))
                    found[name] = distribution(name)
                    todo.append((found[name], wanted))
    return list(found.values())


def _link(installed: Distribution, packages: Path) -> None:
    assert installed.files, installed.name
    for file in installed.files:
        if ".." not in file.parts and "__pycache__" not in file.parts:  # scripts lie elsewhere
            place = packages / file
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.symlink_to(Path(str(file.locate())).resolve())
