"""The same writes over fresh prompts, with intervals: a stored table."""

from __future__ import annotations

import streamlit as st
import torch

from icl_core.checkpoints import CheckpointError
from icl_core.studies import is_current, read_table
from icl_core.studies.steering import NAME
from ui.figures.figure import show_figure
from ui.figures.theme import is_dark
from ui.inside.settings import Inside
from ui.visitor.screen import Screen


def stored_shares(screen: Screen, inside: Inside, kinds: tuple[str, ...]) -> None:
    """The stored shares for tasks of this kind; nothing for a network that has none."""
    from ui.inside import charts

    try:
        table = read_table(NAME)
    except CheckpointError as trouble:
        st.warning(str(trouble))
        return
    what = inside.what if screen.has_intercept else "slope"
    rows = [
        row
        for row in table["members"]
        if (row["network"], row["dim"], row["what"]) == (inside.model, screen.d, what)
    ]
    if not rows:
        return
    if not is_current(table):
        st.warning("This table was made from other weights than those that are here now.")
    value, low, high = torch.tensor(rows[0]["share"]).unbind(-1)
    st.markdown(
        f"**Over {table['prompts']} fresh prompts** of {rows[0]['k']} pairs, with 95 % intervals "
        f"(`{table['command']} --seed {table['seed']}`)"
    )
    show_figure(
        charts.steer_shares((value, low, high), kinds, inside.layer, is_dark()),
        key="stored_steer_shares",
        alt="Fresh prompts: share of the move that the answers make, by the layer written at",
    )
