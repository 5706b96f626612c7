"""Lines about films, judged in context by layers that never saw a text."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core import CheckpointError
from icl_core.language.embeddings import installed
from icl_core.studies.profiles import Table
from icl_core.studies.texts import LOGISTIC, MODEL, NAME
from icl_core.texts import TextSet, text_sets
from ui.figures.figure import explained, show_figure
from ui.figures.stored_study import StoredStudy
from ui.figures.theme import is_dark
from ui.two_layers import text_words as words
from ui.two_layers.settings import COUNTS, SETTINGS
from ui.two_layers.text_numbers import WHO, Told, Typed, drawn_texts, judged, read_typed

STUDY = StoredStudy(
    NAME,
    "Judging fresh draws of texts",
    prompts=64,
    settings=SETTINGS,
    seeded="fresh",
    label="Seed of fresh draws",
)


def texts() -> None:
    """A draw to look at, the visitor's own lines, and the stored accuracies."""
    st.header("Film reviews, by a network that never saw a text", divider="gray")
    st.markdown(words.INTRODUCTION)
    try:
        _drawn()
    except CheckpointError as trouble:
        st.error(str(trouble))
        return
    _own()
    table = STUDY.table_or_error()
    if table is not None:
        _stored(table)
        STUDY.how_it_was_made(table)


def _drawn() -> None:
    which, count, seed = st.columns([2, 2, 1])
    with which:
        st.segmented_control(
            "Texts",
            list(words.SETS),
            format_func=words.SETS.__getitem__,
            required=True,
            **SETTINGS.widget("texts"),
        )
    with count:
        st.segmented_control("Examples", list(COUNTS), required=True, **SETTINGS.widget("examples"))
    with seed:
        SETTINGS.enter("Seed of the draw", "drawn")
    state = SETTINGS.current()
    found = text_sets()[state.texts]
    k = int(state.examples)
    told = drawn_texts(state.texts, k, state.drawn)
    rights = {who: told.right(who) for who in WHO}
    st.markdown(words.said_of_draw(rights, len(told.drawn.labels[0])))
    if not found.texts:
        st.caption(words.NO_WORDS)
        return
    st.dataframe(_questions(found, told, k), hide_index=True, height=320)
    with st.expander(f"The {k} examples that they saw"):
        st.dataframe(_examples(found, told, k), hide_index=True)


def _questions(found: TextSet, told: Told, k: int) -> pd.DataFrame:
    labels = found.source.labels
    return pd.DataFrame(
        {
            "line": found.texts[place],
            "it is": labels[label > 0],
            "the network says": words.judgement(ours, labels),
            "logistic regression says": words.judgement(theirs, labels),
        }
        for place, label, ours, theirs in zip(
            told.drawn.places[0, k:].tolist(),
            told.drawn.labels[0].tolist(),
            told.answers[MODEL].tolist(),
            told.answers[LOGISTIC].tolist(),
            strict=True,
        )
    )


def _examples(found: TextSet, told: Told, k: int) -> pd.DataFrame:
    labels = found.source.labels
    return pd.DataFrame(
        {"line": found.texts[place], "label": labels[label > 0]}
        for place, label in zip(
            told.drawn.places[0, :k].tolist(), told.drawn.prompt.y[0].tolist(), strict=True
        )
    )


# --- the visitor's own lines -----------------------------------------------------------------

JUDGED = "own_judged"
KEPT = {"own_examples": words.EXAMPLES, "own_questions": words.QUESTIONS}
"""What stands in the fields at first. They are kept when the visitor goes to another page."""


def _own() -> None:
    st.subheader("Your own lines")
    if not installed():
        st.caption(words.NOT_INSTALLED)
        return
    st.caption(words.OWN)
    examples, questions = st.columns(2, gap="medium")
    with examples:
        seen = _field("Examples, each with + or −", "own_examples")
    with questions:
        asked = _field("Lines to judge", "own_questions")
    try:
        typed = read_typed(seen, asked)
    except ValueError as trouble:
        st.info(str(trouble))
        return
    told = _judged(typed)
    st.dataframe(
        pd.DataFrame(
            {
                "line": text,
                "the network says": words.judgement(ours, "−+"),
                "logistic regression says": words.judgement(theirs, "−+"),
            }
            for text, ours, theirs in zip(
                typed.questions,
                told.answers[MODEL].tolist(),
                told.answers[LOGISTIC].tolist(),
                strict=True,
            )
        ),
        hide_index=True,
    )


def _judged(typed: Typed) -> Told:
    """Kept in the session alone, as the page says of what is typed."""
    before, told = st.session_state.get(JUDGED, (None, None))
    if told is None or before != typed:
        told = judged(typed)
        st.session_state[JUDGED] = (typed, told)
    return told


def _field(label: str, name: str) -> str:
    def keep() -> None:
        st.session_state[name] = st.session_state[f"{name}_field"]

    held = st.session_state.get(name, KEPT[name])
    return st.text_area(label, held, key=f"{name}_field", height=190, on_change=keep)


# --- what is stored ----------------------------------------------------------------------------


def _stored(table: Table) -> None:
    from ui.two_layers import charts

    state = SETTINGS.current()
    row = next(one for one in table["members"] if one["label"] == state.texts)
    st.subheader(f"On {table['prompts']} draws of {words.SETS[state.texts].lower()}")
    st.markdown(words.verdict(table, row))
    show_figure(
        charts.texts(row, table["ks"], is_dark()),
        key="texts_accuracy",
        alt="Share of lines judged right against the number of examples, of all who judged them",
    )
    st.caption(text_sets()[state.texts].source.about)
    explained(words.BEHIND)
