"""Detection of what a hostile file does."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class Trap:
    """A path to create, a pipe to read and an address to request, with whether any of that happened."""

    def __init__(self, folder: Path, address: str) -> None:
        self.target = folder / "target"
        self.pipe = folder / "pipe"  # opening it for reading unblocks the writing end
        self.address = address
        self.requests: list[str] = []
        os.mkfifo(self.pipe)
        self._opened = threading.Event()
        self._closing = False
        self._watch = threading.Thread(target=self._wait, daemon=True)
        self._watch.start()

    def _wait(self) -> None:
        end = os.open(self.pipe, os.O_WRONLY)
        if not self._closing:
            self._opened.set()
        os.close(end)

    def close(self) -> None:
        self._closing = True
        end = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        self._watch.join()
        os.close(end)

    @property
    def sprung(self) -> bool:
        return self.target.exists() or self._opened.wait(0.05) or bool(self.requests)
