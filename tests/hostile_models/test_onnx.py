"""Hostile ONNX graphs are refused by our own checks, before they take time or memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.models.loading import load_segmenter
from tests.conftest import REPOSITORY
from tests.hostile_models.trap import Trap
from tests.support.extras import needs
from tests.support.networks import convolution, onnx_graph, save_graph

pytestmark = needs("onnx")

LIMITED = """
import resource, sys
from robustbench_cells.errors import ModelError
from robustbench_cells.models.loading import load_segmenter
load_segmenter(sys.argv[1])  # onnx, onnxruntime and their threads have started
virtual = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (virtual + 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))  # for all files
for path in sys.argv[2:]:
    try:
        load_segmenter(path)
    except ModelError as error:
        print(" ".join(str(error).split()))
    else:
        print("loaded", path)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process need Linux")
def test_hostile_graphs_are_refused_within_limits(trap: Trap, tmp_path: Path) -> None:
    from tests.hostile_models import onnx_files as hostile

    paths = {}
    for name, build in hostile.GRAPHS.items():
        paths[name] = save_graph(build(), tmp_path / f"{len(paths)}.onnx")
    for name, content in hostile.FILES.items():
        paths[name] = tmp_path / f"{len(paths)}.onnx"
        paths[name].write_bytes(content)
    (tmp_path / "overlaps").mkdir()
    paths["overlapping tensors"] = hostile.save_with_overlaps(tmp_path / "overlaps")
    valid = save_graph(onnx_graph(*convolution()), tmp_path / "valid.onnx")
    before = set(tmp_path.rglob("*"))
    command = [sys.executable, "-c", LIMITED, str(valid), *map(str, paths.values())]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    refused = dict(zip(paths, done.stdout.splitlines(), strict=True))
    for name, line in refused.items():
        assert str(paths[name]) in line, name
        for theirs in ("loaded", "cannot be loaded", "onnxruntime cannot load it", "MemoryError", "bad_alloc"):
            assert theirs not in line, (name, line)  # refused by own checks, not by a version of a library
    assert not trap.sprung
    assert set(tmp_path.rglob("*")) == before


def test_file_is_read_as_its_bytes_say(tmp_path: Path) -> None:
    """onnx would parse text by the end of a file's name."""
    from robustbench_cells.models.vetting.onnx_graph import read_graph

    path = save_graph(onnx_graph(*convolution()), tmp_path / "net.onnx")
    path.rename(tmp_path / "net.json")
    assert len(read_graph(tmp_path / "net.json").graph.node) == 2
    (tmp_path / "net.json").rename(path)
    assert load_segmenter(str(path)).name == "net"
