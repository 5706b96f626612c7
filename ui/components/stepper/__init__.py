"""The stepper: a program's residual stream, layer by layer, stepped through in the browser.

It looks and is built like the task pad, whose styles it shares. Data goes down as one
dictionary; when a visitor comes to rest at a step, a message comes up that
`ui.components.pad.read_message` reads.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.components.component import component

_mount = component("stepper", Path(__file__).parent)


def stepper(*, key: str, data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Show the stepper. ``on_message`` runs when `read_message` has something new."""
    _mount(key=key, data=data, default={"message": None}, on_message_change=on_message)
