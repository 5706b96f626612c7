"""Who reads whom: one head's attention as a picture, and what each head reads most."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.models.base import InspectableModel
from ui.answers.task import make_task
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.numbers import attention_of, heads_said
from ui.inside.settings import SETTINGS
from ui.visitor import session


def attention(model: InspectableModel) -> None:
    """Who reads whom."""
    from ui.inside import charts

    st.header("Who reads whom")
    task = make_task(session.current_screen())
    if task.x.shape[1] < 2:
        st.info("Attention has something to show from two pairs on: add a point.")
        return
    block, head = st.columns(2)
    with block:
        st.slider("Block", 1, model.layers, **SETTINGS.widget("block"))
    with head:
        st.slider("Head", 1, model.heads, **SETTINGS.widget("head"))
    inside, patterns = SETTINGS.current(), attention_of(model, task)
    picture, table = st.columns([3, 2])
    with picture:
        show_figure(
            charts.attention_map(patterns[inside.block - 1, inside.head - 1], is_dark()),
            key="attention",
            alt="Attention of one head: which token reads which",
        )
    table.dataframe(pd.DataFrame(heads_said(patterns)), hide_index=True, height=430)
    explained(words.ATTENTION)
