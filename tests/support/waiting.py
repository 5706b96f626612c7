"""Waiting for what is meant, not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0  # s; for machines that do something else besides


def eventually(holds: Callable[[], object], *, every: float = 0.05) -> None:
    """Wait until something holds; it is asked again every so many seconds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(every)
