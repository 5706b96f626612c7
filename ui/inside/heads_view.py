"""The board of heads on screen, and the way from the prompt to the answer with what it does."""

from __future__ import annotations

import streamlit as st

from icl_core.models.base import EditableModel
from icl_core.probes.readouts import LayerReadouts
from ui.answers.solve import Payload, Solved
from ui.components.heads_board import heads_board, read_choice
from ui.components.mechanism import mechanism
from ui.components.pad import is_moving
from ui.figures.figure import explained
from ui.inside import words
from ui.inside.heads import board, chosen_heads, edits_of
from ui.inside.settings import SETTINGS
from ui.mechanism import words as mechanism_words
from ui.mechanism.door import IN_FULL
from ui.mechanism.numbers import picture
from ui.visitor import session

KEY, PLAYED = "heads_board", "mechanism"


def show_mechanism(
    solved: Solved, model: EditableModel, readouts: LayerReadouts, made: Payload | None, pad: str
) -> None:
    """Attention and readouts, layer by layer, with what is done to the heads on the board."""
    st.subheader(mechanism_words.TITLE)
    st.markdown(mechanism_words.LEAD)
    if made is None:
        st.info(mechanism_words.NO_PAIR)
        return
    inside = SETTINGS.current()
    drawn = picture(
        solved,
        model,
        readouts,
        inside.model,
        edits=edits_of(solved, model, inside),
        off=chosen_heads(model, inside.heads) if inside.heads_do == "off" else None,
        moving=is_moving(pad),
    )
    data = {
        **drawn,
        "chosen": made["heads"],
        "chosen_do": made["heads_do"],
        "changed": made["said"],
        "beside": [line for line in made["lines"] if line["name"] != "after"],
        "mixed": made["mixed"],
        **IN_FULL,
    }
    mechanism(key=PLAYED, data=data, on_choice=lambda: take_choice(PLAYED))
    explained(mechanism_words.EXPLAINED)


def show_heads(made: Payload | None) -> None:
    """The board, or a sentence."""
    st.subheader("One head pairs each y with its x")
    if made is None:
        st.info(mechanism_words.NO_PAIR)
        return
    heads_board(key=KEY, data=made, on_choice=lambda: take_choice(KEY))
    session.write_link(SETTINGS.link())
    explained(words.HEADS)


def board_of(solved: Solved, model: EditableModel, pad: str) -> Payload | None:
    """The board, which follows the pad called ``pad``; None where there is no pair."""
    if not solved.task.x.shape[1]:
        return None
    return board(solved, model, SETTINGS.current(), moving=is_moving(pad))


def take_choice(key: str) -> None:
    """What the visitor has chosen on the board, or beside the picture."""
    SETTINGS.change(**read_choice(key))
