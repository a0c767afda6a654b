"""Model names and files into segmenters."""

from __future__ import annotations

from pathlib import Path

from robustbench_cells.errors import ModelError
from robustbench_cells.models._registry import FORMATS, ModelFormat
from robustbench_cells.types import Segmenter

_HERE = Path(__file__).resolve()
_FOLDERS = (_HERE.parent / "shipped", _HERE.parents[2] / "models")  # an installed package's, a checkout's


def shipped_models() -> dict[str, Path]:
    """The model files that come with the package, by name."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    paths = sorted(folder.iterdir()) if folder else []
    return {path.stem: path for path in paths if _format_of(path)}


def load_segmenter(name_or_file: str) -> Segmenter:
    """A model, by the name of a shipped one or by its file.

    Raises
    ------
    ModelError
        If there is no such model, or it cannot be used.
    """
    shipped = shipped_models()
    path = shipped.get(name_or_file, Path(name_or_file))
    if not path.exists():
        raise ModelError(f"{name_or_file}: no such model file; shipped models: {', '.join(shipped) or 'none'}")
    model_format = _format_of(path)
    if model_format is None:
        known = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
        raise ModelError(f"{path}: not a model format that is known here ({known})")
    return model_format.load(path)


def _format_of(path: Path) -> ModelFormat | None:
    return next((known for known in FORMATS if path.suffix in known.suffixes), None)
