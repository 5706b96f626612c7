"""The browser's Back and Forward within a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ui.components.join import join

_mount = st.components.v2.component(
    "travels",
    html='<span data-role="travels"></span>',
    js=join(Path(__file__).parent / "travels.js"),
)


def watch(page: str, on_travel: Callable[[], None]) -> None:
    """Call ``on_travel``, and run the page, when the address has moved within ``page``."""
    _mount(key="travels", data={"page": page}, on_travelled_change=on_travel, height=1)
