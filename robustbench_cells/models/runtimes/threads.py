"""Number of threads of a process, so that the processes of a run share the cores."""

from __future__ import annotations

import os

_COUNTS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")  # read when TensorFlow starts


def share_cores(processes: int) -> None:
    """Limit this process to its share of the cores, so that processes × threads = cores."""
    limit_threads(max(1, (os.cpu_count() or 1) // processes))


def configured_threads() -> int:
    """Read the number of threads set for this process; 0 if none is set, so that libraries use all cores."""
    count = os.environ.get(_COUNTS[0], "").partition(",")[0]  # OpenMP accepts one per nesting level
    return int(count) if count.isdecimal() else 0


def used_threads() -> int:
    """Number of threads that libraries use: the configured number, or one for each core."""
    return configured_threads() or os.cpu_count() or 1


def limit_threads(threads: int) -> None:
    """Set the number of threads, before any model is loaded; counts already in the environment take precedence."""
    import cv2

    for name in _COUNTS:
        os.environ.setdefault(name, str(threads))
    cv2.setNumThreads(threads)
