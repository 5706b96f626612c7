"""The board of heads on screen."""

from __future__ import annotations

import streamlit as st

from icl_core.models.base import EditableModel
from ui.answers.solve import Solved
from ui.components.heads_board import heads_board, read_choice
from ui.components.pad import read_message
from ui.figures.figure import explained
from ui.inside import words
from ui.inside.heads import board
from ui.inside.settings import SETTINGS
from ui.visitor import session

KEY = "heads_board"


def show_heads(solved: Solved, model: EditableModel, pad: str) -> None:
    """The board, which follows the pad called ``pad``, or a sentence."""
    st.subheader("One head pairs each y with its x")
    if not solved.task.x.shape[1]:
        st.info("There is no pair yet: add a point first.")
        return
    seq, final, _ = read_message(pad)
    made = board(solved, model, SETTINGS.current(), moving=seq > 0 and not final)
    heads_board(key=KEY, data=made, on_choice=take_choice)
    session.write_link(SETTINGS.link())
    explained(words.HEADS)


def take_choice() -> None:
    """What the visitor has chosen on the board."""
    SETTINGS.change(**read_choice(KEY))
