"""The prompt on the pad and as text, the language model's answers, and who answers like it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from icl_core.language.formats import FORMATS, written
from icl_core.language.learner import cost
from ui.answers.show_pad import READABLE, YOURS, show_pad
from ui.answers.solve import Payload, solve
from ui.figures.figure import explained
from ui.language_model import words
from ui.language_model.asking import QUESTIONS, answered, ask, expected, key_of, trouble
from ui.language_model.connect import connection
from ui.language_model.host import Connection
from ui.language_model.learners import AtPlaces, learners
from ui.language_model.numbers import (
    PLACES,
    Answers,
    Question,
    answers_of,
    fingerprint,
    question_of,
    repeats,
)
from ui.language_model.settings import LANGUAGE, SAMPLED, SETTINGS
from ui.visitor import session, teaching
from ui.visitor.networks import Network
from ui.work.progress import wait_or_cancel

GRID = 3 * (PLACES - 1) + 1
"""Abscissae of a line: every third is one where the language model is asked."""
LEFT_OUT = ("settings", "errors", "python", "prompt", "layers")
"""What the language model has not, or what is shown below as text."""
ASKED = "language_asked"


def controls() -> None:
    """How the prompt is written, and how the model is asked."""
    form, how = st.columns(2)
    with form:
        SETTINGS.pick("How the prompt is written", "form", {n: f.title for n, f in FORMATS.items()})
    with how:
        SETTINGS.pick("How it is asked", "how", words.HOW)
    link = connection()
    if link is not None and link.grammars:
        st.toggle(words.HELD, **SETTINGS.widget("held"))


@st.fragment
def board(network: Network) -> None:
    """All that follows the finger."""
    state, screen = SETTINGS.current(), session.current_screen()
    shown = replace(network.fit(screen), show=state.show, layer=None)
    question, link = question_of(shown, state), connection()
    key = "" if link is None else key_of(link, question)
    told = answered(key)
    found = None if told is None else answers_of(told, len(question.hows))
    if link is not None:
        _ask(link, question, key, found)
    solved = solve(
        shown,
        network.model,
        network.prior,
        out=("layers",),
        who=learners(_line(question, found) if shown.is_plane else None),
        task=question.task,
        grid=GRID,
    )
    show_pad(
        solved,
        key="language_pad",
        link=SETTINGS.link(),
        hide=LEFT_OUT,
        on_message=lambda: session.take_message(
            "language_pad", SETTINGS.merge(network.apply, without="layer")
        ),
        drawing=YOURS if network.fit(screen) == screen else READABLE,
        band=_band(found) if shown.is_plane and state.how == SAMPLED else None,
    )
    _text(question, found)
    if found is not None and teaching.shows("likeness"):
        _likeness(question, found, network)
    if session.settled():
        session.write_link(SETTINGS.link())
        if SETTINGS.notice:
            st.rerun()


def _line(question: Question, found: Answers | None) -> AtPlaces | None:
    """The model's answers as a line; None where there is no number at all."""
    if found is None or not found.valid:
        return None
    by_place = dict(zip(question.places[:, 0].tolist(), found.values, strict=True))
    at = sorted(by_place)
    return AtPlaces(tuple(at), tuple(by_place[place] for place in at))


def _band(found: Answers | None) -> Payload | None:
    """From the least sample to the largest, over the plane."""
    if found is None:
        return None
    return {"method": LANGUAGE, "edges": [[found.low[:PLACES], found.high[:PLACES]]]}


# --- asking ----------------------------------------------------------------------------------


def _ask(link: Connection, question: Question, key: str, found: Answers | None) -> None:
    """A button with its cost, the wait, or what came back."""
    if found is not None:
        st.markdown(words.said_of_answers(link.model, found))
        return
    asked, attempt = st.session_state.get(ASKED) or ("", "")
    if asked != key:
        attempt = ""
    why = trouble(attempt)
    if attempt and why is None:
        st.fragment(_wait, run_every=0.5)(link, question, key, attempt)
        return
    if why is not None:
        st.error(why)
    if st.button(f"Ask {link.model}", type="primary"):
        st.session_state[ASKED] = key, secrets.token_hex(8)
        st.rerun()
    asks = cost(question.texts, len(question.hows))
    st.caption(words.said_of_cost(link, asks, expected(link, asks.requests)))


def _doing(link: Connection) -> str:
    return f"Asking {link.model}"


def _wait(link: Connection, question: Question, key: str, attempt: str) -> None:
    """A bar until the answers are there; nobody waiting ends the job."""
    waits = st.session_state.get(ASKED) == (key, attempt)
    if answered(key) is not None or trouble(attempt) is not None or not waits:
        st.rerun()
    work = partial(ask, link, question, key, attempt)
    wait_or_cancel(ASKED, attempt, work, _doing(link), QUESTIONS)


# --- text and numbers --------------------------------------------------------------------------


def _text(question: Question, found: Answers | None) -> None:
    """The prompt as it is sent, and one click away every reply as it came."""
    st.markdown(words.TEXT)
    text = question.texts[-1]
    st.code(text, language=None, height=min(25 * text.count("\n") + 60, 360))
    if found is not None:
        with st.expander("Every reply, as it came"):
            st.dataframe(replies(question, found), hide_index=True, height=280)
            st.caption(words.REPLIES)


def replies(question: Question, found: Answers) -> pd.DataFrame:
    """A line for each reply: where, the raw text, and the number read off it."""
    ways = len(question.hows)
    return pd.DataFrame(
        {
            "asked at": _written(question, i // ways),
            "reply": repr(one.reply.text),
            "number": one.value,
        }
        for i, one in enumerate(found.told)
    )


def _written(question: Question, place: int) -> str:
    """The place's features as the text has them, without the constant."""
    return ", ".join(map(written, question.places[place, : question.features].tolist()))


def _likeness(question: Question, found: Answers, network: Network) -> None:
    """How far every other learner's answers are from the language model's."""
    st.header("Whom it answers like, here", divider="gray")
    beside, off = fingerprint(question, found, network.model)
    if not beside:
        st.info("No reply was a number, so there is nothing to compare.")
        return
    st.markdown(words.said_of_likeness({who: one.apart for who, one in beside.items()}))
    st.markdown(words.said_of_copies(found, repeats(question, found)))
    rows = sorted(beside.items(), key=lambda row: row[1].apart)
    table = pd.DataFrame(
        {"learner": words.WHO[who], "apart": one.apart, "off the truth": one.off}
        for who, one in rows
    )
    if off is None:
        table = table.drop(columns="off the truth")
    st.dataframe(table.style.format(precision=2), hide_index=True)
    st.caption(words.likeness(found, off))
    explained(words.LIKENESS)
