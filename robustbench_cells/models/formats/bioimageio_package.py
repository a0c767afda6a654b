"""Packages of the BioImage Model Zoo (https://bioimage.io)."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robustbench_cells.errors import ArchiveError, ModelError
from robustbench_cells.files.archives import unpack
from robustbench_cells.files.reading import require_file
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel, require_trust
from robustbench_cells.models.network import NetworkSegmenter
from robustbench_cells.types import Segmenter

_DESCRIPTIONS = ("bioimageio.yaml", "rdf.yaml")
_MAX_BYTES = 2 * 2**30  # of an unpacked package
_MAX_FILES = 1000


@FORMATS.register
class BioimageioPackage(FileModel):
    """A bioimage.io package, a folder or a zip with ``bioimageio.yaml`` or ``rdf.yaml``, run by bioimageio.core.

    The declared pre- and postprocessing is applied, in blocks with the declared halo. On loading, the package's own
    test images must give the declared result. ONNX weights are data; other weights need trust.
    """

    name = "bioimage.io package"
    looks_like = "PACKAGE.zip"
    extra = "bioimageio"

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".zip") or any((Path(where) / name).is_file() for name in _DESCRIPTIONS)

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`."""
        from robustbench_cells.models.runtimes.bioimageio import package_network, read_description

        path = Path(where)
        digest, interface = model_digest(path)
        with tempfile.TemporaryDirectory() as temporary:
            folder = path if path.is_dir() else _unpack(path, Path(temporary) / "package")
            description = next((folder / name for name in _DESCRIPTIONS if (folder / name).is_file()), None)
            if description is None:
                raise ModelError(f"{path}: has no {' or '.join(_DESCRIPTIONS)}; is it a bioimage.io package?")
            content = read_description(path, description)
            if "onnx" not in (weights := _weight_formats(path, content)):
                why = f"its weights ({', '.join(weights)}) are loaded by libraries that may execute their content"
                require_trust(where, why, trusted=trusted)
            network = package_network(path, folder, content, interface, onnx="onnx" in weights)
        return NetworkSegmenter(path.stem, network, digest, interface)


def _unpack(path: Path, folder: Path) -> Path:
    require_file(path, _MAX_BYTES, ModelError)
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path}: is not a zip file or is damaged; get a fresh copy")
    try:
        unpack(path, folder, max_bytes=_MAX_BYTES, max_files=_MAX_FILES)
    except ArchiveError as error:
        raise ModelError(str(error)) from error
    return folder


def _weight_formats(path: Path, content: Mapping[str, Any]) -> list[str]:
    weights = content.get("weights")
    if content.get("type") != "model" or not isinstance(weights, dict) or not weights:
        raise ModelError(
            f"{path}: its description is not that of a model with weights; is it another kind of resource?"
        )
    return sorted(map(str, weights))
