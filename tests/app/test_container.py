"""A container's share of its machine, read as both versions of control groups tell it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ui.work.container import cores, memory, whole_cores

MACHINE = len(os.sched_getaffinity(0))


def made(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "share", "most"),
    [
        (
            {
                "proc/self/cgroup": "0::/\n",
                "sys/fs/cgroup/cpu.max": "50000 100000\n",
                "sys/fs/cgroup/memory.max": "1572864000\n",
            },
            0.5,
            1_572_864_000,
        ),
        (
            {
                "proc/self/cgroup": "0::/pods/lab\n",
                "sys/fs/cgroup/pods/cpu.max": "25000 100000\n",
                "sys/fs/cgroup/pods/lab/cpu.max": "max 100000\n",
                "sys/fs/cgroup/pods/lab/memory.max": "max\n",
                "sys/fs/cgroup/memory.max": "1000000\n",
            },
            0.25,
            1_000_000,
        ),
        (
            {
                "proc/self/cgroup": "5:cpu,cpuacct:/d/1\n3:memory:/d/1\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "75000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/memory/d/1/memory.limit_in_bytes": "2000000\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            0.75,
            2_000_000,
        ),
    ],
)
def test_the_smallest_share_counts(
    tmp_path: Path, files: dict[str, str], share: float, most: int
) -> None:
    root = made(tmp_path, files)
    assert cores(root) == share
    assert memory(root) == most
    assert whole_cores(root) == 1


@pytest.mark.parametrize("files", [{}, {"proc/self/cgroup": "1:cpu:/\n"}])
def test_without_limits_it_is_the_machine(tmp_path: Path, files: dict[str, str]) -> None:
    root = made(tmp_path, files)
    assert cores(root) == MACHINE
    assert memory(root) > 10**8
