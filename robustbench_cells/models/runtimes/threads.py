"""How many threads a process may use beside others of a run."""

from __future__ import annotations

import os

_COUNTS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")  # read as TensorFlow starts


def share_cores(processes: int) -> None:
    """Leave this process its share of the cores, so that processes times threads is the number of cores."""
    limit_threads(max(1, (os.cpu_count() or 1) // processes))


def threads_given() -> int:
    """The number that was set for this process; 0 where none was, and a library may take all cores."""
    count = os.environ.get(_COUNTS[0], "").partition(",")[0]  # OpenMP takes one for each level
    return int(count) if count.isdecimal() else 0


def limit_threads(threads: int) -> None:
    """Use so many threads, to be called before a model is loaded. A count that the environment sets already stays."""
    import cv2

    for name in _COUNTS:
        os.environ.setdefault(name, str(threads))
    cv2.setNumThreads(threads)
