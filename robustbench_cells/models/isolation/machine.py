"""The memory of the machine, or of the container that this process runs in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

_ROOT = Path("/")


def machine_memory(root: Path = _ROOT) -> int:
    """Bytes of memory that all processes here may have together.

    Parameters
    ----------
    root
        Root of the file system.

    Notes
    -----
    A container's limit is that of its control group or of one above it: ``memory.max`` of version 2,
    ``memory.limit_in_bytes`` of version 1 (https://docs.kernel.org/admin-guide/cgroup-v2.html). psutil knows neither.
    """
    return min([psutil.virtual_memory().total, *_group_limits(root)])


def _group_limits(root: Path) -> list[int]:
    limits = []
    for file in _limit_files(root):
        with suppress(OSError, ValueError):  # a group that the container does not see; "max"
            limits.append(int(file.read_text()))
    return limits


def _limit_files(root: Path) -> Iterator[Path]:
    groups = root / "sys" / "fs" / "cgroup"
    lines: list[str] = []
    with suppress(OSError):  # another system than Linux
        lines = (root / "proc" / "self" / "cgroup").read_text().splitlines()
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            top, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        inner = Path(path.lstrip("/"))
        yield from (top / one / name for one in (inner, *inner.parents))
