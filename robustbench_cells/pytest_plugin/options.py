"""The options ``--rb-…``, each an ini key too, and the request that they make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from robustbench_cells.pytest_plugin.ini_files import is_meant_as_ours, keys_of, overridden_keys, replaced_options
from robustbench_cells.pytest_plugin.option_table import OPTIONS

if TYPE_CHECKING:
    from robustbench_cells.api.request import Request
    from robustbench_cells.gate.policy import GatePolicy
    from robustbench_cells.models.isolation.wall import Wall

_BASELINE = "rb_baseline"
_NEED_A_BASELINE = ("gate", "against", "inconclusive", "within-spread", "sequential", "accept")
_INI_KINDS: Any = {None: "string", "append": "args", "store_true": "bool"}
_LINES = {_BASELINE}  # ini keys with one value per line: a folder's name may have spaces
_FIELDS = {  # of a request, by option
    "dataset": "dataset",
    "split": "split",
    "model": "models",
    "trust-model": "trust_model",
    "profile": "profile",
    "artefact": "artefacts",
    "together": "together",
    "frames": "frames",
    "seed": "seed",
    "margin": "margin",
    "white-level": "white_level",
    "ignore-label": "ignore_label",
    "channel": "channel",
    "block": "block",
    "pixel-size": "pixel_size",
    "floor": "floor",
    "refine": "refine",
    "metric": "metrics",
    "edge-cells": "edge_cells",
}


def _key(name: str) -> str:
    """The ini key of an option, and its name in pytest's configuration."""
    return f"rb_{name.replace('-', '_')}"


def add_options(parser: pytest.Parser) -> None:
    """Each option ``--rb-x`` has an ini key ``rb_x``, which the command line overrides."""
    group = parser.getgroup("robustbench", "robustness of cell segmentation")
    for name, words in OPTIONS.items():
        key = _key(name)
        shown = {word: value for word, value in words.items() if word != "default"}
        group.addoption(f"--rb-{name}", dest=key, default=None, **shown)
        kind: Any = "linelist" if key in _LINES else _INI_KINDS[words.get("action")]
        parser.addini(key, words["help"], type=kind, default=None)


def option(config: pytest.Config, name: str) -> Any:
    """The value from the command line, else from the ini file, else the default; a mistake raises a `UsageError`."""
    key, words = _key(name), OPTIONS[name]
    given = config.getoption(key)
    if given == "" or (isinstance(given, list) and "" in given):
        raise pytest.UsageError(f"--rb-{name}: is empty; leave it out, or give a value")
    if given is None:
        given = _ini_value(config, key)
    if given is None:
        given = words.get("default")
    convert = words.get("type", lambda value: value)
    try:
        return None if given is None else convert(given)
    except ValueError as error:
        kind = "a whole number" if convert is int else "a number"
        raise pytest.UsageError(f"{key} = {given}: {kind} is needed") from error


def _ini_value(config: pytest.Config, key: str) -> Any:
    """The value of an ini key, None where there is none; an empty one raises, for it may be a variable that is unset.

    An empty ``rb_baseline`` alone means something: no gate (`ungated_notes` says so).
    """
    try:
        value = config.getini(key)
    except (ValueError, pytest.UsageError) as error:  # no truth value
        raise pytest.UsageError(f"{key}: {error}; write true or false") from error
    if value is None or (key == _BASELINE and value == []):
        return None
    if value == [] or (isinstance(value, str) and not value.strip()):
        raise pytest.UsageError(f"{key}: is empty, in an ini file or by -o; leave it out, or give a value")
    return value


def _require_known_keys(config: pytest.Config) -> None:
    """Refuse keys ``rb_…`` that nobody has declared: mistyped, they would do nothing, and a gate would not judge."""
    known = set(map(_key, OPTIONS))
    for key in (*(keys_of(config.inipath) if config.inipath else ()), *overridden_keys(config)):
        if not is_meant_as_ours(key) or key in known:
            continue
        try:
            config.getini(key)  # of another plug-in
        except (KeyError, ValueError):
            raise pytest.UsageError(f"{key}: no such ini key; there are {', '.join(sorted(known))}") from None


