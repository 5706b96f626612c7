"""The opening page: one live figure that begins by itself, and the doors."""

import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.models.base import InContextModel
from ui.answers.show_pad import show_pad
from ui.answers.solve import solve
from ui.figures.theme import TIGHT_TOP
from ui.home.doors import doors
from ui.home.opening import opening_of
from ui.home.pad import pad_out
from ui.mechanism.door import door
from ui.pages import HOME, PLAYGROUND
from ui.visitor import session, teaching
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import CODEC, to_link

HERE = dict.fromkeys(HOME.keys, "1")
"""Marks a link of this page; without it, one that describes a screen is an old playground's."""


def follow_old_link() -> None:
    """The playground was here once: its links still open it."""
    parameters = st.query_params.to_dict()
    if not HERE.keys() & parameters and any(field.key in parameters for field in CODEC.table):
        st.switch_page(PLAYGROUND.script, query_params=parameters)


def link() -> dict[str, str]:
    """What reproduces this page."""
    points = to_link(session.current_screen())
    return {**points, **HERE} if points else {}


def introduction() -> None:
    """What this is."""
    st.html(TIGHT_TOP)
    st.title("A model within a model", anchor=False)
    st.markdown(
        "Show a language model a few examples, and it does the task for the next one. Its "
        "**weights**, the numbers that training set, stay as they are, yet it learned. **How?** "
        "Here is a network of the same kind, a *transformer*, small enough to find out. Its "
        "examples are points; the line is what it answers for every *x*, and ▲ marks one *x* to "
        "read it at."
    )


@st.fragment
def figure(model: InContextModel) -> None:
    """The pad, as plain as can be."""
    out = pad_out()
    solved = solve(session.current_screen(), model, out=out)
    show_pad(
        solved,
        key="home_pad",
        link=link(),
        hide=out,
        asks_as="home",
        opening=opening_of(solved),
        on_message=lambda: session.take_message("home_pad"),
    )
    st.markdown(
        "The dashed line is **ridge regression**, a textbook rule, fitted to the same points. "
        "Drag, and see how close the two stay. Is that what the network computes?"
    )
    door(solved, model, None, name=SHIPPED, pad="home_pad", short=True)
    if session.settled():
        session.write_link(link())


def source() -> None:
    """Whose question it is."""
    st.caption(
        "After Akyürek, Schuurmans, Andreas, Ma and Zhou, *What learning algorithm is in-context "
        "learning? Investigations with linear models* (ICLR 2023, "
        "[arXiv:2211.15661](https://arxiv.org/abs/2211.15661)). Every number is computed on your "
        "points by the weights that this server holds."
    )


follow_old_link()
session.arrive(HOME, link)
introduction()
try:
    model = load_model(SHIPPED)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    figure(model)
if teaching.shows("nav"):
    doors()
source()
