"""Who reads whom: one head's attention as a picture, and what each head reads most."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.models.base import InspectableModel
from ui.answers.task import make_task
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.numbers import attention_of, heads_said, query_of
from ui.inside.settings import SETTINGS
from ui.visitor import session


def attention(model: InspectableModel) -> None:
    """Who reads whom."""
    from ui.inside import charts

    st.header("Who reads whom")
    screen = session.current_screen()
    task = make_task(screen)
    if task.x.shape[1] < 2:
        st.info("Attention has something to show from two pairs on: add a point.")
        return
    patterns = attention_of(model, task, query_of(screen))
    rows = heads_said(patterns)
    best = max(rows, key=lambda row: float(row["score"]))
    block, head = st.columns(2)
    with block:
        at_block = _slider("Block", "block", model.layers, best["block"])
    with head:
        at_head = _slider("Head", "head", model.heads, best["head"])
    picture, table = st.columns([3, 2])
    with picture:
        show_figure(
            charts.attention_map(patterns[at_block - 1, at_head - 1], is_dark()),
            key="attention",
            alt="Attention of one head: which token reads which; the last row is the query",
        )
    table.dataframe(pd.DataFrame(rows), hide_index=True, height=430)
    explained(words.ATTENTION)


def _slider(label: str, name: str, most: int, best: int) -> int:
    """A slider that stands at ``best`` until the visitor has chosen."""
    known = SETTINGS.widget(name)
    if getattr(SETTINGS.current(), name) is None:
        st.session_state[known["key"]] = best
    return int(st.slider(label, 1, most, **known))
