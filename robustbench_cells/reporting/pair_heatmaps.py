"""Combined artefacts as a table: mean Jaccard of a segmenter at each pair of intensities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from robustbench_cells.results.manifest import ArtefactInfo
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE

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
        Intensities of the first and of the second; at the neutral ones, which come first, the other acts alone.
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
    pairs: dict[tuple[str, str], dict[float, str]] = {}
    for name, info in results.run.artefacts.items():
        if name in ran and (parts := info.together):
            pairs.setdefault((parts.first, parts.second), {})[parts.intensity] = name
    maps = [_map(results, first, second, names) for (first, second), names in pairs.items()]
    return [pair for pair in maps if pair.scores]


def _map(results: Results, first: str, second: str, names: Mapping[float, str]) -> PairMap:
    artefacts, summary = results.run.artefacts, results.summary
    neutral = [artefacts[name].neutral if name in artefacts else 0.0 for name in (first, second)]
    scores: dict[str, dict[tuple[float, float], float]] = {}
    rows = summary[["segmenter", "artefact", "intensity", "jaccard"]].to_dict("records")
    for row in rows:
        if row["segmenter"] == REFERENCE:
            continue
        intensity = float(row["intensity"])
        places = [(fixed, intensity) for fixed, name in names.items() if name == row["artefact"]]
        if row["artefact"] == second:
            places.append((neutral[0], intensity))
        if row["artefact"] == first:
            places.append((intensity, neutral[1]))
        for place in places:
            scores.setdefault(str(row["segmenter"]), {})[place] = float(row["jaccard"])
    columns = sorted({*(summary.loc[summary["artefact"].isin(names.values()), "intensity"]), neutral[1]})
    axes = _axis(artefacts, first), _axis(artefacts, second)
    return PairMap(first, second, axes, tuple(sorted({*names, neutral[0]})), tuple(columns), scores)


def _axis(artefacts: Mapping[str, ArtefactInfo], name: str) -> str:
    return f"{name}, {artefacts[name].parameter} ({artefacts[name].unit})" if name in artefacts else name
