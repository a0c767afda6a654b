"""Threads per process, and predictions that do not depend on them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from robustbench_cells.models.loading import shipped_models
from robustbench_cells.models.runtimes.threads import share_cores
from tests.conftest import REPOSITORY
from tests.support.extras import needs

_PREDICT = """
import sys
import numpy as np
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.runtimes.threads import share_cores
share_cores(int(sys.argv[1]))
images = np.random.default_rng(0).uniform(0, 255, (3, 256, 256)).astype(np.float32)
np.save(sys.argv[2], load_segmenter(sys.argv[3]).predict(images))
"""


def test_processes_times_threads_is_the_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")  # set by the user, so it stays
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        monkeypatch.delenv(name, raising=False)
    import cv2

    before = cv2.getNumThreads()
    try:
        share_cores(4)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "2"
    assert os.environ["OMP_NUM_THREADS"] == "3"


@needs("keras")
def test_predictions_do_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    name = next(iter(shipped_models()))
    cores = os.cpu_count() or 1
    for processes in (1, cores):
        command = [sys.executable, "-c", _PREDICT, str(processes), str(tmp_path / f"{processes}.npy"), name]
        subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    np.testing.assert_array_equal(np.load(tmp_path / "1.npy"), np.load(tmp_path / f"{cores}.npy"))
