"""One feature: the pad, with the visitor's names and units along its axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from icl_core.predicting import NETWORK, Predictions
from icl_core.probes.readouts import load_layer_readouts
from ui.answers.show_pad import show_pad
from ui.answers.solve import Payload, Solved, solve
from ui.data import words
from ui.data.edits import between, changed
from ui.data.live import lines_of, lines_table
from ui.data.numbers import in_units
from ui.data.plane import Plane, network, pad_methods
from ui.data.settings import SETTINGS
from ui.visitor import session, teaching
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen, apply
from ui.work.load_or_warn import load_or_warn

KEY = "data_pad"
LEFT_OUT = ("sample", "clear", "truth", "task", "settings", "errors", "python")
"""What belongs to tasks that are drawn, or stands below in the table's units."""


@st.fragment
def pad(plane: Plane, told: Predictions, drawn_below: tuple[str, ...]) -> None:
    """The pad, what its lines come to, and the way back.

    told: of the table's own values; drawn_below: the methods that are drawn there.
    """
    state = SETTINGS.current()
    solved = solve(
        plane.screen(state),
        network(),
        readouts=load_or_warn(load_layer_readouts, SHIPPED),
        out=teaching.current().hidden,
        who=pad_methods(),
        scaling=(reading := plane.reading(state.edits, scaled=state.scaled)).after(plane.drawn),
    )
    show_pad(
        replace(solved, expected=in_units(solved.expected, reading)),
        key=KEY,
        link=SETTINGS.link(),
        hide=LEFT_OUT,
        on_message=lambda: session.take_message(KEY, _taken_by(plane)),
        drawing=f"data {hash((plane.base, str(plane.units))):x}",
        band=None if state.edits is not None else interval(solved, plane, told),
        units=plane.units,
        apart=plane.apart,
    )
    st.html(lines_table(lines_of(plane, state, state.show), plane))
    ways_back(plane)
    if session.settled():
        session.write_link(SETTINGS.link())
        if SETTINGS.notice or state.show != drawn_below:
            st.rerun()


def interval(solved: Solved, plane: Plane, told: Predictions) -> Payload | None:
    """The network's interval about its line, where there is one."""
    width = told.told[NETWORK].half_width
    if width is None:
        return None
    line = solved.network.at_queries[:-1].numpy()
    half = width / plane.drawn.y_scale
    edges = [np.round(line + side * half, 4).tolist() for side in (-1, 1)]
    return {"method": NETWORK, "edges": [edges]}


def ways_back(plane: Plane) -> None:
    """What is no longer the table's, and how to have that back."""
    many = changed(plane.base, SETTINGS.current().edits)
    if not many:
        st.caption(words.ON_THE_PAD)
        return
    said, back = st.columns([3, 1], vertical_alignment="center")
    said.info(words.EDITED.format(many=many, of=len(plane.base)))
    back.button(words.BACK, on_click=_give_back, width="stretch")


def _give_back() -> None:
    SETTINGS.change(edits=None)
    st.session_state[session.SETTLED] = True  # as a gesture's end: it goes into the link


def _taken_by(plane: Plane) -> session.Merge:
    """How a message of the pad is taken: the visitor's own drawing stays what it is."""

    def merge(screen: Screen, changes: Mapping[str, Any]) -> tuple[Screen, list[str]]:
        state = SETTINGS.current()
        mine = {name: changes[name] for name in ("points", "query", "layer") if name in changes}
        now, troubles = apply(plane.screen(state), mine)
        SETTINGS.change(
            show=changes.get("show", state.show),
            edits=between(plane.base, plane.base if now.points is None else now.points),
            query=now.query,
            layer=now.layer,
        )
        return screen, troubles

    return merge
