"""A module of models that misbehave, each in its own way at its third batch after it was loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

MISBEHAVING = """
import os, signal, sys, threading, time
import numpy as np

AT = 7  # the probe takes four batches


class Model:
    digest = "1"

    def __init__(self, misbehave):
        self.calls, self.misbehave = 0, misbehave

    def predict(self, images):
        self.calls += 1
        if self.calls >= AT:
            self.misbehave(images)
        return (images > 150).astype(np.float32)


def raises(images):
    raise ZeroDivisionError("own mistake")


def takes_memory(images):
    kept = []
    while True:
        kept.append(np.ones(2**22))


def writes(images):
    print("own words \\x1b[31m")
    os.write(1, b"x" * 3_000_000)


def ends_later(images):
    threading.Timer(0.05, os._exit, [3]).start()


def starts_another(images):
    if not os.fork():
        time.sleep(1e6)


sound = Model(lambda images: None)
raising = Model(raises)
hanging = Model(lambda images: time.sleep(1e6))
deaf = Model(lambda images: (signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(1e6)))
stopping = Model(lambda images: os.kill(os.getpid(), signal.SIGSTOP))
greedy = Model(takes_memory)
leaving = Model(lambda images: os._exit(0))
exiting = Model(lambda images: sys.exit(0))
killed = Model(lambda images: os.kill(os.getpid(), signal.SIGKILL))
loud = Model(writes)
late = Model(ends_later)
forking = Model(starts_another)
changing = Model(lambda images: images.fill(0))
closing = Model(lambda images: os.closerange(3, 100))


def environment(images):
    raise ValueError(" ".join([os.getcwd(), *sorted(os.environ)]))


environment.digest = "1"
"""


@pytest.fixture(scope="session")
def misbehaving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module ``misbehaving``."""
    folder = tmp_path_factory.mktemp("misbehaving")
    (folder / "misbehaving.py").write_text(MISBEHAVING)
    return folder
