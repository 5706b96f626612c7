"""How the project's own components are put together: plain files, no build step.

A component is a folder with one HTML file, its CSS and its JavaScript, whose files are
one module in the order of their names. Every component looks and draws like the task
pad, and takes the pad's styles and small helpers with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import streamlit as st

PAD = Path(__file__).parent / "pad"
HELPERS = (PAD / "1_draw.js", PAD / "5_export.js")  # drawing, and is it dark?


def component(name: str, folder: Path) -> Callable[..., Any]:
    """The component of a folder, to be called with ``key``, ``data`` and callbacks."""
    is_pad = folder == PAD
    styles = [] if is_pad else [PAD / "pad.css"]
    scripts = [] if is_pad else HELPERS
    return st.components.v2.component(
        name,
        html=_joined(folder.glob("*.html")),
        css=_joined([*styles, *folder.glob("*.css")]),
        js=_joined([*scripts, *sorted(folder.glob("*.js"))]),
    )


def _joined(paths: Iterable[Path]) -> str:
    return "\n".join(path.read_text() for path in paths)
