"""Loss and excess of the runs, growing while they train, and a slider through the snapshots.

Built like the task pad, whose styles and small helpers it shares. Data goes down as
one dictionary; a message that `ui.pad.read_message` reads comes up when another
snapshot is picked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
PAD = HERE.parent / "pad"
SHARED = (PAD / "1_draw.js", PAD / "5_export.js")
_mount = st.components.v2.component(
    "training_view",
    html=(HERE / "view.html").read_text(),
    css="\n".join(path.read_text() for path in (PAD / "pad.css", HERE / "view.css")),
    js="\n".join(path.read_text() for path in (*SHARED, HERE / "view.js")),
)


def training_view(*, key: str, data: dict[str, Any], on_message: Callable[[], None]) -> None:
    """Show the curves of `ui.train.curves`."""
    _mount(key=key, data=data, default={"message": None}, on_message_change=on_message)
