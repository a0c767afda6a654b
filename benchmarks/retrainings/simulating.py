"""How often the whole gate is wrong, on thousands of simulated retrainings that differ as the real ones do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from tabulate import tabulate

from benchmarks.retrainings.drawing import Drawn, World
from benchmarks.retrainings.many_verdicts import judge_many
from robustbench_cells.randomness import generator
from robustbench_cells.results.intervals import Floats, Ints

FRAMES, AXES, SEEDS = (24, 60, 240), (5, 15, 30), (3, 5, 8)
ENOUGH = 0.5  # of the losses of three spreads on an axis: seeds that show fewer know too little
HEADERS = (
    "frames",
    "axes",
    "seeds",
    "an axis beyond",
    "the guard beyond",
    "either",
    "regresses",
    "passes",
    "foretold",
    "loss (spreads)",
    "beyond",
    "regresses",
    "3 spreads regress",
    "forward passes",
)
_AT_ONCE = 50  # gates


@dataclass(frozen=True)
class Rates:
    """How often the gate is right in one setting.

    Attributes
    ----------
    frames, axes, seeds
        The setting.
    axes_beyond, guard_beyond, beyond
        Share of equal retrainings of which any axis, any condition of the guard, or either is beyond the seeds.
    regresses, passes, foretold
        Share of them that regresses, that passes, and that the plan says will pass.
    loss, spreads
        Loss on one axis that the plan says is caught with 95 %: median, in Jaccard and in true spreads of the axis.
    caught, failed
        Share of retrainings with such a loss that are beyond the seeds on that axis, and that regress.
    large
        Share of retrainings with a loss of three true spreads on one axis that regress.
    used
        Share of the forward passes of equal retrainings.
    """

    frames: int
    axes: int
    seeds: int
    axes_beyond: float
    guard_beyond: float
    beyond: float
    regresses: float
    passes: float
    foretold: float
    loss: float
    spreads: float
    caught: float
    failed: float
    large: float
    used: float


def simulate(world: World, frames: int, gates: int, seed: int = 0, *, sequential: bool = False) -> Iterator[Rates]:
    """Judge equal retrainings and harmed ones in so many gates, by three, five and eight seeds of each."""
    rng = generator(seed, "retrainings", world.axes, frames)
    rows: dict[int, list[Floats]] = {seeds: [] for seeds in SEEDS}
    for start in range(0, gates, _AT_ONCE):
        drawn = world.draw(min(_AT_ONCE, gates - start), max(SEEDS), frames, rng)
        axis = rng.integers(world.axes, size=len(drawn.means))
        for seeds, found in rows.items():
            found.append(_judge_once(world, drawn, seeds, axis, sequential=sequential))
    for seeds, found in rows.items():
        every = np.concatenate(found)
        loss, spreads = np.median(every[:, 6:8], axis=0)
        means = every.mean(axis=0)
        yield Rates(frames, world.axes, seeds, *means[:6], loss, spreads, *means[8:])


def _judge_once(world: World, drawn: Drawn, seeds: int, axis: Ints, *, sequential: bool) -> Floats:
    """The columns of `Rates` for each gate, (gates, columns); losses are on the axis of each gate, (gates,)."""
    gates = np.arange(len(drawn.means))
    equal = judge_many(world, drawn, seeds, sequential=sequential)
    planned = equal if not sequential else judge_many(world, drawn, seeds)  # a plan has all frames
    loss, spread = planned.caught[gates, axis], world.spreads[axis]
    there = (world.weights[axis] > 0).astype(float)
    caught, large = (
        judge_many(world, drawn, seeds, there * lost[:, None], sequential=sequential) for lost in (loss, 3 * spread)
    )
    on_axes = equal.axes_beyond.any(axis=1)
    return np.column_stack(
        [
            on_axes,
            equal.guard_beyond,
            on_axes | equal.guard_beyond,
            equal.regresses,
            equal.passes,
            planned.foretold,
            loss,
            loss / spread,
            caught.axes_beyond[gates, axis],
            caught.regresses,
            large.regresses,
            equal.used,
        ]
    )


def simulation_text(rates: Iterable[Rates]) -> str:
    """The table of such settings."""
    rows = []
    for one in rates:
        shares = (one.axes_beyond, one.guard_beyond, one.beyond, one.regresses, one.passes, one.foretold)
        enough = "" if one.large >= ENOUGH else " (too little)"
        harm = (f"{one.loss:.3f} ({one.spreads:.1f})", *(f"{x:.0%}" for x in (one.caught, one.failed, one.large)))
        rows.append(
            (
                one.frames,
                one.axes,
                one.seeds,
                *(f"{x:.1%}" for x in shares),
                *harm[:-1],
                harm[-1] + enough,
                f"{one.used:.0%}",
            )
        )
    return tabulate(rows, HEADERS, "pipe", disable_numparse=True, colalign=["right"] * len(HEADERS))
