"""What Markdown reports have in common."""

from __future__ import annotations

import re

from robustbench_cells.reporting.number_format import counted
from robustbench_cells.results.manifest import ComparedRun, RunManifest
from robustbench_cells.results.tables import block_count

_FEW = 6  # blocks: the bootstrap of fewer has no tails to speak of


def head(title: str, run: RunManifest) -> str:
    """A heading, and below it what the results come from."""
    lines = [
        f"# {title}",
        f"Data set: {plain(run.dataset.title)}, fingerprint {code(run.dataset.fingerprint[:12])}.",
        *(f"{plain(line)}." for line in settings_lines(run)),
        f"Made by {code(run.command)}.",
        *(f"**{plain(warning)}**" for warning in warnings(run)),
    ]
    return "\n\n".join(lines)


def settings_lines(run: RunManifest) -> list[str]:
    """What a run was asked for; of two side by side, a line each."""
    sides: list[RunManifest | ComparedRun] = [run, run.compared] if run.compared else [run]
    lines = []
    for label, side in zip(("A: ", "B: ") if len(sides) > 1 else ("",), sides, strict=True):
        settings = side.settings
        inside = f", {settings.margin} px at the border left out" if settings.margin else ""
        lines.append(
            f"{label}Profile {settings.profile} (at most "
            f"{counted(settings.most_patches, 'patch', 'patches')} a frame), seed "
            f"{settings.seed}{inside}, robustbench_cells {side.versions['robustbench_cells']}"
        )
    return lines


def warnings(run: RunManifest) -> list[str]:
    """What a reader must know before any figure."""
    tests = run.tests
    found = []
    if tests.ran < tests.grid:
        found.append(f"A part of the grid: {tests.ran} of its {tests.grid} tests ran.")
    count = block_count(run)
    if count == 1:
        found.append("Few frames: they make one block, so there are no 95 % intervals.")
    elif count < _FEW:
        found.append(f"Few frames: intervals that rest on {count} blocks of frames are mostly too narrow.")
    return [*found, *(f"Failed, and left out below: {test}." for test in tests.failed)]


def code(text: str) -> str:
    """Text as a code span, in which nothing but a backtick has a meaning."""
    line = re.sub(r"[\r\n]+", " ", text.replace("`", "'"))
    return f"`{line}`"


def plain(text: object) -> str:
    """Text that cannot act as Markdown or HTML: names come from files of strangers."""
    inert = re.sub(r"([\\`*\[\]<>|#&~]|(?<!\w)_|_(?!\w))", r"\\\1", str(text))
    return re.sub(r"[\r\n]+", " ", inert)
