"""What Markdown reports have in common."""

from __future__ import annotations

import re

from robustbench_cells.printable import printable
from robustbench_cells.reporting.cell_rules import cell_lines
from robustbench_cells.reporting.interval_warnings import interval_warnings
from robustbench_cells.reporting.number_format import format_count
from robustbench_cells.results.manifest import ComparedRun, RunManifest
from robustbench_cells.results.tables import Results
from robustbench_cells.results.units import PIXELS, Unit


def report_head(title: str, results: Results) -> str:
    """Heading and provenance of a report."""
    run = results.run
    lines = [
        f"# {title}",
        f"Data set: {escape_markdown(run.dataset.title)}, fingerprint {code_span(run.dataset.fingerprint[:12])}.",
        *(f"{escape_markdown(line)}." for line in [*cell_lines(run), *settings_lines(run)]),
        f"Command: {code_span(run.command)}.",
        *(f"**{escape_markdown(warning)}**" for warning in run_warnings(results)),
    ]
    return "\n\n".join(lines)


def settings_lines(run: RunManifest) -> list[str]:
    """Settings of a run; one line for each of two compared runs."""
    sides: list[RunManifest | ComparedRun] = [run, run.compared] if run.compared else [run]
    lines = []
    for label, side in zip(("A: ", "B: ") if len(sides) > 1 else ("",), sides, strict=True):
        settings = side.settings
        border = Unit(PIXELS, settings.pixel_size).amount(settings.margin)
        margin = f", {border} at the border excluded" if settings.margin else ""
        added = sum(map(len, settings.refined.values()))
        refined = f", brackets refined at {format_count(added, 'intensity', 'intensities')}" if added else ""
        lines.append(
            f"{label}Profile {settings.profile} (at most "
            f"{format_count(settings.most_patches, 'patch', 'patches')} per frame), seed "
            f"{settings.seed}{margin}{refined}, robustbench_cells {side.versions['robustbench_cells']}"
        )
    return lines


def run_warnings(results: Results) -> list[str]:
    """What a reader must know before any figure."""
    tests = results.run.tests
    found = []
    if tests.ran < tests.grid:
        found.append(f"Partial grid: {tests.ran} of its {tests.grid} tests ran.")
    found += interval_warnings(results)
    found += [f"Incomplete run, no basis for a verdict: {reason}." for reason in results.run.incomplete]
    return [*found, *(f"Failed, and excluded below: {test}." for test in tests.failed)]


def code_span(text: str) -> str:
    """Text as a code span, in which only a backtick has a meaning."""
    line = re.sub(r"[\r\n]+", " ", text.replace("`", "'"))
    return f"`{printable(line)}`"


def escape_markdown(text: object) -> str:
    """Text that cannot act as Markdown or HTML: names come from untrusted files."""
    line = printable(re.sub(r"[\r\n]+", " ", str(text)))
    return re.sub(r"([\\`*\[\]<>|#&~]|(?<!\w)_|_(?!\w))", r"\\\1", line)
