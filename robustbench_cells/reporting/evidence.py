"""Stored results as claims ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from robustbench_cells.results.tables import Results
from robustbench_cells.types import CLEAN, REFERENCE

ORIGINAL, AUGMENTED, DISTORTED = "unet_original", "unet_augmented", "unet_distorted"
NETWORKS = (ORIGINAL, AUGMENTED, DISTORTED)  # the paper's three
DOG, NLM, BACKGROUND = "dog_otsu", "nlm_otsu", REFERENCE
REACH = {"illumination": 4000.0, "noise": 200.0}  # how far the paper's own grids go


class NotTestedError(Exception):
    """The results do not hold what a claim needs; the message says what is missing."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a claim is judged by.

    Attributes
    ----------
    results
        Scored to the border, as in the paper, and perhaps inside the field of interest too.
    """

    results: Results

    def clean(self, segmenter: str) -> pd.Series:
        """The scores of a segmenter on clean patches."""
        return self._scores(segmenter, CLEAN, ("precision", "cells_predicted", "cells_true")).iloc[0]

    def curves(
        self, artefact: str, segmenters: Sequence[str], scores: Sequence[str], least: int = 3
    ) -> list[pd.DataFrame]:
        """The scores of each segmenter by intensity, from low to high, as far as the paper's own grid goes.

        Raises
        ------
        NotTestedError
            If one lacks an intensity that another has, all have fewer than ``least`` or do not go as far as the paper,
            or a score is undefined.
        """
        curves = [self._scores(segmenter, artefact, scores) for segmenter in segmenters]
        levels = curves[0].index
        for segmenter, curve in zip(segmenters, curves, strict=True):
            missing = [f"{level:g}" for level in levels.symmetric_difference(curve.index)]
            if missing:
                raise NotTestedError(
                    f"needs {segmenters[0]} and {segmenter} at the same intensities of {artefact}; one of them lacks "
                    f"{', '.join(missing)}"
                )
        if len(levels) < least or levels[-1] < REACH.get(artefact, 0):
            far = f", up to {REACH[artefact]:g}" if artefact in REACH else ""
            raise NotTestedError(f"needs {least} intensities of {artefact} or more{far}")
        return curves

    def zooms(self, segmenter: str, scores: Sequence[str]) -> pd.DataFrame:
        """The scores of a segmenter by zoom; zoom 1 is among them, and one below and one above it."""
        (curve,) = self.curves("cell_size", (segmenter,), scores)
        if 1 not in curve.index or not curve.index[0] < 1 < curve.index[-1]:
            raise NotTestedError("needs cell_size at zoom 1, below it and above it")
        return curve

    def within(self) -> Evidence:
        """The evidence inside the field of interest."""
        if self.results.inside is None:
            raise NotTestedError(
                "needs a run inside the field of interest too: `python -m robustbench_cells.report --inside FOLDER`"
            )
        return Evidence(self.results.inside)

    def _scores(self, segmenter: str, artefact: str, scores: Sequence[str]) -> pd.DataFrame:
        table = self.results.summary
        rows = table[(table["segmenter"] == segmenter) & (table["artefact"] == artefact)]
        absent = [name for name in scores if name not in rows]
        if rows.empty or absent:
            raise NotTestedError(f"needs {', '.join([*absent, segmenter])} on {artefact}")
        curve = rows.set_index("intensity").sort_index()[list(scores)]
        for name in scores:
            if curve[name].isna().any():
                raise NotTestedError(f"needs a {name} of {segmenter} on {artefact}, which is undefined")
        return curve
