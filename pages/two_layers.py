"""Two layers more: whether layers on a frozen trunk learn from examples."""

import streamlit as st

from icl_core import CheckpointError
from icl_core.priors import TrunkPrior
from ui.figures.figure import explained
from ui.figures.theme import TIGHT_TOP
from ui.pages import TWO_LAYERS
from ui.two_layers import words
from ui.two_layers.figures import STUDY, features, how_many
from ui.two_layers.numbers import network_of
from ui.two_layers.pad_view import choices, stage
from ui.two_layers.settings import SETTINGS
from ui.two_layers.texts import texts
from ui.visitor import teaching


def introduction() -> None:
    """What this is, in three sentences."""
    st.html(TIGHT_TOP)
    st.title("Two layers more")
    st.markdown(words.INTRODUCTION)
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


SETTINGS.arrive(TWO_LAYERS)
introduction()
choices()
state = SETTINGS.current()
try:
    shipped, law = network_of(state.trunk, state.layers), TrunkPrior(state.trunk)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    stage(shipped, law)
    explained(words.BEHIND)
    if teaching.shows("features"):
        features()
    table = STUDY.table_or_error()
    if table is not None and teaching.shows("how_many"):
        how_many(table)
        STUDY.how_it_was_made(table)
if teaching.shows("texts"):
    texts()
