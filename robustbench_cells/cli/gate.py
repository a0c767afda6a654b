"""``gate``: a candidate run compared with a baseline run, or what runs of several seeds can show; no model is run."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

NAME = "gate"
HELP = "compare a candidate run with a baseline run, plan that comparison, or accept a candidate"
_NOT_WITH_PLAN = ("baseline", "candidate", "gate", "against", "sequential", "accept")  # options
_NOT_WITH_ACCEPT = ("gate", "sequential", "out")


def configure(parser: argparse.ArgumentParser) -> None:
    """See `Command.configure`."""
    from robustbench_cells.gate.criteria import CRITERIA

    known = ", ".join(f"{criterion.name}={criterion.tolerance:g}" for criterion in CRITERIA)
    parser.description = (
        "Compare a candidate run with a baseline run; or, by --plan, find what retraining alone does; or, by --accept, "
        "make the candidate the baseline. No model is run."
    )
    parser.epilog = (
        "Exit code: 0 passes, 1 significantly worse, 8 inconclusive, 2 the two cannot be compared. "
        "Examples: robustbench-cells gate --baseline reports/baseline --candidate reports; "
        "robustbench-cells gate --plan runs/seed1 runs/seed2 runs/seed3; "
        "robustbench-cells gate --accept --baseline baseline --candidate reports"
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        action="append",
        metavar="DIR",
        help="stored results of the model in use; repeatable: those of other seeds of its recipe, three or more with "
        "it, show what retraining alone does",
    )
    parser.add_argument("--candidate", type=Path, metavar="DIR", help="stored results to judge")
    parser.add_argument(
        "--gate",
        action="append",
        metavar="CRITERION[:ARTEFACT][=TOLERANCE]",
        help="what else must not get worse, or by how much something may, under all artefacts or one; repeatable "
        f"(there are: {known}; default: area, and jaccard=0.05 as a guard; `condition`: each condition's Jaccard score "
        "in their place)",
    )
    parser.add_argument(
        "--against", action="append", metavar="NEW=OLD", help="map a renamed model to its name in the baseline"
    )
    parser.add_argument(
        "--inconclusive",
        choices=("fail", "pass"),
        default="fail",
        help="whether an inconclusive verdict is to fail or pass (default: fail)",
    )
    parser.add_argument(
        "--within-spread",
        choices=("fail", "pass"),
        default="pass",
        help="whether a loss within what retraining alone does is to fail or pass (default: pass)",
    )
    parser.add_argument(
        "--sequential",
        action="store_true",
        help="group-sequential test, for a run with --rb-sequential: no more frames than decide a condition",
    )
    parser.add_argument(
        "--plan",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="instead: what retraining alone does, from stored runs of two or more seeds of a recipe, that of the "
        "model in use first, and what these seeds and frames can show; three or more are written to spread.toml "
        "beside the first, where the gate finds it",
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="instead: make the candidate (default: reports) the baseline (default: baseline), whatever its verdict, "
        "and show what changes; only a whole and valid run of the same frames and grid; spread.toml stays",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for gate.md (default: the candidate's), or for spread.toml (default: that of the first run)",
    )


def run(options: argparse.Namespace) -> int:
    """See `Command.run`."""
    from robustbench_cells.errors import GateError

    if options.plan:
        _refuse_others(options, "--plan takes runs and --out", _NOT_WITH_PLAN)
        return _plan(options.plan, options.out)
    if options.accept:
        _refuse_others(options, "--accept takes --baseline, --candidate and --against", _NOT_WITH_ACCEPT)
        return _accept(options)
    if not options.baseline or not options.candidate:
        raise GateError("give --baseline and --candidate, --plan with runs of several seeds, or --accept")
    return _judge(options)


def _refuse_others(options: argparse.Namespace, taken: str, others: Sequence[str]) -> None:
    """Refuse options that would do nothing."""
    from robustbench_cells.errors import GateError

    if given := [f"--{name}" for name in others if getattr(options, name)]:
        raise GateError(f"{taken}, and no {', '.join(given)}")


def _accept(options: argparse.Namespace) -> int:
    from robustbench_cells.api.accept import accept
    from robustbench_cells.errors import GateError
    from robustbench_cells.gate.policy import parse_against
    from robustbench_cells.reporting.accept_text import accept_lines

    baseline, *others = options.baseline or [Path("baseline")]
    if others:
        raise GateError("--accept replaces one baseline, that of the model in use; name no other")
    candidate = options.candidate or Path("reports")
    accepted = accept(candidate, baseline, parse_against(options.against or ()))
    print(accept_lines(accepted.gate, accepted.remarks, candidate, baseline))
    return 0


def _plan(folders: Sequence[Path], out: Path | None) -> int:
    from robustbench_cells.gate.baselines import Baselines
    from robustbench_cells.gate.plan import make_plans
    from robustbench_cells.gate.spread import MIN_SEEDS
    from robustbench_cells.gate.spread_file import SPREAD_FILE, save_spread
    from robustbench_cells.reporting.plan_text import plan_lines

    baselines = Baselines.load_runs(folders)
    plans = make_plans(baselines)
    print(*map(plan_lines, plans), sep="\n\n")
    if len(folders) < MIN_SEEDS:
        print(f"no {SPREAD_FILE} is written: it takes {MIN_SEEDS} runs or more")
        return 0
    path = (out or folders[0]) / SPREAD_FILE
    runs = [baselines.in_use, *(seed.results for seed in baselines.seeds)]
    save_spread(path, dict(zip(map(str, folders), runs, strict=True)), [plan.model for plan in plans])
    print(f"wrote {path}; keep it beside the baseline, and the gate knows what retraining does")
    return 0


def _judge(options: argparse.Namespace) -> int:
    from robustbench_cells.errors import GateError, ResultsError
    from robustbench_cells.gate.policy import ERROR, GatePolicy
    from robustbench_cells.reporting.gate_files import publish, save_verdict
    from robustbench_cells.reporting.gate_text import gate_lines
    from robustbench_cells.results.storage import load

    folder = options.out or options.candidate
    try:
        policy = GatePolicy.from_options(
            options.baseline,
            options.gate or (),
            options.against or (),
            inconclusive=options.inconclusive,
            within_spread=options.within_spread,
            sequential=options.sequential,
        )
        gate = policy.compare(load(options.candidate))
    except (GateError, ResultsError) as error:  # nor does an older verdict stand
        if folder.is_dir():
            save_verdict(str(error), folder)
        raise
    try:  # a verdict that is not written is none
        path = publish(gate, folder)
    except OSError as error:
        print(f"error: {folder}: cannot be written to ({error}); give another folder by --out", file=sys.stderr)
        return ERROR
    both = shlex.join(map(str, (options.baseline[0], options.candidate)))
    stored = shlex.quote(str(options.candidate))
    look = (
        f"robustbench-cells report --results {stored} for its example patches; "
        f"robustbench-cells report --compare {both} for both curves"
    )
    print(gate_lines(gate, look))
    print(f"wrote {path}")
    return policy.exit_code(gate)
