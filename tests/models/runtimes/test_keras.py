"""Shipped models predict alike on every installed backend of Keras."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.models.loading import shipped_models
from tests.support.extras import needs

PREDICT = """
import sys
import numpy as np
from robustbench_cells import load_segmenter, open_dataset
from robustbench_cells.models.loading import shipped_models

frames = open_dataset("synthetic", frames=1)
image = frames.read(frames.frames[0]).image[:256, :256][None]
np.savez(sys.argv[1], **{name: load_segmenter(name).predict(image) for name in shipped_models()})
"""


def predictions(backend: str, path: Path) -> dict[str, np.ndarray]:
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    run = subprocess.run(
        [sys.executable, "-c", PREDICT, str(path)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return dict(np.load(path))


@needs("keras")
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backends_agree(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    expected, found = (predictions(name, tmp_path / f"{name}.npz") for name in ("tensorflow", backend))
    assert set(expected) == set(found) == set(shipped_models())
    for name, probabilities in expected.items():
        np.testing.assert_allclose(found[name], probabilities, atol=2e-3, err_msg=name)
        assert ((found[name] > 0.5) != (probabilities > 0.5)).mean() < 1e-3
