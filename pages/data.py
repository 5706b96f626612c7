"""Your data: paste, choose or take a table, and read predictions in its units."""

import streamlit as st

from icl_core import CheckpointError
from ui.data import words
from ui.data.bring_view import bring, columns_and_corrections, understood
from ui.data.choices import choices, methods_shown, scaling_and_link
from ui.data.numbers import asked, results
from ui.data.own import shown
from ui.data.pad_view import pad
from ui.data.plane import Plane
from ui.data.results_view import against_actual, answers, in_detail, in_python
from ui.data.settings import SETTINGS
from ui.data.snippet import python_snippet
from ui.figures.figure import explained
from ui.figures.theme import TIGHT_TOP
from ui.pages import DATA
from ui.work.plain_text import plain_text


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Your data")
    st.markdown(words.INTRODUCTION)
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


def predictions() -> None:
    """Everything about the table on the page."""
    table = shown(SETTINGS.current())
    understood(table)
    said = st.container()
    columns_and_corrections(table)
    choices(table)
    state = SETTINGS.current()
    chosen, parts = asked(state, table)
    found = results(state, table, chosen, parts)
    with said:
        answers(found)
    scaling_and_link(chosen, parts, found.predictions.scaling)
    if len(chosen.features) == 1:
        pad(Plane(chosen, parts), found.predictions, state.show)
    else:
        methods_shown()
        against_actual(found.predictions)
    in_detail(found)
    if state.kept is None:
        code = python_snippet(state, table, chosen, parts)
        in_python(code, own=table.shipped is None)


SETTINGS.arrive(DATA)
introduction()
bring()
try:
    predictions()
except CheckpointError as trouble:
    st.error(str(trouble))
except ValueError as trouble:  # a table, or a choice, that cannot be used
    st.error(plain_text(str(trouble)))
explained(words.EXPLAINED)
