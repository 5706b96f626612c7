"""What of the pad the start page has no use for."""

from __future__ import annotations

from ui.lesson.steps import ALWAYS_OUT, PARTS
from ui.visitor import methods

SHOWN = (methods.NETWORK, "ridge")


def pad_out() -> tuple[str, ...]:
    """Parts of it, and methods."""
    return (*ALWAYS_OUT, *PARTS, *(name for name in methods.ids() if name not in SHOWN))
