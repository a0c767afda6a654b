"""What proves that a hostile file did not act."""

from __future__ import annotations

import os
import threading
from pathlib import Path


class Trap:
    """What a hostile file would make, read or ask for, and whether it did."""

    def __init__(self, folder: Path, address: str) -> None:
        self.made = folder / "made"
        self.pipe = folder / "pipe"  # whoever opens it for reading lets the other end go on
        self.address = address
        self.asked: list[str] = []
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
        return self.made.exists() or self._opened.wait(0.05) or bool(self.asked)
