"""The task pad with everything that a page tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from icl_core.models.base import InContextModel, InspectableModel
from icl_core.priors import SIGMAS
from ui.answers import asked
from ui.answers.payload import look_of, pad_payload, truth_style
from ui.answers.solve import Payload, Solved
from ui.components.pad import task_pad
from ui.visitor import session, teaching
from ui.visitor.screen import LINE_LIMIT, MAX_POINTS, X_LIMIT, Y_LIMIT, Point

YOURS = "yours"
READABLE = "what this network can read of yours"
"""Whose undo a pad has that shows less than the visitor drew."""
PRESENTED = 1.6
"""How much larger the plane is drawn for a room."""


def show_pad(
    solved: Solved,
    *,
    key: str,
    link: dict[str, str],
    on_message: Callable[[], None],
    hide: tuple[str, ...] = (),
    weights: str = "all fixed",
    most_features: int = 8,
    guess: Payload | None = None,
    drawing: str = YOURS,
    asks_as: str | None = None,
    behind: Payload | None = None,
    opening: Payload | None = None,
    band: Payload | None = None,
    outline: Payload | None = None,
    units: Payload | None = None,
    apart: Sequence[Point] = (),
    embeds: bool = False,
    sigmas: Sequence[float] = SIGMAS,
) -> None:
    """Show the pad with every answer to its prompt; ``link`` is what "copy link" gives.

    hide: parts of the pad and methods that are left out, besides those that a teacher
    left out; what is left out is not sent. weights: in what state the network's are.
    guess: {"value", "open"} of a mark at the query that the visitor can move while it
    is open, and then nothing else. drawing: whose undo the pad has, the visitor's own
    drawing's unless said otherwise. asks_as: the page in whose name the pad may ask the
    answer service while a finger is down; None where only a session can answer.
    behind: {"lines", "shares"} of lines that lie faintly behind everything, [slope, offset]
    each, the heavier the larger their share. opening: what the start page performs unasked.
    band: {"method", "edges"} of where a method believes the truth to lie, pairs of a low and
    a high curve from wide to narrow; outline: the same of another one, drawn as lines.
    units: {"x", "y"} of what the axes measure, {"name", "centre", "scale"} each. apart: points
    that no method is shown. embeds: whether the page's link shows the pad alone in a frame of
    another site. sigmas: the noise levels that can be chosen.
    """
    limits = solved.model.limits
    out = {*hide, *teaching.current().hidden}
    task_pad(
        key=key,
        data={
            **pad_payload(solved, out),
            "service": _service(asks_as),
            "seq": st.session_state[session.SEQ],
            "drawing": drawing,
            "notice": st.session_state[session.NOTICE],
            "link": {**link, **teaching.link()},
            "guess": guess,
            "zoom": PRESENTED if teaching.current().present else 1,
            "look": look_of(out, solved.methods, truth_style(solved)),
            "behind": behind,
            "band": band,
            "outline": outline,
            "units": units,
            "apart": [list(point) for point in apart],
            "opening": opening,
            "embeds": embeds,
            "limits": {
                "points": min(MAX_POINTS, limits.max_exemplars),
                "x": X_LIMIT,
                "y": Y_LIMIT,
                "line": LINE_LIMIT,
                "sigmas": tuple(sigmas),
                "d": most_features,
            },
            "about": _about(solved.model, weights),
        },
        on_message=on_message,
        hide=tuple(sorted(out)),
    )


def _service(asks_as: str | None) -> Payload | None:
    """Where the pad asks, and as which page; None where nobody answers but the page itself."""
    if asked.address is None or asks_as is None:
        return None
    return {"address": asked.address, "version": asked.VERSION, "page": asks_as}


def _about(model: InContextModel, weights: str) -> str:
    """How many layers and weights a network has, where that is known, and their state."""
    if not isinstance(model, InspectableModel):
        return f"weights {weights}"
    layers = "1 layer" if model.layers == 1 else f"{model.layers} layers"
    size = f"{model.size:.1f} M" if model.size >= 1 else f"{1e3 * model.size:.0f} k"
    return f"{layers}, {size} weights, {weights}"
