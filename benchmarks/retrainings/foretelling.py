"""Whether ``gate --plan`` foretells how often an equal retraining passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from tabulate import tabulate

from benchmarks.retrainings.networks import EQUAL
from benchmarks.retrainings.scores import KEPT, read_networks, read_run
from robustbench_cells.gate.baselines import Baselines, SeedRun
from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.demands import default_demands
from robustbench_cells.gate.plan import make_plans
from robustbench_cells.results.tables import Results

SEEDS = (3, 5, 7)


@dataclass(frozen=True)
class Foretold:
    """Share of equal retrainings that pass, as foretold and as it came, in [0, 1].

    Attributes
    ----------
    seeds
        Number of seeds of each plan.
    candidates
        Number of candidates that were judged, over all plans.
    by_frames, passed_by_frames
        By the model in use alone.
    by_both, passed
        Where the gate knows the spread between the seeds.
    """

    seeds: int
    candidates: int
    by_frames: float
    passed_by_frames: float
    by_both: float
    passed: float


def foretell(frames: str, kept: Path = KEPT) -> Iterator[Foretold]:
    """Plan with neighbouring networks, each one first in turn, and judge every other equal network.

    Parameters
    ----------
    frames
        ``real`` or ``synthetic``.
    kept
        Folder of the kept scores.
    """
    networks = read_networks(kept)
    runs = [read_run(frames, str(name), kept) for name in networks.loc[networks["kind"] == EQUAL, "name"]]
    for seeds in SEEDS:
        if seeds < len(runs):
            yield _foretell([runs[start:] + runs[:start] for start in range(len(runs))], seeds)


def _foretell(turns: list[list[Results]], seeds: int) -> Foretold:
    foretold, by_frames, by_both = [], [], []
    for in_use, *others in turns:
        known = Baselines(in_use, [SeedRun(f"seed {n}", one) for n, one in enumerate(others[: seeds - 1], 2)])
        foretold += make_plans(known)
        for candidate in others[seeds - 1 :]:
            by_frames.append(_passes(Baselines(in_use), candidate))
            by_both.append(_passes(known, candidate))
    return Foretold(
        seeds,
        len(by_both),
        mean(plan.passes_by_frames for plan in foretold),
        mean(by_frames),
        mean(plan.passes or 0.0 for plan in foretold),
        mean(by_both),
    )


def _passes(baselines: Baselines, candidate: Results) -> bool:
    return compare(baselines, candidate, default_demands()).verdict is GateOutcome.NON_INFERIOR


def foretold_text(frames: str, kept: Path = KEPT) -> str:
    """The table of one set of frames."""
    rows = [
        (one.seeds, one.candidates, *(f"{share:.0%}" for share in shares))
        for one in foretell(frames, kept)
        for shares in [(one.by_frames, one.passed_by_frames, one.by_both, one.passed)]
    ]
    headers = ("seeds", "candidates", "(a) foretold", "(a) passed", "foretold", "passed")
    return tabulate(rows, headers, tablefmt="pipe", colalign=["right"] * len(headers), disable_numparse=True)
