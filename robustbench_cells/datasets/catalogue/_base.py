"""The registry of public data sets, and what each of them declares."""

from __future__ import annotations

from typing import Protocol

from robustbench_cells.registry import Registry


class PublicSet(Protocol):
    """A data set that its providers offer as one zip file.

    Attributes
    ----------
    name
        On the command line.
    folder
        Of the zip file that holds the frames, and so that of the data set; its path is part of no result.
    url
        Of the zip file.
    sha256
        Of the zip file, in hexadecimal; empty where nobody has measured it yet.
    split
        One to begin with.
    most_bytes, most_files
        More than these, packed or unpacked, and it is not this data set.
    provider, citation, terms
        Shown before anything is fetched.
    """

    name: str
    folder: str
    url: str
    sha256: str
    split: str
    most_bytes: int
    most_files: int
    provider: str
    citation: str
    terms: str


CATALOGUE: Registry[PublicSet] = Registry(
    "robustbench_cells.datasets.catalogue", "data set to download", PublicSet, "robustbench_cells.public_datasets"
)
