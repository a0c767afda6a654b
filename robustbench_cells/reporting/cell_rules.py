"""What counts as a cell in a run, in words: without that no score of cells can be read."""

from __future__ import annotations

from robustbench_cells.results.manifest import RunManifest

_TRUTH = {
    "ids": "ids of the data set",
    "components": (
        "by components: the masks have no ids, so 8-connected pixels are one cell, and cells that touch count as one"
    ),
    "mixed": "ids of the data set, and by components (8-connected pixels) in frames whose mask has a single value",
}
_PREDICTION = {
    "labels": "labels of the model",
    "components": "8-connected components of the mask",
    "watershed": "the mask, cut by a watershed of the distance to its border",
}


def cell_lines(run: RunManifest) -> list[str]:
    """How true cells and those of each segmenter were told apart; empty for runs that do not know."""
    lines = []
    if truth := _TRUTH.get(run.dataset.instances):
        touching = (
            f", of which {run.dataset.touching:.1%} touch another" if run.dataset.instances != "components" else ""
        )
        lines.append(f"True cells: {truth}{touching}")
    if run.settings.edge_cells == "drop":
        lines.append("True cells whose larger part lies outside of their patch are left out of scores of cells")
    kinds: dict[str, list[str]] = {}
    for name, kind in run.instances.items():
        kinds.setdefault(kind, []).append(name)
    told = [f"{_PREDICTION[kind]} ({', '.join(names)})" for kind, names in sorted(kinds.items()) if kind in _PREDICTION]
    return [*lines, f"Predicted cells: {'; '.join(told)}"] if told else lines
