"""Packages with plug-ins, as an installer leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def install_plugin(
    site: Path, distribution: str, modules: Mapping[str, str], points: Mapping[str, Sequence[str]]
) -> None:
    """Modules by name, and the entry points of each group, as version 1.2 of a distribution in a folder of the path."""
    for module, code in modules.items():
        (site / f"{module}.py").write_text(code)
    folder = site / f"{distribution}-1.2.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    groups = (f"[{group}]\n" + "".join(f"{line}\n" for line in lines) for group, lines in points.items())
    (folder / "entry_points.txt").write_text("\n".join(groups))
