"""Conditions that give the same patches under two names, such as ``noise-0`` and ``illumination-0``.

Judged twice they would count as two agreeing witnesses, and make the gate stricter for nothing. Two conditions are one
if their artefacts give the same bits for every probe image, and each patch got the same scores in both runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from robustbench_cells.artefacts import ARTEFACTS, Artefact
from robustbench_cells.gate.decision import Decision
from robustbench_cells.gate.pairing import CONDITION
from robustbench_cells.randomness import generator
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.types import CLEAN, PATCH_SIDE, Image, condition_name

_SIDE = 48  # pixels, of a probe image
_LEVELS = ((0, 255), (30, 180), (0, 8), (90, 91), (255, 255))  # darkest and brightest grey level of each


def find_copies(rows: pd.DataFrame, run: RunManifest) -> dict[str, str]:
    """Name each condition that repeats another one.

    Parameters
    ----------
    rows
        Paired records of one model, see `PairedRecords`.
    run
        Manifest of the candidate run.

    Returns
    -------
    dict
        Name of the condition that is repeated, by the name of the one that repeats it. Clean comes before any other.
    """
    first: dict[tuple[str, str], str] = {}
    copies = {}
    tables = {(str(artefact), float(str(level))): part for (artefact, level), part in rows.groupby(CONDITION)}
    scores = {key: _scores_digest(part) for key, part in tables.items()}
    alike = pd.Series(scores).duplicated(keep=False).tolist() if scores else []
    for artefact, level in sorted((key for key, same in zip(tables, alike, strict=True) if same), key=_clean_first):
        name, pixels = condition_name(artefact, level), _pixels_digest(run, artefact, level)
        if pixels and (other := first.setdefault((scores[artefact, level], pixels), name)) != name:
            copies[name] = other
    return copies


def judge_once(decisions: Sequence[Decision], copies: Mapping[str, str]) -> Iterator[Decision]:
    """Leave out decisions on copies, and name the copies in the decision on what they repeat.

    A decision on several conditions has no copy; that on an artefact of one intensity may have.
    """
    judged = {(one.criterion.name, _only_condition(one)) for one in decisions}
    for decision in decisions:
        criterion, condition = decision.criterion.name, _only_condition(decision)
        if condition is None:
            yield decision
        elif (criterion, copies.get(condition)) not in judged - {(criterion, None)}:
            own = [copy for copy, of in copies.items() if of == condition and (criterion, copy) in judged]
            yield replace(decision, copies=tuple(own))


def _only_condition(decision: Decision) -> str | None:
    """Name of the condition that a decision is on; None where it is on several."""
    difference = decision.difference
    return condition_name(difference.artefact, difference.levels[0]) if len(difference.levels) == 1 else None


def _clean_first(key: tuple[str, float]) -> tuple[bool, tuple[str, float]]:
    return key[0] != CLEAN, key


def _scores_digest(rows: pd.DataFrame) -> str:
    """Digest of every score of both runs on every patch."""
    values = rows.drop(columns=[*CONDITION, "_merge"]).sort_values(["frame", "patch"])
    return hashlib.sha256(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes()).hexdigest()


def _pixels_digest(run: RunManifest, artefact: str, level: float) -> str:
    """Digest of what a condition makes of the probe images; empty where that cannot be known."""
    try:
        steps = _steps(run, artefact, level)
        digest = hashlib.sha256(str([step.view_side(at, PATCH_SIDE) for step, at in steps] or [PATCH_SIDE]).encode())
        for number, probe in enumerate(_probes()):
            image, labels = probe, (probe > probe.mean()).astype(np.int32)
            for step, at in steps:
                image, labels = step.distort(image, labels, at, generator(0, "copies", number, step.name))
            digest.update(str(image.shape).encode() + image.tobytes() + labels.tobytes())
    except Exception:  # an artefact may be third-party code, or not be installed here
        return ""
    return digest.hexdigest()


def _steps(run: RunManifest, artefact: str, level: float) -> list[tuple[Artefact, float]]:
    """The artefacts that act under a condition, with their intensities."""
    if artefact == CLEAN:
        return []
    if (pair := run.artefacts[artefact].together) is not None:
        return [(ARTEFACTS.get(name), at) for name, at in pair.steps(level)]
    return [(ARTEFACTS.get(artefact), level)]


@cache
def _probes() -> list[Image]:
    """Images of many ranges of grey levels; read-only."""
    images = []
    for number, (darkest, brightest) in enumerate(_LEVELS):
        noise = generator(0, "copies", number).random((_SIDE, _SIDE), dtype=np.float32)
        image = np.float32(darkest) + noise * np.float32(brightest - darkest)
        image.flags.writeable = False
        images.append(image)
    return images
