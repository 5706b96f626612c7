"""The program's ``mov`` beside what training has found, on screen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.models.base import InspectableModel
from icl_core.studies import is_current, read_table
from icl_core.studies.pairing import NAME
from ui.answers.task import make_task
from ui.construction import pairing as numbers
from ui.construction.session import SETTINGS
from ui.construction.settings import prompt_screen
from ui.construction.walks import given
from ui.construction.words import PAIRING, PAIRING_LEAD
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.visitor import session
from ui.work.load_or_warn import load_or_warn


def found_by_training(model: InspectableModel) -> None:
    """Scores on the prompt of the program, and the stored ones of every shipped network."""
    from ui.construction import charts

    proof = SETTINGS.current()
    screen = prompt_screen(proof, session.current_screen())
    st.header("The first `mov`, found by training")
    st.markdown(PAIRING_LEAD)
    try:
        prompt = given(screen, make_task(screen))
        program = numbers.program_score(proof, prompt)
    except ValueError as limit:
        st.info(str(limit))
    else:
        scores = numbers.head_scores(model, prompt)
        st.markdown(numbers.said_on_this_prompt(scores, program))
    table = load_or_warn(read_table, NAME)
    if table is not None:
        if not is_current(table):
            st.warning("This table was made from other weights than those that are here now.")
        stored = numbers.stored_scores(table)
        show_figure(
            charts.pairing_scores(stored, is_dark()),
            key="pairing_scores",
            alt="Pairing score of every head of every shipped network, the best one marked",
            table=pd.DataFrame(
                {
                    "network": [one.name for one in stored],
                    "the best head": [one.best for one in stored],
                    "every head": [sorted(one.scores, reverse=True) for one in stored],
                }
            ),
        )
        st.markdown(numbers.said_of_all(table, stored))
    explained(PAIRING)
