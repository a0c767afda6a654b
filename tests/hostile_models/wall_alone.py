"""A run of hostile files that nobody vets: ``python -m tests.hostile_models.wall_alone SETTINGS`` (JSON).

It prints what became of each as JSON, then the largest resident size that one of its processes had.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np

from robustbench_cells.errors import ModelError
from robustbench_cells.models.isolation.host import Host
from robustbench_cells.models.isolation.messages import ModelReference
from robustbench_cells.models.isolation.wall import Wall

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 256, 256)).astype(np.float32)
PREDICTED = "predicted"


def try_all(loader: str, seconds: float, memory: float, sound: str, files: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Predict by each file, and by the sound model after it, through one host."""
    with closing(Host(Wall(seconds=seconds, memory=memory), loader)) as host:
        expected = host.predict(_data(sound), IMAGES)
        for name, path in files.items():
            said = _try_one(host, path)
            found = host.predict(_data(sound), IMAGES)
            yield {"name": name, "said": said, "sound": bool((found == expected).all())}
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    yield {"peak": peak * (1 if sys.platform == "darwin" else 1024), "expected": expected.tolist()}


def _try_one(host: Host, path: str) -> str:
    try:
        host.predict(_data(path), IMAGES)
    except ModelError as error:
        return f"{type(error).__name__}: {error}"
    return PREDICTED


def _data(path: str) -> ModelReference:
    """A model of the process that all share."""
    return ModelReference(path, trusted=False, is_data=True)


if __name__ == "__main__":
    logging.disable()  # what the files have their libraries write
    for line in try_all(**json.loads(sys.argv[1])):
        print(json.dumps(line), flush=True)
