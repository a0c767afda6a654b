"""What several test files share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import hypothesis
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import strategies as st

from robustbench_cells.models.card import write_card
from robustbench_cells.models.export import export
from robustbench_cells.models.extras import missing_library
from robustbench_cells.types import Image, Labels, Sample
from tests.support.networks import save_tiny_network

pytest_plugins = ["pytester", "tests.support.kept_frames"]

hypothesis.settings.register_profile("ci", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=25)
hypothesis.settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """The tests' networks learnt nothing."""
    config.addinivalue_line("filterwarnings", "ignore::robustbench_cells.errors.DeclarationWarning")


LONG_FILES = (  # more than half a minute
    "engine/test_dask_backend.py",
    "hostile_models/test_wall_alone.py",
    "models/baselines/test_reference.py",
    "models/formats/test_formats_alike.py",
    "models/formats/test_stardist_model.py",
    "pytest_plugin/test_gate.py",
    "pytest_plugin/test_gate_table.py",
    "pytest_plugin/test_invalid_runs.py",
    "pytest_plugin/test_misbehaving_models.py",
    "pytest_plugin/test_plugin.py",
    "pytest_plugin/test_warm_runs.py",
    "reporting/outputs/test_outputs.py",
    "reporting/test_page.py",
    "test_docs.py",
    "test_examples.py",
    "test_fuzz.py",
    "test_light_core.py",
    "test_notebooks.py",
    "training/test_fit.py",
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Run long files first: a worker that takes one at the end works alone.

    All else stays in the order that pytest-randomly gave it.
    """
    yield
    long = {Path(__file__).parent / name for name in LONG_FILES}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """Exempt what all tests share from the collection of garbage, which visits it again and again."""
    gc.collect()
    gc.freeze()


REPOSITORY = Path(__file__).resolve().parents[1]
REAL_FRAMES = REPOSITORY.parent / "shared" / "data" / "PhC-C2DL-PSC"


@pytest.fixture(scope="session")
def real_frames() -> Path:
    """The reference data set; tests that take it skip where it is not."""
    if not REAL_FRAMES.is_dir():
        pytest.skip(f"the reference frames are not at {REAL_FRAMES}")
    return REAL_FRAMES


@contextmanager
def _files_left_open() -> Iterator[None]:
    """Collect files that bioimageio leaves open here, and not in a later test, where pytest would report them."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        yield
        gc.collect()
    finally:
        sys.unraisablehook = hook


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small network as ``mine.keras``, ``.onnx``, ``.zip`` (bioimage.io) and ``.xml`` (OpenVINO)."""
    for extra in ("export", "bioimageio", "openvino"):
        if missing_library(extra):
            pytest.skip(f"needs the extra '{extra}'")
    import openvino

    folder = tmp_path_factory.mktemp("formats")
    save_tiny_network(folder / "mine.keras", seed=1)
    write_card(folder / "mine.keras.toml", {"authors": ["A. Name"], "license": "CC-BY-4.0"})
    with _files_left_open():
        for target in ("onnx", "bioimageio"):
            assert "0.0000% of the pixels of two probe images differ" in export(str(folder / "mine.keras"), target)
    openvino.save_model(openvino.Core().read_model(folder / "mine.onnx"), folder / "mine.xml", compress_to_fp16=False)
    return folder


def draw_labels(shape: tuple[int, int], seed: int, cells: int = 8) -> Labels:
    """Discs of rising ids, later ones over earlier ones."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    for number in range(1, cells + 1):
        row, column = rng.integers(0, shape)
        cv2.circle(labels, (int(column), int(row)), int(rng.integers(3, 12)), number, -1)
    return labels


def sample_of(shape: tuple[int, int], seed: int = 0, frame: str = "7") -> Sample:
    """A frame whose cells are 200, on a background of 100 with a slope."""
    labels = draw_labels(shape, seed)
    image = np.where(labels > 0, 200, 100) + np.linspace(0, 20, shape[1])[None, :]
    return Sample("made/up", frame, image.astype(np.float32), labels)


def save_mask(path: Path, pixels: npt.NDArray[np.generic]) -> None:
    """Write pixels to a TIFF or PNG file, whole folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


@st.composite
def images(draw: st.DrawFn, smallest: int = 1, largest: int = 70) -> Image:
    """Grey images of any shape: noise, flat, or with two levels."""
    shape = draw(st.tuples(st.integers(smallest, largest), st.integers(smallest, largest)))
    kind = draw(st.sampled_from(["noise", "flat", "two levels", "saturated"]))
    if kind == "flat":
        return np.full(shape, draw(st.sampled_from([0, 1, 127.5, 255])), np.float32)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    if kind == "noise":
        return rng.uniform(0, 255, shape).astype(np.float32)
    if kind == "saturated":
        return rng.choice([0, 255, 255, 255], shape).astype(np.float32)
    return rng.choice([40, 41], shape).astype(np.float32)
