"""What probes read on the visitor's prompt, layer by layer, moving with the finger.

Built like the task pad, whose styles it shares. It only shows:
data goes down as one dictionary, nothing comes up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui.components.component import component

_mount = component("inside_view", Path(__file__).parent, shared=("figures",))


def inside_view(*, key: str, data: dict[str, Any]) -> None:
    """Show the readings of `ui.inside.numbers.live_readings` in the styles that ``data`` holds."""
    _mount(key=key, data=data)
