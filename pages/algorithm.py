"""Algorithm: which textbook rule a network answers like, and how that changes with its size."""

import streamlit as st

from ui.algorithm.choices import choices
from ui.algorithm.figures import figures
from ui.algorithm.fresh_tasks import fresh_tasks
from ui.algorithm.own_prompt import own_prompt
from ui.algorithm.settings import SETTINGS
from ui.figures.theme import TIGHT_TOP
from ui.pages import ALGORITHM
from ui.visitor import teaching


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


SETTINGS.arrive(ALGORITHM)
introduction()
choices()
if SETTINGS.current().asks_mine:
    own_prompt()
else:
    fresh_tasks()
if teaching.shows("figures"):
    figures()
