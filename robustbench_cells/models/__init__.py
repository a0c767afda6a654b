"""The U-Net, and one file for each model format, found by its registration."""

from robustbench_cells.models._cards import card_path, identity, read_card, write_card
from robustbench_cells.models._frames import predict_frame
from robustbench_cells.models._interface import Interface, declared
from robustbench_cells.models._keras import KerasSegmenter, jit_setting
from robustbench_cells.models._loading import format_of, known_format, load_segmenter, segmenter_name, shipped_models
from robustbench_cells.models._network import probe_images
from robustbench_cells.models._quiet import errors_only, import_keras, without_bars
from robustbench_cells.models._registry import FORMATS
from robustbench_cells.models.unet import build_unet, to_unit

__all__ = [
    "FORMATS",
    "Interface",
    "KerasSegmenter",
    "build_unet",
    "card_path",
    "declared",
    "errors_only",
    "format_of",
    "identity",
    "import_keras",
    "jit_setting",
    "known_format",
    "load_segmenter",
    "predict_frame",
    "probe_images",
    "read_card",
    "segmenter_name",
    "shipped_models",
    "to_unit",
    "without_bars",
    "write_card",
]
