"""A text field takes what is pasted at once, not only when it is left."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.components.join import join

_mount = st.components.v2.component(
    "on_paste",
    html='<span data-role="on_paste"></span>',
    js=join(Path(__file__).parent / "on_paste.js"),
)


def take_at_once(key: str, label: str) -> None:
    """Have the text area of this label hand over what is pasted into it."""
    _mount(key=key, data={"label": label}, height=1)
