"""The Cell Tracking Challenge's pancreatic stem cells."""

from __future__ import annotations

from robustbench_cells.datasets.catalogue._base import CATALOGUE, PublicSet


@CATALOGUE.register
class PhcC2dlPsc(PublicSet):
    """Pancreatic stem cells in phase contrast, 720×576, 1.6 µm per pixel: the challenge's training set."""

    name = "phc-c2dl-psc"
    folder = "PhC-C2DL-PSC"
    url = "http://data.celltrackingchallenge.net/training-datasets/PhC-C2DL-PSC.zip"
    sha256 = ""
    split = "02/ST"
    max_bytes = 2**33
    max_files = 20_000
    provider = "Dr. T. Becker, Fraunhofer Institution for Marine Biotechnology, Lübeck, Germany"
    citation = (
        "Ulman et al., An objective comparison of cell-tracking algorithms, Nature Methods 14 (2017) 1141-1152, "
        "doi:10.1038/nmeth.4473"
    )
    terms = (
        "The Cell Tracking Challenge's conditions of use: cite the paper above and acknowledge the challenge; other "
        "scientific use needs the provider's permission, commercial use also the organisers'. "
        "See http://celltrackingchallenge.net/2d-datasets/"
    )
