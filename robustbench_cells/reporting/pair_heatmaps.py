"""Two artefacts at once as a table: the mean Jaccard of a segmenter at each pair of intensities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from robustbench_cells.results.manifest import ArtefactInfo
from robustbench_cells.results.tables import Results
from robustbench_cells.types import REFERENCE

Scores = Mapping[tuple[float, float], float]


@dataclass(frozen=True)
class PairMap:
    """What two artefacts do together.

    Attributes
    ----------
    first, second
        The artefacts, in the order that they are applied.
    axes
        What the intensities of each are: its name, parameter and unit.
    rows, columns
        Their intensities; the neutral ones, where the other is alone, come first.
    scores
        Of each segmenter, the mean Jaccard at (row, column), where it ran.
    """

    first: str
    second: str
    axes: tuple[str, str]
    rows: tuple[float, ...]
    columns: tuple[float, ...]
    scores: Mapping[str, Scores]


def pair_maps(results: Results) -> list[PairMap]:
    """A map for each pair of artefacts that some segmenter but the background ran under."""
    facts = results.run.artefacts
    ran = set(results.records["artefact"])
    pairs: dict[tuple[str, str], dict[float, str]] = {}
    for name, one in facts.items():
        if name in ran and (parts := one.together):
            pairs.setdefault((parts.first, parts.second), {})[parts.intensity] = name
    maps = [_map(results, first, second, names) for (first, second), names in pairs.items()]
    return [pair for pair in maps if pair.scores]


def _map(results: Results, first: str, second: str, names: Mapping[float, str]) -> PairMap:
    facts, summary = results.run.artefacts, results.summary
    zeros = [facts[name].neutral if name in facts else 0.0 for name in (first, second)]
    scores: dict[str, dict[tuple[float, float], float]] = {}
    rows = summary[["segmenter", "artefact", "intensity", "jaccard"]].to_dict("records")
    for row in rows:
        if row["segmenter"] == REFERENCE:
            continue
        intensity = float(row["intensity"])
        places = [(fixed, intensity) for fixed, name in names.items() if name == row["artefact"]]
        if row["artefact"] == second:
            places.append((zeros[0], intensity))
        if row["artefact"] == first:
            places.append((intensity, zeros[1]))
        for place in places:
            scores.setdefault(str(row["segmenter"]), {})[place] = float(row["jaccard"])
    columns = sorted({*(summary.loc[summary["artefact"].isin(names.values()), "intensity"]), zeros[1]})
    axes = _axis(facts, first), _axis(facts, second)
    return PairMap(first, second, axes, tuple(sorted({*names, zeros[0]})), tuple(columns), scores)


def _axis(facts: Mapping[str, ArtefactInfo], name: str) -> str:
    return f"{name}, {facts[name].parameter} ({facts[name].unit})" if name in facts else name
