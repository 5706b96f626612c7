"""Shift: what the training data decide, and how far from them a network still works."""

import streamlit as st

from icl_core import CheckpointError
from ui.figures.theme import TIGHT_TOP
from ui.pages import SHIFT
from ui.shift import words
from ui.shift.board import board, switches
from ui.shift.figures import STUDY, carried
from ui.shift.settings import SETTINGS


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("What the training data decide")
    st.markdown(words.INTRODUCTION)
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


SETTINGS.arrive(SHIFT)
introduction()
switches()
try:
    board()
except CheckpointError as trouble:
    st.error(str(trouble))
table = STUDY.table_or_error()
if table is not None:
    carried(table)
    STUDY.how_it_was_made(table)
