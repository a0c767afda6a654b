"""A line of progress in the terminal."""

from __future__ import annotations

import time
from typing import Any

import pytest

_SECONDS_BETWEEN_LINES = 20  # of progress, in a log


def announcer(config: pytest.Config) -> Any:
    """A function that shows a line of progress: overwritten in a terminal, now and then in a log."""
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    capture: Any = config.pluginmanager.getplugin("capturemanager")

    last = time.monotonic()

    def announce(line: str) -> None:
        """Overwrite one line in a terminal; in a log, write one now and then."""
        nonlocal last
        if reporter is None or capture is None:
            return
        with capture.global_and_fixture_disabled():
            if reporter.isatty:
                reporter.rewrite(line, erase=True)
            elif time.monotonic() - last > _SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                reporter.ensure_newline()
                reporter.write_line(line)

    return announce
