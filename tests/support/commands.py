"""The commands as functions of their arguments, for tests: each runs by way of the command line's own ``main``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from robustbench_cells.cli.main import main

Run = Callable[[Sequence[str]], int]


def _run(name: str, arguments: Sequence[str]) -> int:
    return main([name, *arguments])


card, data, export, gate, report, results, simulate, train = (
    partial(_run, name) for name in ("card", "data", "export", "gate", "report", "results", "simulate", "train")
)
