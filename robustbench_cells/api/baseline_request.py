"""The request of a run that is judged by a baseline: what the baseline ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from robustbench_cells.api.request import Request
from robustbench_cells.engine.grid import resolve_grid
from robustbench_cells.engine.pairs import combined_artefacts
from robustbench_cells.engine.together import Together, combine
from robustbench_cells.errors import GateError
from robustbench_cells.metrics import METRICS
from robustbench_cells.results.bisection import added_intensities
from robustbench_cells.results.manifest import RunManifest

_FOLLOWED = (
    "profile",
    "split",
    "frames",
    "seed",
    "margin",
    "white_level",
    "ignore_label",
    "channel",
    "block",
    "edge_cells",
)


def follow_baseline(given: Mapping[str, Any], baseline: RunManifest) -> Request:
    """The request of a run that is judged by a baseline: it covers what the baseline ran.

    Profile, grid, frames, split, margin, seed, block, white level, ignore label and channel are the baseline's,
    and its metrics are computed.

    Parameters
    ----------
    given
        Fields of `Request` that the user gave.
    baseline
        Manifest of the baseline run.

    Raises
    ------
    GateError
        If something that was given contradicts the baseline; the message names it.
    """
    old = baseline.settings
    if "dataset" not in given and not baseline.dataset.key.startswith("synthetic/"):
        raise GateError(f"the baseline ran on {baseline.dataset.title}; give its data set by --rb-dataset")
    followed = {name: getattr(old, name) for name in _FOLLOWED}
    if old.channel is None:  # colours whose channel is the baseline's grey are the same frames: their content decides
        del followed["channel"]
    same = {"split": _split_of(baseline), "frames": len(baseline.dataset.frames)}  # other ways to say it
    for name, value in followed.items():
        if name in given and given[name] not in (value, same.get(name)):
            shown = same.get(name) if value is None else value
            _refuse(f"{name.replace('_', ' ')} {given[name]}", f"{name.replace('_', ' ')} {shown}")
    if given.get("refine") and not old.refined:
        _refuse("refine", "its grid alone")
    levels = added_intensities(old.grids, old.refined) or dict.fromkeys(baseline.artefacts)  # older ones: names alone
    together = {"together": _pairs_of(baseline)}
    metrics = {*given.get("metrics", ()), *(name for name in baseline.metrics if name in METRICS)}
    following = {**followed, **together, "metrics": tuple(sorted(metrics)), "refine": False, "refined": old.refined}
    request = Request(**{"pixel_size": old.pixel_size, **given, **following})
    grid = resolve_grid(old.profile, levels, request.own_artefacts)
    asked = {one.name: one.grid(old.profile) for one in combine(given.get("together", ()), old.profile)}
    for name, wanted in {**(request.grid if request.artefacts else {}), **asked}.items():
        if not set(wanted) <= set(grid.get(name, ())):
            _refuse(f"artefact {name}={_shown(wanted)}", f"{name}={_shown(grid.get(name, ())) or 'nothing'}")
    return replace(request, artefacts=request.artefacts or grid)


def _refuse(given: str, baseline: str) -> NoReturn:
    raise GateError(
        f"{given} contradicts the baseline, which ran with {baseline}; leave it out, here and in the ini file, to "
        "follow the baseline"
    )


def _pairs_of(baseline: RunManifest) -> tuple[Together, ...]:
    """The pairs that a baseline ran together, without those that its profile has."""
    usual = {one.name for one in combined_artefacts(baseline.settings.profile)}
    return tuple(
        Together(
            first=pair.first,
            second=pair.second,
            fixed=pair.intensity,
            sweeps="first" if pair.sweeps_first else "second",
            levels=baseline.settings.grids.get(name),
        )
        for name, info in baseline.artefacts.items()
        if (pair := info.together) and name not in usual
    )


def _shown(levels: Sequence[float]) -> str:
    return ",".join(f"{level:g}" for level in levels)


def _split_of(baseline: RunManifest) -> str:
    return baseline.dataset.key.partition("/margin=")[0].partition("/")[2]
