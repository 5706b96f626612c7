"""Keys that work wherever the focus is, unless what has it needs them for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from ui.components.join import join

_mount = st.components.v2.component(
    "page_keys",
    html='<span data-role="keys"></span>',
    js=join(Path(__file__).parent / "keys.js"),
)


def listen(key: str, bindings: Mapping[str, str], on_press: Callable[[str], None]) -> None:
    """Call ``on_press`` with the action of each key that is pressed.

    bindings: from the browser's name of a key ("ArrowRight", " ", "p") to an action.
    """

    def take() -> None:
        action = getattr(st.session_state[key], "pressed", None)
        if isinstance(action, str) and action in bindings.values():
            on_press(action)

    _mount(key=key, data={"bindings": dict(bindings)}, on_pressed_change=take, height=1)
