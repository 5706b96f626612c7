"""The task pad with everything that a page tells it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from icl_core.probes import LayerReadouts
from ui import session
from ui.answers import Solved, pad_payload
from ui.methods import pad_styles
from ui.pad import task_pad
from ui.screen import MAX_POINTS, SIGMAS, X_LIMIT
from ui.snippet import python_snippet


def show_pad(
    solved: Solved,
    readouts: LayerReadouts | None,
    *,
    key: str,
    link: dict[str, str],
    on_message: Callable[[], None],
    hide: tuple[str, ...] = (),
) -> None:
    """Show the pad with every answer to its prompt; ``link`` is what "copy link" gives."""
    config = solved.model.config
    task_pad(
        key=key,
        data={
            **pad_payload(solved, readouts),
            "seq": st.session_state[session.SEQ],
            "notice": st.session_state[session.NOTICE],
            "link": link,
            "python": python_snippet(solved.screen),
            "styles": pad_styles(),
            "limits": {"points": MAX_POINTS, "x": X_LIMIT, "sigmas": SIGMAS},
            "about": f"{config.layers} layers, {solved.model.size:.1f} M weights, all fixed",
        },
        on_message=on_message,
        hide=hide,
    )
