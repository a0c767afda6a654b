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


def true_cells(run: RunManifest) -> str:
    """What the true cells are, and how many of them touch; empty for runs that do not know."""
    truth = _TRUTH.get(run.dataset.instances, "")
    is_told = truth and run.dataset.instances != "components" and run.compared is None  # of two runs nobody counted
    return f"{truth}, of which {run.dataset.touching:.1%} touch another" if is_told else truth


def by_components(run: RunManifest) -> str:
    """What to add to the name of a score of cells; empty where the true cells are ids of the data set."""
    return {"components": "by components", "mixed": "in part by components"}.get(run.dataset.instances, "")


def predicted_cells(run: RunManifest, segmenter: str) -> str:
    """How the predicted cells of a segmenter were told apart; ``not recorded`` where the run does not know."""
    return _PREDICTION.get(run.instances.get(segmenter, ""), "not recorded")


def cell_lines(run: RunManifest) -> list[str]:
    """How true cells and those of each segmenter were told apart; empty for runs that do not know."""
    lines = [f"True cells: {truth}"] if (truth := true_cells(run)) else []
    if run.settings.edge_cells == "drop":
        lines.append("True cells whose larger part lies outside of their patch are left out of scores of cells")
    kinds: dict[str, list[str]] = {}
    for name, kind in run.instances.items():
        kinds.setdefault(kind, []).append(name)
    told = [f"{_PREDICTION[kind]} ({', '.join(names)})" for kind, names in sorted(kinds.items()) if kind in _PREDICTION]
    return [*lines, f"Predicted cells: {'; '.join(told)}"] if told else lines
