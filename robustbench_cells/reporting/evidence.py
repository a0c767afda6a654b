"""Stored results in the form that checks of claims need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE

ORIGINAL, AUGMENTED, DISTORTED = "unet_original", "unet_augmented", "unet_distorted"
NETWORKS = (ORIGINAL, AUGMENTED, DISTORTED)  # the three of the paper
DOG, NLM, BACKGROUND = "dog_otsu", "nlm_otsu", REFERENCE
_PAPER_MAXIMUM = {"illumination": 4000.0, "noise": 200.0}  # the end of the paper's own grids


class NotTestedError(Exception):
    """The results do not cover a claim; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The results that claims are checked on.

    Attributes
    ----------
    results
        Results scored to the border, as in the paper; optionally with those inside the field of interest.
    """

    results: Results

    def clean(self, segmenter: str) -> pd.Series:
        """Scores of a segmenter on clean patches."""
        return self._scores(segmenter, CLEAN, ("precision", "cells_predicted", "cells_true")).iloc[0]

    def curves(
        self, artefact: str, segmenters: Sequence[str], scores: Sequence[str], min_intensities: int = 3
    ) -> list[pd.DataFrame]:
        """Scores of each segmenter by intensity, ascending.

        Raises
        ------
        NotTestedError
            If the segmenters did not run at the same intensities, there are fewer than ``min_intensities``, they do not
            reach the end of the paper's own grid, or a score is undefined.
        """
        curves = [self._scores(segmenter, artefact, scores) for segmenter in segmenters]
        levels = curves[0].index
        for segmenter, curve in zip(segmenters, curves, strict=True):
            missing = [f"{level:g}" for level in levels.symmetric_difference(curve.index)]
            if missing:
                raise NotTestedError(
                    f"needs {segmenters[0]} and {segmenter} at the same intensities of {artefact}; one was not run at "
                    f"{', '.join(missing)}"
                )
        maximum = _PAPER_MAXIMUM.get(artefact, 0.0)
        if len(levels) < min_intensities or levels[-1] < maximum:
            end = f", up to {maximum:g}" if maximum else ""
            raise NotTestedError(f"needs {min_intensities} intensities of {artefact} or more{end}")
        return curves

    def zooms(self, segmenter: str, scores: Sequence[str]) -> pd.DataFrame:
        """Scores of a segmenter by zoom, with zoom 1, at least one below it and one above it."""
        (curve,) = self.curves("cell_size", (segmenter,), scores)
        if 1 not in curve.index or not curve.index[0] < 1 < curve.index[-1]:
            raise NotTestedError("needs cell_size at zoom 1, below it and above it")
        return curve

    def inside(self) -> Evidence:
        """The same evidence inside the field of interest."""
        if self.results.inside is None:
            raise NotTestedError(
                "needs a run inside the field of interest too: `python -m robustbench_cells.report --inside FOLDER`"
            )
        return Evidence(self.results.inside)

    def _scores(self, segmenter: str, artefact: str, scores: Sequence[str]) -> pd.DataFrame:
        table = self.results.summary
        rows = table[(table["segmenter"] == segmenter) & (table["artefact"] == artefact)]
        missing = [name for name in scores if name not in rows]
        if rows.empty or missing:
            raise NotTestedError(f"needs {', '.join([*missing, segmenter])} on {artefact}")
        curve = rows.set_index("intensity").sort_index()[list(scores)]
        for name in scores:
            if curve[name].isna().any():
                raise NotTestedError(f"the {name} of {segmenter} on {artefact} is undefined")
        return curve
