"""The options ``--rb-…``, each an ini key too, and what they ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from robustbench_cells.engine.config import Settings
    from robustbench_cells.gate.policy import GatePolicy

_NEED_A_BASELINE = ("gate", "against", "inconclusive", "sequential")
_INI_KINDS: Any = {None: "string", "append": "args", "store_true": "bool"}
_NO_SETTINGS = (
    "model",
    "reports",
    "store",
    "baseline",
    "gate",
    "against",
    "inconclusive",
    "sequential",
    "dask",
    "dask-patches",
)

_OPTIONS: dict[str, dict[str, Any]] = {
    "dataset": {
        "default": "synthetic",
        "help": "'synthetic', a folder or files (`robustbench_cells list` shows the layouts)",
    },
    "split": {"help": "split of the data set (default: its own, mostly 'test')"},
    "model": {
        "action": "append",
        "metavar": "NAME|FILE",
        "help": "a shipped model, a baseline or a model file; repeatable; 'background' always runs beside them "
        "(default: all shipped models and baselines)",
    },
    "trust-model": {
        "action": "store_true",
        "default": False,
        "help": "run models that are programs (Python functions, SavedModels), all of them; they can do what you can",
    },
    "profile": {"default": "default", "help": "grid to run: quick, default or paper"},
    "frames": {"type": int, "help": "use this many frames, evenly spread (default: all of the split)"},
    "seed": {"type": int, "default": 0, "help": "of patches and artefacts (default: 0)"},
    "margin": {"type": int, "default": 0, "help": "field of interest: pixels left out at each border (default: 0)"},
    "white-level": {
        "type": int,
        "help": "the value of 16-bit files that is white, for example 4095 for 12-bit cameras",
    },
    "block": {
        "type": int,
        "help": "frames of a sequence that count as one in intervals (default: 5; 1 where frames are not a sequence)",
    },
    "baseline": {"metavar": "DIR", "help": "stored results of a run that this one must not be worse than"},
    "gate": {
        "action": "append",
        "metavar": "ASPECT[=TOLERANCE]",
        "help": "what else must not get worse than in the baseline, or by how much something may; repeatable "
        "(jaccard=0.01 is always among them; there are also precision, recall, cells and break_point)",
    },
    "against": {
        "action": "append",
        "metavar": "NEW=OLD",
        "help": "lay a model beside one that the baseline calls otherwise; repeatable",
    },
    "inconclusive": {"default": "fail", "help": "what it means that the frames cannot tell: fail (default) or pass"},
    "sequential": {
        "action": "store_true",
        "help": "give a condition a quarter of the frames, then half, then all, and stop once the gate is sure",
    },
    "dask": {"metavar": "ADDRESS", "help": "have the work done by a Dask cluster: tcp://scheduler:8786"},
    "dask-patches": {"type": int, "default": 64, "help": "patches of one task of the cluster (default: 64)"},
    "reports": {"default": "reports", "metavar": "DIR", "help": "folder for results and reports (default: reports)"},
    "store": {
        "metavar": "FILE",
        "help": "where every record is kept, and looked for before it is made (default: records.sqlite in the reports)",
    },
}


def add_options(parser: pytest.Parser) -> None:
    """Each option ``--rb-x`` has an ini key ``rb_x``, which the command line overrides."""
    group = parser.getgroup("robustbench", "robustness of cell segmentation")
    for name, words in _OPTIONS.items():
        key = f"rb_{name.replace('-', '_')}"
        shown = {word: value for word, value in words.items() if word != "default"}
        group.addoption(f"--rb-{name}", dest=key, default=None, **shown)
        parser.addini(key, words["help"], type=_INI_KINDS[words.get("action")], default=None)


def option(config: pytest.Config, name: str) -> Any:
    """What was given on the command line, else in the ini file, else the default; a mistake raises a `UsageError`."""
    key, words = f"rb_{name.replace('-', '_')}", _OPTIONS[name]
    given = config.getoption(key)
    if given == "" or (isinstance(given, list) and "" in given):
        raise pytest.UsageError(f"--rb-{name}: is empty; leave it out, or say what it is")
    if given is None:
        given = config.getini(key) or words.get("default")
    convert = words.get("type", lambda value: value)
    try:
        return None if given is None else convert(given)
    except ValueError as error:
        raise pytest.UsageError(f"{key} = {given}: a whole number is needed") from error


def settings_of(config: pytest.Config) -> Settings:
    """What the run is to cover."""
    from robustbench_cells.engine.config import Settings

    values = {name.replace("-", "_"): option(config, name) for name in _OPTIONS if name not in _NO_SETTINGS}
    return Settings(models=tuple(option(config, "model") or ()), **values)


def gate_policy_of(config: pytest.Config) -> GatePolicy | None:
    """What the run is judged by, if it is."""
    from robustbench_cells.gate.policy import GatePolicy

    baseline, sequential = option(config, "baseline"), bool(option(config, "sequential"))
    if baseline:
        aspects, against = (option(config, name) or () for name in ("gate", "against"))
        return GatePolicy.of(Path(baseline), aspects, against, option(config, "inconclusive"), sequential=sequential)
    if idle := [f"--rb-{name}" for name in _NEED_A_BASELINE if config.getoption(f"rb_{name}")]:
        raise pytest.UsageError(f"{', '.join(idle)}: nothing is judged without --rb-baseline; say which run it is")
    return None
