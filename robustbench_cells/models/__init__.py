"""The U-Net, and one file for each model format, found by its registration."""

from robustbench_cells.models._cards import card_path, checked_digest, read_card, write_card
from robustbench_cells.models._keras import KerasSegmenter, jit_setting
from robustbench_cells.models._loading import load_segmenter, shipped_models
from robustbench_cells.models._quiet import import_keras
from robustbench_cells.models._registry import FORMATS
from robustbench_cells.models.unet import build_unet, to_unit

__all__ = [
    "FORMATS",
    "KerasSegmenter",
    "build_unet",
    "card_path",
    "checked_digest",
    "import_keras",
    "jit_setting",
    "load_segmenter",
    "read_card",
    "shipped_models",
    "to_unit",
    "write_card",
]