def ungated_notes(config: pytest.Config) -> list[str]:
    """Say that nothing is judged where an ini file or ``-o`` is about the gate, and no baseline is named."""
    lost = replaced_options(config)
    notes = [f"-o addopts=… leaves out {' '.join(lost)} of {config.inipath}"] if lost else []
    if option(config, "baseline"):
        return notes
    given = [name for name in _NEED_A_BASELINE if config.getini(_key(name))]
    if config.getini(_BASELINE) == []:
        return [*notes, f"no gate was asked for: {_BASELINE} is empty, so nothing is judged"]
    if any(word.startswith("--rb-baseline") for word in lost):
        return [f"no gate was asked for: {notes[0]}, so nothing is judged"]
    if given:
        notes.append(f"no gate was asked for: rb_{given[0]} is set and no {_BASELINE}, so nothing is judged")
    return notes


def request_of(config: pytest.Config) -> Request:
    """What the run is to cover; with a baseline, what the baseline covers."""
    _require_known_keys(config)
    values = {name: option(config, name) for name in OPTIONS}  # also of what this run does not ask for
    from robustbench_cells.api.artefact_texts import add_together, parse_grid, parse_together
    from robustbench_cells.api.baseline_request import follow_baseline
    from robustbench_cells.api.request import Request
    from robustbench_cells.results.storage import load_manifest

    given = {field: values[name] for name, field in _FIELDS.items() if values[name] is not None}
    for name in {"models", "metrics"} & given.keys():
        given[name] = tuple(given[name])
    if "artefacts" in given:
        given["artefacts"] = parse_grid(given["artefacts"], "--rb-artefact")
    if "together" in given:
        given["together"] = parse_together(given["together"], "--rb-together")
        given["artefacts"] = add_together(given.get("artefacts", {}), given["together"])
    given["wall"] = _wall_of(values)
    if baselines := values["baseline"]:
        return follow_baseline(given, load_manifest(Path(baselines[0])))
    return Request(**given)


def _wall_of(values: Mapping[str, Any]) -> Wall:
    """The limits of the models; a mistake raises a `UsageError` or a `ModelError`."""
    from robustbench_cells.models.isolation.wall import Wall

    if values["isolate"] not in ("on", "off"):
        raise pytest.UsageError(f"--rb-isolate {values['isolate']}: on or off is needed")
    names = tuple(values["model-env"] or ())
    return Wall(values["isolate"] == "on", values["model-seconds"], values["model-memory"], names)


def gate_policy_of(config: pytest.Config) -> GatePolicy | None:
    """What the run is judged by, if it is."""
    from robustbench_cells.gate.policy import GatePolicy
    from robustbench_cells.results.parts import written_folders

    if baselines := option(config, "baseline"):
        written = [one.resolve() for one in written_folders(Path(option(config, "reports")))]
        for baseline in baselines:
            if Path(baseline).resolve() in written:
                raise pytest.UsageError(
                    f"--rb-baseline {baseline}: this run may overwrite it; give another --rb-reports"
                )
        if option(config, "accept") and option(config, "sequential"):
            raise pytest.UsageError("--rb-accept with --rb-sequential: a baseline needs all frames; leave one out")
        criteria, against = (option(config, name) or () for name in ("gate", "against"))
        return GatePolicy.from_options(
            [Path(baseline) for baseline in baselines],
            criteria,
            against,
            inconclusive=option(config, "inconclusive"),
            within_spread=option(config, "within-spread"),
            sequential=bool(option(config, "sequential")),
        )
    if idle := [f"--rb-{name}" for name in _NEED_A_BASELINE if config.getoption(_key(name))]:
        raise pytest.UsageError(f"{', '.join(idle)}: nothing is judged without --rb-baseline; name the baseline run")
    return None
