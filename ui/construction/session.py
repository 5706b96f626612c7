"""What one visitor's session holds of the construction page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from ui.components.pad import read_message
from ui.construction.settings import CODEC, ConstructionSettings
from ui.visitor import session
from ui.visitor.screen import to_link
from ui.visitor.settings import Settings

SEQ, FOLLOWED = "stepper_seq", "stepper_followed"
STARTS_ANEW = {"program", "source", "d", "intercept", "k", "sigma", "seed", "steps"}
"""Settings that take the stepper back to the first layer; others leave it where it is."""


class _Settings(Settings[ConstructionSettings]):
    """As of every page; a link that is followed also moves the stepper."""

    def follow(self, link: Mapping[str, str]) -> None:
        super().follow(link)
        st.session_state[FOLLOWED] = st.session_state.get(FOLLOWED, 0) + 1

    def change(self, **changes: object) -> None:
        super().change(**({"step": 0} if STARTS_ANEW & changes.keys() else {}), **changes)


SETTINGS = _Settings(CODEC)


def take_message(key: str) -> None:
    """Apply the stepper's last message."""
    st.session_state[SEQ], _, changes = read_message(key)
    if "step" in changes:
        SETTINGS.change(step=changes["step"])


def seq() -> int:
    """The number of the stepper's last message."""
    return int(st.session_state.get(SEQ, 0))


def walk_key() -> str:
    """Changes whenever the stepper is to begin anew, at the step that it is given."""
    shown = replace(SETTINGS.current(), step=0, depth=1, start=0, mix=0.0)
    prompt = to_link(session.current_screen())
    return f"{st.session_state.get(FOLLOWED, 0)} {CODEC.to_link(shown)} {prompt}"
