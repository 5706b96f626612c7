"""What probes read on the visitor's prompt, layer by layer, moving with the finger.

Built like the task pad, whose styles and small helpers it shares. It only shows:
data goes down as one dictionary, nothing comes up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
PAD = HERE.parent / "pad"
SHARED = (PAD / "1_draw.js", PAD / "5_export.js")
_mount = st.components.v2.component(
    "inside_view",
    html=(HERE / "view.html").read_text(),
    css="\n".join(path.read_text() for path in (PAD / "pad.css", HERE / "view.css")),
    js="\n".join(path.read_text() for path in (*SHARED, HERE / "view.js")),
)


def inside_view(*, key: str, data: dict[str, Any]) -> None:
    """Show the readings of `ui.inside.live_readings` in the styles that ``data`` holds."""
    _mount(key=key, data=data)
