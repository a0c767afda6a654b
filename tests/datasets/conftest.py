"""A zip file as the Cell Tracking Challenge packs its own, and a server that offers it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.conftest import draw_labels
from tests.support.download_server import FOLDER, Server, zip_bytes
from tests.support.frame_files import WRITERS


@pytest.fixture(scope="session")
def challenge_zip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two sequences with silver truth, and a file outside their folder."""
    root = tmp_path_factory.mktemp("challenge")
    rng = np.random.default_rng(0)
    labels = np.stack([draw_labels((520, 530), seed, cells=60) for seed in (1, 2)]).astype(np.uint16)
    images = (np.where(labels > 0, 200, 90) + rng.integers(0, 40, labels.shape)).astype(np.uint8)
    WRITERS["cell_tracking_challenge"](root, images, labels)
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.tif")}
    files |= {name.replace("01", "02", 1): content for name, content in files.items()}
    return zip_bytes({f"{FOLDER}/{name}": content for name, content in files.items()} | {"__MACOSX/notes": b"none"})


@pytest.fixture
def server(challenge_zip: bytes) -> Iterator[Server]:
    with Server(challenge_zip) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """A function that returns what was printed since its last call, on one line."""

    def read() -> str:
        out, err = capsys.readouterr()
        return " ".join((out + err).split())

    return read
