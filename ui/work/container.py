"""What this process may take of its machine: a container has a share of it, not all."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

UNLIMITED = 2**60  # bytes; version 1 says "no limit" by a number of about this size


def cores(root: Path = Path("/")) -> float:
    """Processor cores that this process may use: the smallest share of any group it is in."""
    shares = [float(len(os.sched_getaffinity(0)))]
    for group in _groups(root):
        quota, period = _words(group / "cpu.max", 2) or (
            *(_words(group / "cpu.cfs_quota_us", 1) or ("max",)),
            *(_words(group / "cpu.cfs_period_us", 1) or ("100000",)),
        )
        if quota not in ("max", "-1"):
            shares.append(int(quota) / int(period))
    return min(shares)


def memory(root: Path = Path("/")) -> int:
    """Bytes of memory that this process may use."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for group in _groups(root):
        for name in ("memory.max", "memory.limit_in_bytes"):
            (most,) = _words(group / name, 1) or ("max",)
            if most != "max" and int(most) < UNLIMITED:
                found.append(int(most))
    return min(found)


def whole_cores(root: Path = Path("/")) -> int:
    """Cores in whole numbers, of which there is at least one."""
    return max(1, math.floor(cores(root)))


def _groups(root: Path) -> Iterator[Path]:
    """The folders of this process's control groups and of all groups around them."""
    mounted = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = ["0::/"]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        top = mounted / controllers if controllers else mounted
        inner = top / path.lstrip("/")
        yield inner
        yield from (outer for outer in inner.parents if outer.is_relative_to(top))


def _words(path: Path, count: int) -> tuple[str, ...] | None:
    try:
        words = tuple(path.read_text().split())
    except OSError:
        return None
    return words if len(words) == count else None
