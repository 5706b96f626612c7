"""How many bad inputs a test of the fuzzing tries."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings

SHARE = 1.0 if os.environ.get("FUZZ") else 0.1
BOUND = timedelta(seconds=60)  # a single input that takes longer hangs
TRIED: Counter[str] = Counter()


def inputs(count: int) -> Callable[[Any], Any]:
    """Settings for a test of this many inputs; new ones each time in `make fuzz`."""
    return settings(
        max_examples=max(1, round(SHARE * count)),
        deadline=BOUND,
        derandomize=SHARE < 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def tried(what: str) -> None:
    """Note one input."""
    TRIED[what] += 1
