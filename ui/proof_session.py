"""What one visitor's session holds of the construction page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from ui import session
from ui.pad import read_message
from ui.proof import CODEC
from ui.screen import to_link
from ui.settings import Settings

SETTINGS = Settings("construction", CODEC)
SEQ, FOLLOWED, REDRAW = "stepper_seq", "stepper_followed", "stepper_redraw"
STARTS_ANEW = {"program", "source", "d", "intercept", "k", "sigma", "seed", "steps"}
"""Settings that take the stepper back to the first layer; others leave it where it is."""


def widget(name: str) -> dict[str, Any]:
    """Arguments that tie a Streamlit widget to a setting."""
    tied = SETTINGS.widget(name)

    def take() -> None:
        changes = {name: st.session_state[tied["key"]]}
        SETTINGS.change(**changes, **({"step": 0} if name in STARTS_ANEW else {}))

    return {**tied, "on_change": take}


def take_message(key: str) -> None:
    """Apply the stepper's last message; after Back or Forward it holds the link to go to."""
    st.session_state[SEQ], _, changes = read_message(key)
    if isinstance(changes.get("link"), dict):
        SETTINGS.follow(changes["link"])
        st.session_state[FOLLOWED] = st.session_state.get(FOLLOWED, 0) + 1
        st.session_state[REDRAW] = True
    elif "step" in changes:
        SETTINGS.change(step=changes["step"])


def seq() -> int:
    """The number of the stepper's last message."""
    return int(st.session_state.get(SEQ, 0))


def link_was_followed() -> bool:
    """Whether the widgets must be drawn anew after Back or Forward; asked once."""
    return bool(st.session_state.pop(REDRAW, False))


def walk_key() -> str:
    """Changes whenever the stepper is to begin anew, at the step that it is given."""
    shown = replace(SETTINGS.current(), step=0, depth=1, start=0, mix=0.0)
    prompt = to_link(session.current_screen())
    return f"{st.session_state.get(FOLLOWED, 0)} {CODEC.to_link(shown)} {prompt}"
