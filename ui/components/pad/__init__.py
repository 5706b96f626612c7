"""The task pad: a plane to draw on, drawn and answered in the browser's own time.

ES modules without a build step: `lab.js` holds a `state`, its `history` and the `channel`
to Python; `view.js` draws them. Data goes down as one dictionary, a message comes up as
``{"seq", "final", "changes"}``; at most one is in flight.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.component import component

_mount = component("task_pad", Path(__file__).parent)


def task_pad(
    *, key: str, data: dict[str, Any], on_message: Callable[[], None], hide: tuple[str, ...] = ()
) -> None:
    """Show the pad. ``on_message`` runs when `read_message` has something new.

    hide: parts that are left out, by their ``data-part`` in the pad's HTML.
    """
    side = ("side",) if {"methods", "task"} <= set(hide) else ()
    sent = {**data, "hide": (*hide, *side)}
    _mount(key=key, data=sent, default={"message": None}, on_message_change=on_message)


def read_message(key: str) -> tuple[int, bool, dict[str, Any]]:
    """The last message: its number, whether a gesture ended, and the changes.

    A message of any other shape reads as (0, False, {}).
    """
    state = st.session_state.get(key)
    message = state.get("message") if isinstance(state, dict) else getattr(state, "message", None)
    if not isinstance(message, dict):
        return 0, False, {}
    seq, changes = message.get("seq"), message.get("changes")
    if not isinstance(seq, int) or isinstance(seq, bool) or not isinstance(changes, dict):
        return 0, False, {}
    return seq, message.get("final") is True, changes


def is_moving(key: str) -> bool:
    """Whether a finger is down on a pad."""
    seq, final, _ = read_message(key)
    return seq > 0 and not final
