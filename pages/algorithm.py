"""Algorithm: which textbook rule a network answers like, and how that changes with its size."""

import streamlit as st

from icl_core import CheckpointError, load_model, load_prior
from ui.algorithm import words as words
from ui.algorithm.figures import figures
from ui.algorithm.fingerprints import in_detail, show_fingerprint, show_map
from ui.algorithm.numbers import (
    as_k_grows,
    ask_network,
    candidates_of,
    chosen,
    live_fingerprint,
    on_fresh_tasks,
    own_prompt_note,
    questions,
    roads,
    roads_on_fresh_tasks,
    rungs,
    tau_of,
)
from ui.algorithm.settings import FLAGSHIP, KS, LADDERS, RUNGS, SETTINGS
from ui.answers.show_pad import show_pad
from ui.answers.solve import solve
from ui.answers.task import make_task
from ui.figures.theme import TIGHT_TOP
from ui.visitor import session, teaching

EIGHT = {"points": None, "d": 8, "intercept": False, "sigma": 0.0, "k": 6, "query": 0.0}


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Which algorithm is it?")
    st.markdown(
        "Nobody told these networks how to learn. **Change the network** and watch its answers "
        "move between the textbook rules: gradient descent, ridge, least squares."
    )
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


def choices() -> None:
    """Which network, and what it is asked."""
    what, which, on = st.columns([2, 3, 2])
    with what:
        st.selectbox(
            "What sets the networks apart",
            (*LADDERS, FLAGSHIP),
            format_func=words.WHAT_DIFFERS.__getitem__,
            **SETTINGS.widget("ladder"),
        )
    state = SETTINGS.current()
    with which:
        if state.ladder != FLAGSHIP:
            st.select_slider(
                words.RUNG_LABELS[state.ladder],
                RUNGS[state.ladder],
                **SETTINGS.widget(state.ladder),
            )
    with on:
        if state.ladder != FLAGSHIP:
            st.segmented_control(
                "Asked about",
                ("fresh", "mine"),
                format_func={"fresh": "1,024 fresh tasks", "mine": "your prompt"}.__getitem__,
                required=True,
                **SETTINGS.widget("on"),
            )


def fresh_tasks() -> None:
    """The stored study: every network of the ladder on fresh tasks like those it was trained on."""
    st.select_slider("Examples seen, k", KS, **SETTINGS.widget("k"))
    state = SETTINGS.current()
    try:
        found = on_fresh_tasks(state.ladder, state.k)
    except CheckpointError as trouble:
        st.error(str(trouble))
        return
    rung = chosen(state)
    members = rungs(state.ladder)
    left, right = st.columns([3, 2])
    with left:
        taus = [tau_of(member.runs[0]) for member in members]
        show_map(found, taus, roads_on_fresh_tasks(members[rung].runs[0], state.k))
    with right:
        show_fingerprint(found[rung])
    ks, grown = as_k_grows(state.ladder, rung)
    in_detail(ks, grown, found[rung])


@st.fragment
def own_prompt() -> None:
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
            None,
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


def own_prompt_in_full() -> None:
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


SETTINGS.arrive()
introduction()
choices()
if SETTINGS.current().asks_mine:
    try:
        own_prompt()
        own_prompt_in_full()
    except CheckpointError as trouble:
        st.error(str(trouble))
else:
    fresh_tasks()
if teaching.shows("figures"):
    figures()
