"""Train one yourself: a small transformer learns to learn before your eyes."""

import streamlit as st

from ui.figures.theme import TIGHT_TOP
from ui.pages import TRAIN
from ui.train import words
from ui.train.choices import choices
from ui.train.running import TROUBLE
from ui.train.settings import SETTINGS
from ui.train.training_view import stages
from ui.train.weights_view import brought, uploads


def introduction() -> None:
    """What this is, in two sentences."""
    st.html(TIGHT_TOP)
    st.title("Train one yourself")
    st.markdown(
        "A fresh transformer ignores your points. **Press start** and watch it discover how to "
        "learn from them. Drag them while it trains."
    )
    for notice in (SETTINGS.notice, st.session_state.get(TROUBLE)):
        if notice:
            st.info(notice)


def explanations() -> None:
    """The maths and the sources, one click away."""
    for title, told in words.EXPLAINED.items():
        with st.expander(title):
            st.markdown(told)


SETTINGS.arrive(TRAIN)
introduction()
choices()
stages()
brought()
uploads()
explanations()
