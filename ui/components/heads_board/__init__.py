"""A board of all heads of a network on the visitor's prompt, and the line that they leave.

It looks like the task pad, whose styles it shares. Data goes down as one dictionary; when
a visitor chooses, ``{"heads", "heads_do"}`` comes up, in the words of a link.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.component import component

_mount = component("heads_board", Path(__file__).parent, shared=("figures", "prompt_line"))


def heads_board(*, key: str, data: dict[str, Any], on_choice: Callable[[], None]) -> None:
    """Show what `ui.inside.heads.board` made. ``on_choice`` runs when `read_choice` is new."""
    _mount(key=key, data=data, on_chosen_change=on_choice)


def read_choice(key: str) -> dict[str, Any]:
    """The last choice, by the names of settings; empty where it has another shape."""
    state = st.session_state.get(key)
    chosen = state.get("chosen") if isinstance(state, dict) else getattr(state, "chosen", None)
    if not isinstance(chosen, dict):
        return {}
    return {name: chosen[name] for name in ("heads", "heads_do") if name in chosen}
