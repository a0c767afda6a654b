"""What a process of models writes to its standard streams, as lines of the log."""

from __future__ import annotations

import logging
import os
from collections import Counter, deque

from robustbench_cells.printable import printable

LOG = logging.getLogger("robustbench_cells.models")
_MOST_LINES = 50  # of one model
_LONGEST = 300  # bytes shown of a line
_KEPT = 3  # lines for the message that the process ended
_CHUNK = 2**16


class OutputLog:
    """Logs output line by line, under the name of the model that is at work.

    Attributes
    ----------
    model
        Name of the model that is at work, or that was last.
    last
        Its last lines.
    """

    def __init__(self) -> None:
        self.model = "models"
        self.last: deque[str] = deque(maxlen=_KEPT)
        self._lines: Counter[str] = Counter()

    def begin(self, model: str) -> None:
        """Note which model is at work; what others of its process wrote is not its output."""
        if model != self.model:
            self.last.clear()
        self.model = model

    def read(self, stream: int) -> None:
        """Log what comes from a file descriptor, until it is closed."""
        begun = b""
        while content := os.read(stream, _CHUNK):
            *whole, begun = (begun + content.replace(b"\r", b"\n")).split(b"\n")
            for line in whole:
                self._log(line)
            begun = begun[: _LONGEST + 1]  # megabytes without a line break are not kept
        self._log(begun)

    def _log(self, line: bytes) -> None:
        text = printable(line[:_LONGEST].decode(errors="replace")).rstrip() + ("…" if len(line) > _LONGEST else "")
        if not text:
            return
        self.last.append(text)
        model = self.model
        self._lines[model] += 1
        if self._lines[model] <= _MOST_LINES:
            LOG.warning("%s: %s", model, text)
        elif self._lines[model] == _MOST_LINES + 1:
            LOG.warning("%s: wrote more than %d lines; the others are left out", model, _MOST_LINES)
