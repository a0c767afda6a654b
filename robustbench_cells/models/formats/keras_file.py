"""Models saved by Keras 3."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from robustbench_cells.errors import ArchiveError, ModelError
from robustbench_cells.files.archives import check_archive
from robustbench_cells.files.reading import require_file
from robustbench_cells.models.card import model_digest
from robustbench_cells.models.formats._base import FORMATS, FileModel
from robustbench_cells.models.runtimes.keras import KerasSegmenter, translate_errors
from robustbench_cells.models.runtimes.quiet import import_keras
from robustbench_cells.models.vetting import hdf5
from robustbench_cells.models.vetting.keras_config import MAX_BYTES, read_config
from robustbench_cells.models.vetting.keras_memory import check_size
from robustbench_cells.types import Segmenter

_MAX_FILES = 8
_MAX_RATIO, _SLACK = 4, 2**22  # Keras does not compress, weights hardly can be; text, in bytes, can
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@FORMATS.register
class KerasFile(FileModel):
    """A ``.keras`` file, which cannot execute code: it is validated before Keras reads it."""

    name = "keras"
    looks_like = "FILE.keras"
    extra = "keras"
    is_data = True

    def recognises(self, where: str) -> bool:
        """See `ModelFormat.recognises`."""
        return where.endswith(".keras")

    def load(self, where: str, *, trusted: bool) -> Segmenter:
        """See `ModelFormat.load`; trust changes nothing."""
        path = Path(where)
        require_file(path, hdf5.MAX_BYTES, ModelError)
        if not zipfile.is_zipfile(path):
            raise ModelError(f"{path}: is not a .keras file (a zip is expected) or is damaged; save it again")
        digest, interface = model_digest(path)
        config, weights = _read_content(path)
        checked = read_config(path, config, modules=True)
        numbers = hdf5.check_hdf5(path, weights)
        keras = import_keras()
        with translate_errors(path, "save it again with Keras 3"):
            batch = check_size(
                path, lambda: keras.saving.deserialize_keras_object(checked, safe_mode=True), numbers, interface
            )
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
            return KerasSegmenter(path.stem, model, digest, interface, batch)


def _read_content(path: Path) -> tuple[bytes, io.BytesIO]:
    """Validate the archive, and read the configuration and the weights."""
    try:
        max_bytes = min(hdf5.MAX_BYTES, _MAX_RATIO * path.stat().st_size + _SLACK)
        members = check_archive(path, max_bytes=max_bytes, max_files=_MAX_FILES)
    except ArchiveError as error:
        raise ModelError(str(error)) from error
    if unexpected := sorted(members.keys() - {_CONFIG, _METADATA, _WEIGHTS}):
        raise ModelError(f"{path}: has an unexpected file {unexpected[0]!r}; save it again with Keras 3")
    if (length := members.get(_CONFIG, 0)) > MAX_BYTES:
        raise ModelError(f"{path}: its configuration has {length} bytes, more than the {MAX_BYTES} allowed")
    with translate_errors(path, "save it again with Keras 3"), zipfile.ZipFile(path) as archive:
        return archive.read(_CONFIG), io.BytesIO(archive.read(_WEIGHTS))
