"""Retrain one recipe with other seeds and with harm, measure each network, and keep the scores of each frame."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.retrainings.drawing import Effects, World
from benchmarks.retrainings.evaluation import GRID, evaluate, open_frames
from benchmarks.retrainings.foretelling import foretold_text
from benchmarks.retrainings.networks import Network, Trained, list_networks
from benchmarks.retrainings.recipes import EPOCHS
from benchmarks.retrainings.scores import FRAMES, KEPT, collect, read_networks, read_run
from benchmarks.retrainings.simulating import AXES, simulate, simulation_text
from benchmarks.retrainings.simulating import FRAMES as COUNTS
from benchmarks.retrainings.tables import print_tables, verdict_text
from robustbench_cells.results.storage import save


def run(options: argparse.Namespace) -> None:
    """Make and measure each network that has not been."""
    frames = open_frames(options.dataset)
    for network in list_networks(options.equal, options.harmed, options.epochs):
        if options.only in network.name:
            model = make(network, options.dataset, options.work / "models")
            for part in frames:
                out = options.work / part.name / network.name
                if not (out / "run.json").exists():
                    evaluate(model, part, options.work / part.name / "records.sqlite", out, GRID)
                    print(f"{network.name}: measured on the {part.name} frames", flush=True)


def make(network: Network, dataset: str, folder: Path) -> Path:
    """Make a network, unless its file exists; its parent must."""
    out = folder / f"{network.name}.keras"
    if not out.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{network.name}: seed {network.seed}", flush=True)
        if isinstance(network.how, Trained):
            network.how.make(dataset, out, network.seed)
        else:
            network.how(folder / f"{network.parent}.keras", out, network.seed)
    return out


def keep(options: argparse.Namespace) -> None:
    """Keep the scores of what is measured."""
    names = collect(options.work, list_networks(options.equal, options.harmed, options.epochs), options.kept)
    print(f"{len(names)} networks are kept in {options.kept}: {', '.join(names)}")


def unpack(options: argparse.Namespace) -> None:
    """Write a stored run of each network."""
    for part in FRAMES:
        for name in read_networks(options.kept)["name"]:
            folder = options.runs / part / name
            folder.mkdir(parents=True, exist_ok=True)
            save(read_run(part, name, options.kept), folder)
    print(f"wrote {options.runs}")


def tables(options: argparse.Namespace) -> None:
    """Print the tables of the documentation."""
    print_tables(options.kept)


def judge(options: argparse.Namespace) -> None:
    """Print how often the gate passes networks of each kind."""
    for part in FRAMES:
        text = verdict_text(part, options.draws, options.seed, options.kept, each=options.each)
        print(f"{part} frames: passes (inconclusive)\n\n{text}\n", flush=True)


def foretell(options: argparse.Namespace) -> None:
    """Print whether plans foretell how often equal networks pass."""
    for part in FRAMES:
        print(f"{part} frames:\n\n{foretold_text(part, options.kept)}\n", flush=True)


def simulation(options: argparse.Namespace) -> None:
    """Print how often the gate is wrong on retrainings that are drawn at random."""
    effects = Effects.read("real", options.kept)
    rates = [
        one
        for frames in COUNTS
        for axes in AXES
        for one in simulate(
            World(effects, axes, options.tails), frames, options.gates, options.seed, sequential=options.sequential
        )
    ]
    print(simulation_text(rates))


COMMANDS: Mapping[str, tuple[Callable[[argparse.Namespace], None], str]] = {
    "run": (run, "train and measure the networks; the same command resumes after a break"),
    "keep": (keep, "keep the scores of each frame of what is measured, without weights and frames"),
    "unpack": (unpack, "write a stored run of each network, with a record per frame, for robustbench-cells gate"),
    "judge": (judge, "print how often the gate passes networks of each kind, with few baselines and with many"),
    "foretell": (foretell, "print how often `gate --plan` says that equal networks pass, and how often they do"),
    "simulate": (simulation, "print how often the gate is wrong on thousands of networks that differ as these do"),
    "tables": (tables, "print what retraining alone does, and what each harm costs"),
}


def parser() -> argparse.ArgumentParser:
    """Options of all commands."""
    whole = argparse.ArgumentParser(prog="python -m benchmarks.retrainings", description=__doc__)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    parts = {}
    for name, (do, purpose) in COMMANDS.items():
        parts[name] = commands.add_parser(name, help=purpose, description=purpose)
        parts[name].set_defaults(do=do)
    parts["run"].add_argument("dataset", help="data set with the splits train, validation and test: PhC-C2DL-PSC")
    parts["run"].add_argument("--only", default="", metavar="TEXT", help="only networks whose name has this text")
    for name in ("run", "keep"):
        parts[name].add_argument("work", type=Path, help="folder of weights, record caches and stored runs, 100 MB")
        parts[name].add_argument("--equal", type=int, default=10, help="number of equal networks (default: 10)")
        parts[name].add_argument(
            "--epochs", type=int, default=EPOCHS, help=f"epochs of an equal network (default: {EPOCHS})"
        )
        parts[name].add_argument("--harmed", type=int, default=2, help="number of networks of each harm (default: 2)")
    parts["unpack"].add_argument("runs", type=Path, help="folder to write FRAMES/NETWORK/run.json and its records into")
    parts["judge"].add_argument("--draws", type=int, default=7, help="draws of baselines per network (default: 7)")
    parts["judge"].add_argument("--each", action="store_true", help="a row for each network, not for each kind")
    parts["judge"].add_argument("--seed", type=int, default=0, help="seed of the draws (default: 0)")
    parts["simulate"].add_argument("--gates", type=int, default=2000, help="gates of each setting (default: 2000)")
    parts["simulate"].add_argument("--seed", type=int, default=0, help="of the simulation (default: 0)")
    parts["simulate"].add_argument(
        "--tails",
        choices=("normal", "real"),
        default="normal",
        help="effects of seeds: normal, or those of the real ones",
    )
    parts["simulate"].add_argument("--sequential", action="store_true", help="each condition stops early")
    for name in ("keep", "unpack", "judge", "foretell", "simulate", "tables"):
        parts[name].add_argument(
            "--kept", type=Path, default=KEPT, help="folder of the kept scores (default: the repository's)"
        )
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and do it; returns the exit code."""
    options = parser().parse_args(arguments)
    options.do(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
