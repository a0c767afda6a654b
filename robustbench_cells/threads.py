"""How many threads a process may use beside others of a run."""

from __future__ import annotations

import os

_COUNTS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")  # read as TensorFlow starts


def share_cores(processes: int) -> None:
    """Leave this process its share of the cores, so that processes times threads is the number of cores.

    A count that is set in the environment already stays as it is. To be called before a model is loaded.
    """
    import cv2

    threads = max(1, (os.cpu_count() or 1) // processes)
    for name in _COUNTS:
        os.environ.setdefault(name, str(threads))
    cv2.setNumThreads(threads)
