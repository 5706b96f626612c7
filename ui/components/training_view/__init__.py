"""Loss and excess of the runs, growing while they train, and a slider through the snapshots.

Built like the task pad, whose styles it shares. Data goes down as
one dictionary; a message that `ui.components.pad.read_message` reads comes up when another
snapshot is picked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.components.component import component

_mount = component("training_view", Path(__file__).parent)


def training_view(*, key: str, data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Show the curves of `ui.train.numbers.curves`."""
    _mount(key=key, data=data, default={"message": None}, on_message_change=on_message)
