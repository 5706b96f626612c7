"""A real language model on the same prompt, beside ridge, neighbours and the lab's network."""

import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.priors import FlagshipPrior
from ui.figures.theme import TIGHT_TOP
from ui.language_model import words
from ui.language_model.board import board, controls
from ui.language_model.connect import connect
from ui.language_model.figures import STUDY, stored, studied
from ui.language_model.settings import SETTINGS
from ui.pages import LANGUAGE_MODEL
from ui.visitor import teaching
from ui.visitor.networks import SHIPPED, Network


def introduction() -> None:
    """What this is, in three sentences."""
    st.html(TIGHT_TOP)
    st.title("A real language model")
    st.markdown(words.INTRODUCTION)
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


SETTINGS.arrive(LANGUAGE_MODEL)
introduction()
try:
    model = load_model(SHIPPED)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    controls()
    board(Network(model, FlagshipPrior(), None))
    connect()
if teaching.shows("study"):
    st.header("On many prompts", divider="gray")
    table = stored()
    if table is not None:
        studied(table)
        STUDY.how_it_was_made(table)
