"""Diversity: a network that saw few tasks remembers them; one that saw many learns new ones."""

import streamlit as st

from icl_core import CheckpointError, load_model, load_prior
from ui.diversity import words
from ui.diversity.figures import STUDY, eight_features, line_figure, pairing_figure
from ui.diversity.numbers import row_of
from ui.diversity.pad_view import pad
from ui.diversity.settings import SETTINGS, SIZES
from ui.figures.theme import TIGHT_TOP
from ui.pages import DIVERSITY
from ui.visitor import teaching
from ui.visitor.networks import Network


def introduction() -> None:
    """What this is, in three sentences, and which network it is about."""
    st.html(TIGHT_TOP)
    st.title("Memorise or learn")
    st.markdown(words.INTRODUCTION)
    if SETTINGS.notice:
        st.info(SETTINGS.notice)
    st.select_slider(
        "Lines that the network saw in its whole training",
        SIZES,
        format_func=words.size_name,
        **SETTINGS.widget("tasks"),
    )


SETTINGS.arrive(DIVERSITY)
introduction()
name = SETTINGS.current().checkpoint
try:
    network = Network(load_model(name), load_prior(name), None)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    table = STUDY.table_or_error()
    pad(network, table and row_of(table, name))
    if table is not None:
        if teaching.shows("switch"):
            line_figure(table)
        if teaching.shows("eight"):
            eight_features(table)
        if teaching.shows("pairing"):
            pairing_figure(table)
        STUDY.how_it_was_made(table)
