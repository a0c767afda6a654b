"""Whose memory it is that a process of several models has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable


class MemoryLedger:
    """Counts for each model what the process has grown by while that model was at work.

    The process gives memory back and uses it again, so only growth beyond the most that it ever had is counted; a model
    is not blamed for what others hold.

    Parameters
    ----------
    limit
        Bytes that one model, with the libraries that it brings, may take.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._most = 0
        self._held: Counter[Hashable] = Counter()

    def is_too_much(self, model: Hashable, resident: int) -> bool:
        """Whether the process has more bytes than it may while a model is at work."""
        return resident - (self._most - self._held[model]) > self._limit

    def add(self, model: Hashable, resident: int) -> None:
        """Note what the process has after a model was at work."""
        growth = max(0, resident - self._most)
        self._held[model] += growth
        self._most += growth
