"""What one visitor's session holds: the screen, and what to tell them about it."""

from __future__ import annotations

import streamlit as st

from ui.pad import read_message
from ui.screen import Screen, apply, from_link, to_link

SCREEN, NOTICE, SEQ, SETTLED = "screen", "notice", "seq", "settled"


def current_screen() -> Screen:
    """The visitor's screen; the first time, the one that the link describes."""
    if SCREEN not in st.session_state:
        screen, troubles = from_link(st.query_params.to_dict())
        st.session_state[SCREEN] = screen
        st.session_state[SEQ] = 0
        st.session_state[SETTLED] = False
        st.session_state[NOTICE] = _sentence("Part of this link could not be used", troubles)
    return st.session_state[SCREEN]


def _sentence(start: str, troubles: list[str]) -> str | None:
    return f"{start}: {'; '.join(troubles)}." if troubles else None


def take_message(key: str) -> None:
    """Apply the pad's last message to the screen; the callback of `task_pad`."""
    seq, final, changes = read_message(key)
    screen, troubles = apply(current_screen(), changes)
    st.session_state[SCREEN] = screen
    st.session_state[SEQ] = seq
    st.session_state[SETTLED] = final
    st.session_state[NOTICE] = _sentence("That was not taken as it came", troubles)


def settle() -> bool:
    """After a finished gesture, put the screen into the link; says whether one just ended."""
    if not st.session_state[SETTLED]:
        return False
    st.session_state[SETTLED] = False
    st.query_params.from_dict(to_link(current_screen()))
    return True
