"""Stored results as claims ask for them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from robustbench_cells.results import Results
from robustbench_cells.types import CLEAN, REFERENCE

ORIGINAL, AUGMENTED, DISTORTED = "unet_original", "unet_augmented", "unet_distorted"
NETWORKS = (ORIGINAL, AUGMENTED, DISTORTED)  # the paper's three
DOG, NLM = "dog_otsu", "nlm_otsu"


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
        return self.curve(segmenter, CLEAN).iloc[0]

    def curve(self, segmenter: str, artefact: str) -> pd.DataFrame:
        """The scores of a segmenter, a column each, by intensity from low to high."""
        scores = self.results.summary
        curve = scores[(scores["segmenter"] == segmenter) & (scores["artefact"] == artefact)]
        if curve.empty:
            raise NotTestedError(f"needs {segmenter} on {artefact}")
        return curve.set_index("intensity").sort_index()

    def steps(self, segmenter: str, artefact: str, least: int = 3) -> pd.DataFrame:
        """As `curve`, but of at least so many intensities."""
        curve = self.curve(segmenter, artefact)
        if len(curve) < least:
            raise NotTestedError(f"needs {segmenter} at {least} intensities of {artefact} or more, not {len(curve)}")
        return curve

    def background(self, artefact: str) -> pd.Series:
        """The accuracy of predicting only background, by intensity: the dotted line of the paper's figures."""
        return self.curve(REFERENCE, artefact)["accuracy"]

    def within(self) -> Evidence:
        """The evidence inside the field of interest."""
        if self.results.inside is None:
            raise NotTestedError(
                "needs a run inside the field of interest too: `--inside FOLDER` of the report command"
            )
        return Evidence(self.results.inside)
