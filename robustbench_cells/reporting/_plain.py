"""What Markdown reports have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def head(title: str, run: Mapping[str, Any]) -> str:
    """A heading, and below it what the results come from."""
    settings = run["settings"]
    lines = [
        f"# {title}",
        f"Data set: {plain(run['dataset']['title'])}, fingerprint `{run['dataset']['fingerprint'][:12]}`.",
        f"Profile `{settings['profile']}` (at most {settings['most_patches']} patches a frame), seed "
        f"{settings['seed']}, robustbench_cells {run['versions']['robustbench_cells']}.",
        f"Made by {code(run['command'])}.",
    ]
    if run["tests"]["ran"] < run["tests"]["grid"]:
        lines.append(f"**A part of the grid:** {run['tests']['ran']} of its {run['tests']['grid']} tests ran.")
    for test in run["tests"]["failed"]:
        lines.append(f"**Failed, and left out below:** {plain(test)}.")
    return "\n\n".join(lines)


def code(text: str) -> str:
    """Text as a code span, in which nothing but a backtick has a meaning."""
    return f"`{text.replace('`', chr(0x27)).replace(chr(10), ' ')}`"


def plain(text: object) -> str:
    """Text that cannot act as Markdown or HTML: names come from files of strangers."""
    return re.sub(r"([\\`*\[\]<>|#&])", r"\\\1", str(text)).replace("\n", " ")
