"""Models that misbehave, each in its own way, at their third batch after they were loaded."""

from __future__ import annotations

from pathlib import Path

NAME = "misbehaving"
LEVEL = 115  # grey level above which they find cells
_MODULE = f"""
import os, signal, sys, threading, time
import numpy as np

AT = 7  # the probe takes four batches


class Model:
    digest = "1"

    def __init__(self, misbehave):
        self.calls, self.misbehave = 0, misbehave

    def predict(self, images):
        self.calls += 1
        found = (images > {LEVEL}).astype(np.float32)
        if self.calls >= AT:
            self.misbehave(images)
        return found * (np.nan if self is wrong and self.calls >= AT else 1)


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
wrong = Model(lambda images: None)
hanging = Model(lambda images: time.sleep(1e6))
stopping = Model(lambda images: os.kill(os.getpid(), signal.SIGSTOP))
greedy = Model(takes_memory)
leaving = Model(lambda images: os._exit(0))
exiting = Model(lambda images: sys.exit(0))
killed = Model(lambda images: os.kill(os.getpid(), signal.SIGKILL))
loud = Model(writes)
late = Model(ends_later)
forking = Model(starts_another)
threaded = Model(lambda images: threading.Thread(target=time.sleep, args=[1e6]).start())
changing = Model(lambda images: images.fill(0))
closing = Model(lambda images: os.closerange(3, 100))


def environment(images):
    raise ValueError(" ".join([os.getcwd(), *sorted(os.environ)]))


environment.digest = "1"
"""


def write_models(folder: Path) -> None:
    """Write the module."""
    (folder / f"{NAME}.py").write_text(_MODULE)
