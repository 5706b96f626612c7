"""The networks of the ladder on the visitor's own prompt."""

from __future__ import annotations

import streamlit as st

from icl_core import CheckpointError, load_model, load_prior
from ui.algorithm.fingerprints import in_detail, show_fingerprint, show_map
from ui.algorithm.numbers import (
    ask_network,
    candidates_of,
    chosen,
    live_fingerprint,
    own_prompt_note,
    questions,
    roads,
    rungs,
)
from ui.algorithm.settings import SETTINGS
from ui.answers.show_pad import show_pad
from ui.answers.solve import solve
from ui.answers.task import make_task
from ui.visitor import session

EIGHT = {"d": 8, "intercept": False, "sigma": 0.0, "k": 6, "query": 0.0}


def own_prompt() -> None:
    """What follows the finger, and what is asked again when it has come to rest."""
    try:
        follows_the_finger()
        in_full()
    except CheckpointError as trouble:
        st.error(str(trouble))


@st.fragment
def follows_the_finger() -> None:
    """The pad and the fingerprint: what follows the finger."""
    state, screen = SETTINGS.current(), session.current_screen()
    name, link = rungs(state.ladder)[chosen(state)].runs[0], SETTINGS.link()
    solved = solve(screen, load_model(name))
    note = own_prompt_note(screen, state.ladder)
    if note:
        said, way_out = st.columns([4, 1], vertical_alignment="center")
        said.warning(note)
        if way_out.button("Give it 8 features"):
            session.change(EIGHT)
            st.rerun()
    left, right = st.columns([3, 2])
    with left:
        show_pad(
            solved,
            key="algorithm_pad",
            link=link,
            hide=("errors", "numbers", "python"),
            on_message=lambda: session.take_message("algorithm_pad"),
        )
    with right:
        if solved.task.x.shape[1]:
            who = candidates_of(state.ladder)
            show_fingerprint(live_fingerprint(name, screen, solved.task, who))
        else:
            st.info("There is no example yet: add a point.")
    if session.settled():
        session.write_link(link)
        st.rerun()


def in_full() -> None:
    """Every network of the ladder on the visitor's prompt, and one of them as k grows."""
    state, screen = SETTINGS.current(), session.current_screen()
    task = make_task(screen)
    k = task.x.shape[1]
    if not k:
        return
    members, rung = rungs(state.ladder), chosen(state)
    who, asked = candidates_of(state.ladder), questions(screen, task, (k,))
    found = [ask_network(member.runs[0], asked, who)[0] for member in members]
    own = roads(asked, load_prior(members[rung].runs[0]), 1.0)
    show_map(found, [1.0] * len(found), own)
    ks = tuple(range(1, k + 1))
    grown = ask_network(members[rung].runs[0], questions(screen, task, ks), who)
    in_detail(ks, grown, grown[-1])
