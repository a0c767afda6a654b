"""Combined artefacts as a table: mean Jaccard of a segmenter at each pair of intensities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from robustbench_cells.results.artefact_info import ArtefactInfo, CombinationInfo
from robustbench_cells.results.manifest import RunManifest
from robustbench_cells.results.tables import Results
from robustbench_cells.results.units import Unit
from robustbench_cells.types import CLEAN, REFERENCE

Scores = Mapping[tuple[float, float], float]


@dataclass(frozen=True)
class PairMap:
    """Scores under two combined artefacts.

    Attributes
    ----------
    first, second
        Names of the artefacts, in the order in which they are applied.
    axes
        Label of each axis: name, parameter and unit of the artefact.
    rows, columns
        Intensities of the first and of the second; at the neutral ones, which come first, the other acts alone. An
        artefact that did not run alone has none.
    scores
        Mean Jaccard of each segmenter at (row, column), where it ran.
    """

    first: str
    second: str
    axes: tuple[str, str]
    rows: tuple[float, ...]
    columns: tuple[float, ...]
    scores: Mapping[str, Scores]


def pair_maps(results: Results) -> list[PairMap]:
    """One map per pair of artefacts under which a segmenter other than the background ran."""
    ran = set(results.records["artefact"])
    pairs: dict[tuple[str, str], dict[str, CombinationInfo]] = {}
    for name, info in results.run.artefacts.items():
        if name in ran and (parts := info.together):
            pairs.setdefault((parts.first, parts.second), {})[name] = parts
    maps = [_map(results, first, second, combined) for (first, second), combined in pairs.items()]
    return [pair for pair in maps if pair.scores]


def _map(results: Results, first: str, second: str, combined: Mapping[str, CombinationInfo]) -> PairMap:
    artefacts = results.run.artefacts
    scores: dict[str, dict[tuple[float, float], float]] = {}
    rows = results.summary[["segmenter", "artefact", "intensity", "jaccard"]].to_dict("records")
    neutral = _neutral(results.run, first), _neutral(results.run, second)
    is_clean = all(name in artefacts and artefacts[name].is_clean_at_neutral for name in (first, second))
    for row in rows:
        if row["segmenter"] != REFERENCE and (row["artefact"] != CLEAN or is_clean):
            for place in _places(str(row["artefact"]), float(row["intensity"]), (first, second), neutral, combined):
                scores.setdefault(str(row["segmenter"]), {})[place] = float(row["jaccard"])
    conditions = results.summary[["artefact", "intensity"]].to_dict("records")
    steps = [combined[one["artefact"]].steps(one["intensity"]) for one in conditions if one["artefact"] in combined]
    levels = [[step[which][1] for step in steps] for which in (0, 1)]
    return PairMap(
        first,
        second,
        (_axis(results.run, first), _axis(results.run, second)),
        _in_order(levels[0], neutral[0]),
        _in_order(levels[1], neutral[1]),
        scores,
    )


def _places(
    artefact: str,
    intensity: float,
    names: tuple[str, str],
    neutral: tuple[float | None, float | None],
    combined: Mapping[str, CombinationInfo],
) -> Iterator[tuple[float, float]]:
    """Where the scores of a condition stand; ``clean`` is where both artefacts are neutral."""
    one, other = neutral
    if artefact in combined:
        (_, row), (_, column) = combined[artefact].steps(intensity)
        yield row, column
    if artefact == names[0] and other is not None:
        yield intensity, other
    if artefact == names[1] and one is not None:
        yield one, intensity
    if artefact == CLEAN and one is not None and other is not None:
        yield one, other


def _neutral(run: RunManifest, name: str) -> float | None:
    """The neutral intensity of an artefact that ran alone."""
    return run.artefacts[name].neutral if name in run.artefacts else None


def _in_order(levels: Iterable[float], neutral: float | None) -> tuple[float, ...]:
    others = sorted({*levels} - {neutral})
    return tuple(others) if neutral is None else (neutral, *others)


def _axis(run: RunManifest, name: str) -> str:
    info = run.artefacts.get(name) or _swept_info(run, name)
    return f"{name}, {info.parameter} ({Unit(info.unit, run.settings.pixel_size).label})" if info else name


def _swept_info(run: RunManifest, name: str) -> ArtefactInfo | None:
    """What the run says of an artefact that is swept in a pair, and did not run alone."""
    return next((one for one in run.artefacts.values() if one.together and one.together.swept == name), None)
