"""Figure of the learning curve."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from robustbench_cells.files.atomic import atomic_path


def draw_curve(history: pd.DataFrame, best_epoch: int, monitor: str, path: Path) -> None:
    """Write a PNG of the loss and the validation scores by epoch, with a line at the best epoch."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8.4, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    marker = "." if len(history) < 10 else None  # the line of a single epoch is invisible
    left.plot(history["epoch"], history["loss"], marker=marker)
    left.set(ylabel="training loss", ylim=(0, None))
    for column in history.columns.drop(["epoch", "loss"]):
        name = column.removeprefix("validation_")
        width = 2 if name == monitor else 1
        right.plot(history["epoch"], history[column], label=name, linewidth=width, marker=marker)
    right.axvline(best_epoch, color="0.5", linestyle=":", label=f"best {monitor}: epoch {best_epoch}")
    right.set(ylabel="validation score", ylim=(None, 1))
    right.legend(fontsize=8, loc="lower right")
    for panel in (left, right):
        panel.set(xlabel="epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.grid(alpha=0.3)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png", metadata={"Software": None})
