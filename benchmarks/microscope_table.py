"""What each artefact costs each segmenter, as Markdown tables: the tables of docs/microscope.md.

pytest benchmarks/test_robustness.py --rb-profile=full --rb-dataset=DATA/PhC-C2DL-PSC --rb-reports=reports/full
python benchmarks/microscope_table.py reports/full
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path

from tabulate import tabulate

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.models.baselines import BASELINES
from robustbench_cells.results.scorecard import scorecards
from robustbench_cells.results.storage import load
from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE

DECIMALS = 3
CLEAR = 0.01  # of two areas, that is called a lead


def main() -> None:
    """Print the tables of a stored run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of stored results")
    results = load(parser.parse_args().run)
    print(over_each_artefact(results))
    print(f"\n{ranks(results)}")
    for family, artefacts in families(results).items():
        print(f"\n## {family}\n\n{at_each_intensity(results, artefacts)}")


def families(results: Results) -> Mapping[str, Sequence[str]]:
    """Artefacts of a run by family; what is no single artefact of this package is left out."""
    ran = set(results.records["artefact"])
    found: dict[str, list[str]] = {}
    for artefact in sorted(ARTEFACTS, key=lambda artefact: (artefact.family, artefact.name)):
        if artefact.name in ran:
            found.setdefault(artefact.family, []).append(artefact.name)
    return found


def over_each_artefact(results: Results) -> str:
    """Mean Jaccard on clean patches, and the normalised area under the curve of each artefact on its own scale."""
    areas = areas_of(results)
    rows = []
    for family, artefacts in {"": [CLEAN], **families(results)}.items():
        for number, artefact in enumerate(artefacts):
            rows.append([family if number == 0 else "", artefact, *in_bold(list(areas[artefact].values()))])
    return table(rows, ["family", "artefact", *areas[CLEAN]])


def areas_of(results: Results) -> Mapping[str, Mapping[str, float]]:
    """Clean score and normalised area of each artefact, by its name and then by segmenter."""
    cards = {card.segmenter: card for card in scorecards(results)}
    names = [name for name in results.run.segmenters if name in cards]
    clean = {name: cards[name].clean for name in names}
    areas = {name: {one: cards[one].areas[name].value for one in names} for name in cards[names[0]].areas}
    return {CLEAN: {name: figure.value for name, figure in clean.items() if figure is not None}, **areas}


def ranks(results: Results) -> str:
    """Where each network has the largest and the smallest area of all networks; leads of less than 0.01 in brackets."""
    areas = areas_of(results)
    networks = [name for name in areas[CLEAN] if name not in BASELINES]
    best: dict[str, list[str]] = {name: [] for name in networks}
    worst: dict[str, list[str]] = {name: [] for name in networks}
    for artefact, scores in areas.items():
        order = sorted(networks, key=lambda name: scores[name])
        for names, one, other in ((best, order[-1], order[-2]), (worst, order[0], order[1])):
            is_clear = abs(scores[one] - scores[other]) >= CLEAR
            names[one].append(artefact if is_clear else f"({artefact})")
    return "\n".join(
        f"- `{name}` is the best of the networks under {', '.join(best[name]) or 'none'}; the worst under "
        f"{', '.join(worst[name]) or 'none'}."
        for name in networks
    )


def at_each_intensity(results: Results, artefacts: Sequence[str]) -> str:
    """Mean Jaccard at each intensity of some artefacts."""
    summary = results.summary
    names = [name for name in results.run.segmenters if name != REFERENCE]
    means = summary.pivot(index=["artefact", "intensity"], columns="segmenter", values="jaccard")[names]

    def lines() -> Iterator[list[str]]:
        for artefact in artefacts:
            unit = results.run.artefacts[artefact].unit
            for number, (intensity, row) in enumerate(means.loc[artefact].iterrows()):
                yield [f"{artefact} ({unit})" if number == 0 else "", f"{intensity:g}", *in_bold(list(row))]

    return table(list(lines()), ["artefact", "intensity", *names])


def in_bold(scores: Sequence[float]) -> list[str]:
    """Scores as text, the best in bold; equal ones as displayed share it."""
    texts = ["" if isnan(score) else f"{score:.{DECIMALS}f}" for score in scores]
    best = max(texts)
    return [f"**{text}**" if text == best else text for text in texts]


def table(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> str:
    """A Markdown table; scores on the right."""
    align = ("left", "left", *["right"] * (len(headers) - 2))
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True, colalign=align)


if __name__ == "__main__":
    main()
