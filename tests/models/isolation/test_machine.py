"""The memory of a machine or a container, by files as Linux shows them."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from robustbench_cells.models.isolation.machine import machine_memory

TOTAL = psutil.virtual_memory().total
GROUPS: dict[str, tuple[str, dict[str, str], int]] = {
    "version 2, in a container": ("0::/\n", {"memory.max": "1073741824\n"}, 2**30),
    "version 2, without a limit": ("0::/user.slice\n", {"user.slice/memory.max": "max\n"}, TOTAL),
    "version 2, of a group above": (
        "0::/machine.slice/pod/app\n",
        {"machine.slice/pod/memory.max": "536870912\n", "machine.slice/pod/app/memory.max": "max\n"},
        2**29,
    ),
    "version 1, in a container": (
        "9:name=systemd:/docker/ab\n4:cpu,memory:/docker/ab\n0::/\n",
        {"memory/memory.limit_in_bytes": "1073741824\n"},
        2**30,
    ),
    "version 1, of its own group": (
        "4:memory:/jobs/1\n",
        {"memory/jobs/1/memory.limit_in_bytes": "536870912\n", "memory/memory.limit_in_bytes": f"{2**63 - 4096}\n"},
        2**29,
    ),
    "more than the machine has": ("0::/\n", {"memory.max": f"{2 * TOTAL}\n"}, TOTAL),
    "of another controller": ("3:cpuset:/\n", {"memory.max": "1\n", "memory/memory.limit_in_bytes": "1\n"}, TOTAL),
}


@pytest.mark.parametrize(("lines", "files", "wanted"), GROUPS.values(), ids=GROUPS)
def test_memory_is_at_most_that_of_the_control_group(
    lines: str, files: dict[str, str], wanted: int, tmp_path: Path
) -> None:
    for name, content in {"proc/self/cgroup": lines, **{f"sys/fs/cgroup/{one}": files[one] for one in files}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert machine_memory(tmp_path) == wanted


def test_memory_is_that_of_the_machine_where_there_are_no_groups(tmp_path: Path) -> None:
    assert machine_memory(tmp_path) == TOTAL
    assert 0 < machine_memory() <= TOTAL
