"""The task pad with everything that a page tells it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from icl_core.probes import LayerReadouts
from icl_core.transformer import Transformer
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
    weights: str = "all fixed",
) -> None:
    """Show the pad with every answer to its prompt; ``link`` is what "copy link" gives.

    ``weights`` says in what state the network's are.
    """
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
            "limits": {
                "points": min(MAX_POINTS, config.max_exemplars),
                "x": X_LIMIT,
                "sigmas": SIGMAS,
            },
            "about": f"{_size(solved.model)} weights, {weights}",
        },
        on_message=on_message,
        hide=hide,
    )


def _size(model: Transformer) -> str:
    """How many layers and weights a network has, in words."""
    layers = "1 layer" if model.config.layers == 1 else f"{model.config.layers} layers"
    return f"{layers}, " + (
        f"{model.size:.1f} M" if model.size >= 1 else f"{1e3 * model.size:.0f} k"
    )
