"""Coverage of brackets: simulated curves of known break-point, sampled by grids of three widths.

``python -m tests.support.simulated_curves`` prints the share of intervals that hold the truth, by grid and shape.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from robustbench_cells.results.brackets import Crossing, locate_crossing
from robustbench_cells.results.intervals import FrameOrder

Floats = npt.NDArray[np.float64]
Curve = Callable[[Floats], Floats]

GRIDS: dict[str, tuple[float, ...]] = {
    "coarse": (0, 50, 200),
    "default": (0, 10, 30, 50, 100, 150, 200),
    "fine": tuple(range(0, 201, 5)),
}
LIMIT = 0.9  # of the clean score


@dataclass(frozen=True)
class Simulated:
    """A curve, its true break-point, and the bracket that was found for it."""

    grid: str
    shape: str
    truth: float
    found: Crossing

    @property
    def is_held(self) -> bool:
        """Whether the bracket holds the truth."""
        return self.found.near <= self.truth <= self.found.far


def _sigmoid(point: float, rng: np.random.Generator) -> Curve:
    scale = min(rng.uniform(2, 40), 2 * point)
    factor = (1 - LIMIT) / (LIMIT * np.exp(point / scale) - 1)
    return lambda x: (1 + factor) / (1 + factor * np.exp(x / scale))


def _linear(point: float, rng: np.random.Generator) -> Curve:
    return lambda x: np.maximum(0, 1 - (1 - LIMIT) * x / point)


def _step(point: float, rng: np.random.Generator) -> Curve:
    left = rng.uniform(0, 0.85)
    return lambda x: np.where(x < point, 1.0, left)


def _plateau_then_fall(point: float, rng: np.random.Generator) -> Curve:
    height, start = rng.uniform(0.905, 0.99), point * rng.uniform(0.3, 0.95)
    slope = (height - LIMIT) / (point - start)
    return lambda x: np.where(x <= 0, 1.0, np.maximum(0, height - slope * np.maximum(0, x - start)))


SHAPES = {"sigmoid": _sigmoid, "linear": _linear, "step": _step, "plateau then fall": _plateau_then_fall}


def simulate(curves: int, frames: int, seed: int, *, shared: bool = True) -> Iterator[Simulated]:
    """Brackets of so many curves on each grid.

    Every frame has an effect of its own on the score (standard deviation 0.05), and its six patches another (0.08 each)
    that is new under each condition. A tenth of the true break-points lie beyond the tested range.

    Parameters
    ----------
    curves, frames
        Number of curves, and of independent frames.
    seed
        Seed of curves and frames.
    shared
        Whether the effect of a frame is the same at all intensities; else it is new at each.
    """
    for grid, levels in GRIDS.items():
        at = np.asarray(levels, float)
        for number in range(curves):
            rng = np.random.default_rng([seed, number])
            shape = list(SHAPES)[number % len(SHAPES)]
            point, clean = rng.uniform(2, 220), rng.uniform(0.5, 0.95)
            curve = SHAPES[shape](point, rng)
            size = (frames, 1 if shared else len(at) + 1)
            effect = rng.normal(0, 0.05, size) + rng.normal(0, 0.08 / np.sqrt(6), (frames, len(at) + 1))
            scores = clean * np.concatenate([[1.0], curve(at)]) + effect
            sums = np.stack([6 * scores, np.full_like(scores, 6)], axis=-1)
            clean, *scored = sums.swapaxes(0, 1)
            order = FrameOrder(np.arange(frames), 1)
            yield Simulated(grid, shape, point, locate_crossing(np.stack(scored), order, levels, LIMIT, clean))


def main() -> None:
    """Print the coverage by grid and shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for shared in (True, False):
        print(f"\neffect of a frame: {'the same' if shared else 'new'} at each intensity")
        found = list(simulate(arguments.curves, arguments.frames, arguments.seed, shared=shared))
        for grid in GRIDS:
            part = [one for one in found if one.grid == grid]
            by_shape = (
                f"{shape} {np.mean([one.is_held for one in part if one.shape == shape]):.1%}" for shape in SHAPES
            )
            widths = [one.found.far - max(one.found.near, 0) for one in part]
            print(
                f"{grid}: {np.mean([one.is_held for one in part]):.1%} of the intervals hold the break-point "
                f"({', '.join(by_shape)}); median width {np.median(widths):.0f}"
            )


if __name__ == "__main__":
    main()
