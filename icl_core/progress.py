"""How slow work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

ProgressCallback = Callable[[float], None]
"""Told the share of the work that is done, from 0 to 1; may raise to stop it."""


def silent(_: float) -> None:
    """No progress is wanted."""


def part_of(progress: ProgressCallback, part: int, parts: int) -> ProgressCallback:
    """Tell ``progress`` how far the whole is when one of its equal parts tells how far it is."""
    return lambda done: progress((part + done) / parts)
