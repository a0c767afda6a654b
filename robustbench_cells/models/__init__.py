"""The U-Net, and one file for each model format, found by its registration."""

import os

from robustbench_cells.models._cards import card_path, write_card
from robustbench_cells.models._keras import KerasSegmenter, jit_setting
from robustbench_cells.models._loading import load_segmenter, shipped_models
from robustbench_cells.models._registry import FORMATS
from robustbench_cells.models.unet import build_unet

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's greetings would bury what we print

__all__ = [
    "FORMATS",
    "KerasSegmenter",
    "build_unet",
    "card_path",
    "jit_setting",
    "load_segmenter",
    "shipped_models",
    "write_card",
]
