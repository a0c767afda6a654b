"""Hostile OpenVINO graphs are refused by our own checks, before OpenVINO computes anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from tests.conftest import REPOSITORY
from tests.hostile_models.openvino_files import HOSTILE, Net
from tests.hostile_models.test_onnx import LIMITED
from tests.hostile_models.trap import Trap
from tests.support.extras import needs

pytestmark = needs("openvino")


def save_valid(folder: Path) -> Path:
    """A sigmoid of grey levels around 128, scaled by an array that is broadcast to the shape of the image."""
    net = Net()
    image, number = net.image(), net.constant(-128.0, "f32", "FP32")
    shape = net.add("ShapeOf", image, dims=(4,), precision="I64", version="opset3", output_type="i64")
    level = net.add("Broadcast", number, shape, dims=(-1, 1, 256, 256), version="opset3", mode="numpy")
    sums = net.add("Add", image, level, dims=(-1, 1, 256, 256), auto_broadcast="numpy")
    net.add("Result", net.add("Sigmoid", sums, dims=(-1, 1, 256, 256)))
    return net.save(folder)


def test_graph_of_the_tests_is_valid(tmp_path: Path) -> None:
    images = probe_images()
    expected = 1 / (1 + np.exp(128 - images.astype(np.float64)))
    np.testing.assert_allclose(load_segmenter(str(save_valid(tmp_path))).predict(images), expected, atol=1e-6)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process need Linux")
def test_hostile_graphs_are_refused_within_limits(trap: Trap, tmp_path: Path) -> None:
    paths = {}
    for name, build in HOSTILE.items():
        (tmp_path / str(len(paths))).mkdir()
        paths[name] = build(tmp_path / str(len(paths)))
    (tmp_path / "valid").mkdir()
    valid = save_valid(tmp_path / "valid")
    before = set(tmp_path.rglob("*"))
    command = [sys.executable, "-c", LIMITED, str(valid), *map(str, paths.values())]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for (name, path), line in zip(paths.items(), done.stdout.splitlines(), strict=True):
        assert str(path) in line, name
        for theirs in ("loaded", "cannot be loaded", "MemoryError", "bad_alloc", "Check '", "core/src"):
            assert theirs not in line, (name, line)  # refused by own checks, not by a version of a library
    assert not trap.sprung
    assert set(tmp_path.rglob("*")) == before
