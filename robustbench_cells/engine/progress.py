"""How far a run has come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """A moment of a run; as text, a line for people.

    Attributes
    ----------
    condition
        Name of the condition being evaluated.
    number, conditions
        Its number from 1, and the number of conditions.
    done, total
        Patches of this condition that are evaluated, and all of them.
    seconds_left
        Estimate for the rest of the run; None while there is nothing to estimate from.
    """

    condition: str
    number: int
    conditions: int
    done: int
    total: int
    seconds_left: float | None = None

    def __str__(self) -> str:
        line = f"condition {self.number}/{self.conditions}: {self.condition}, {self.done}/{self.total} patches"
        if self.seconds_left is None:
            return line
        minutes = self.seconds_left / 60
        left = f"{minutes:.0f} min" if minutes >= 1 else f"{self.seconds_left:.0f} s"
        return f"{line}, about {left} left"


@dataclass
class ProgressClock:
    """Estimates the time that is left from the conditions that are over."""

    conditions: int
    begun: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def begin(self, condition: str) -> None:
        """Count a condition as begun."""
        if condition not in self.begun:
            self.begun.append(condition)

    def at(self, condition: str, done: int, total: int) -> Progress:
        """The present moment, so many patches into a condition."""
        over = len(self.begun) - 1
        left = (time.perf_counter() - self.started) / over * (self.conditions - over) if over else None
        return Progress(condition, len(self.begun), self.conditions, done, total, left)
