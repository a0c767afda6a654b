"""Valid ONNX networks of several libraries load, and give what onnxruntime gives without our checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robustbench_cells.models.card import write_card
from robustbench_cells.models.loading import load_segmenter
from robustbench_cells.models.probe import probe_images
from tests.support.networks import save_graph

onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra 'onnx'")
pytest.importorskip("onnx", reason="needs the extra 'onnx'")

from tests.support import onnx_networks as networks


def assert_alike(path: Path) -> None:
    images = probe_images()
    write_card(path.with_suffix(".toml"), {"input": {"layout": "NCHW"}})
    found = load_segmenter(str(path)).predict(images)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {session.get_inputs()[0].name: images[:, None]})
    np.testing.assert_allclose(found, np.clip(expected[:, 0], 0, 1), atol=1e-5)


@pytest.mark.parametrize(
    "build", [networks.torch_unet, networks.transformer, networks.with_functions, networks.with_branches]
)
def test_network_gives_what_onnxruntime_gives(build: Callable[[], Any], tmp_path: Path) -> None:
    assert_alike(save_graph(build(), tmp_path / "net.onnx"))


@pytest.mark.parametrize("how", ["QDQ", "QOperator", "dynamic"])
def test_quantised_network_gives_what_onnxruntime_gives(how: str, tmp_path: Path) -> None:
    assert_alike(networks.quantised(tmp_path, how))
