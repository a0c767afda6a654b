"""How often the gate passes an equal retraining and catches a harmed one, with few baselines and with many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.retrainings.networks import EQUAL
from benchmarks.retrainings.scores import KEPT, read_networks, read_run
from robustbench_cells.gate.baselines import Baselines, SeedRun
from robustbench_cells.gate.comparison import compare
from robustbench_cells.gate.decision import GateOutcome
from robustbench_cells.gate.demands import parse_demands
from robustbench_cells.randomness import generator

GATES: Mapping[str, tuple[int, Sequence[str]]] = {
    "each condition, by 1": (1, ["condition"]),
    **{f"by {count}": (count, []) for count in (1, 3, 5, 7)},
}
"""Number of baselines, the model in use included, and what is demanded beside the defaults, of each gate."""


@dataclass(frozen=True)
class Verdicts:
    """Verdicts on a network.

    Attributes
    ----------
    network, kind
        Name and kind of the network.
    gate
        Which of the gates.
    outcomes
        Number of verdicts of each outcome.
    """

    network: str
    kind: str
    gate: str
    outcomes: Mapping[GateOutcome, int]


def judge(frames: str, draws: int, seed: int = 0, kept: Path = KEPT) -> Sequence[Verdicts]:
    """Judge each network by each gate, with baselines drawn from the other equal networks.

    Parameters
    ----------
    frames
        ``real`` or ``synthetic``.
    draws
        Number of draws for each network and number of baselines; the first that is drawn is the model in use. Neither
        the network itself nor its parent is drawn.
    seed
        Seed of the draws.
    kept
        Folder of the kept scores.
    """
    networks = read_networks(kept).set_index("name")
    runs = {str(name): read_run(frames, str(name), kept) for name in networks.index}
    equal = [str(name) for name in networks.index[networks["kind"] == EQUAL]]
    found = []
    for name, kind, parent in networks[["kind", "parent"]].itertuples(name=None):
        pool = [one for one in equal if one not in {name, parent}]
        for gate, (count, texts) in GATES.items():
            outcomes: Counter[GateOutcome] = Counter()
            for draw in range(draws if len(pool) >= count else 0):
                in_use, *others = generator(seed, frames, name, count, draw).permutation(pool)[:count]
                baselines = Baselines(runs[in_use], [SeedRun(one, runs[one]) for one in others])
                outcomes[compare(baselines, runs[str(name)], parse_demands(texts)).verdict] += 1
            found.append(Verdicts(str(name), str(kind), gate, outcomes))
    return found
