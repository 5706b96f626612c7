"""The pad: the chosen network on the visitor's points, beside the learners that explain it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from icl_core.metrics import Gauge
from icl_core.studies.diversity import PARTS
from icl_core.studies.profiles import Table
from ui.answers.show_pad import READABLE, YOURS, show_pad
from ui.answers.solve import solve
from ui.diversity import words
from ui.diversity.learners import learners
from ui.diversity.numbers import gauge_here, pool_behind, told_gauge
from ui.diversity.settings import SETTINGS
from ui.visitor import session
from ui.visitor.networks import Network

LEFT_OUT = ("d", "intercept", "sigma", "settings", "errors", "python", "prompt", "layers")
"""What has nothing to say of lines with one noise."""


@st.fragment
def pad(network: Network, row: Table | None) -> None:
    """The pad, and the gauge for these points. row: the stored one of this network, if any."""
    state, screen = SETTINGS.current(), session.current_screen()
    fitted = replace(network.fit(screen), show=state.show, layer=None)
    solved = solve(fitted, network.model, network.prior, out=("layers",), who=learners(state.tasks))
    behind, likeliest = pool_behind(network.prior, solved)
    show_pad(
        solved,
        key="diversity_pad",
        link=SETTINGS.link(),
        hide=LEFT_OUT,
        on_message=lambda: session.take_message(
            "diversity_pad", SETTINGS.merge(network.apply, without="layer")
        ),
        drawing=YOURS if network.fit(screen) == screen else READABLE,
        behind=behind,
    )
    st.caption(words.said_of_pool(state.tasks, likeliest))
    show_gauge(gauge_here(solved), row)
    if session.settled():
        session.write_link(SETTINGS.link())
        if SETTINGS.notice:
            st.rerun()


def show_gauge(here: Gauge | None, row: Table | None) -> None:
    """The gauge on these points, and on average."""
    tasks = SETTINGS.current().tasks
    said = "none" if here is None or not here.tells else f"{here.share.value:.2f}"
    names = ("your points", "lines it saw", "new lines")
    stored = [None if row is None else told_gauge(row, part) for part in PARTS]
    told = (said, *("none" if one is None else words.interval(one) for one in stored))
    for column, name, value in zip(st.columns(3), names, told, strict=True):
        column.metric(f"Gauge, {name}", value)
    st.markdown(words.said_of_gauge(here, tasks))
    st.caption(words.SCALE)
