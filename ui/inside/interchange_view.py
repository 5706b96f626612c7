"""Through how few directions of a state its effect goes, on screen: a stored table."""

from __future__ import annotations

import streamlit as st
import torch

from icl_core.checkpoints import CheckpointError
from icl_core.studies import is_current, read_table
from icl_core.studies.interchange import NAME
from icl_core.studies.profiles import Table
from ui.figures.figure import explained, show_figure
from ui.figures.theme import is_dark
from ui.inside import words
from ui.inside.settings import SETTINGS

RANK = "2"
"""The directions that the sentence speaks of; a pair has two numbers."""


def few_directions() -> None:
    """The chosen tokens' shares by layer, and what the directions at the chosen layer hold."""
    from ui.inside import charts

    inside = SETTINGS.current()
    try:
        table = read_table(NAME)
    except CheckpointError as trouble:
        st.warning(str(trouble))
        return
    rows = [
        row
        for row in table["members"]
        if (row["network"], row["label"]) == (inside.model, inside.at)
    ]
    if not rows:
        return
    st.subheader("Through how few directions does it go?")
    if not is_current(table):
        st.warning("This table was made from other weights than those that are here now.")
    st.markdown(said_of(table, rows[0], inside.layer))
    share = torch.tensor(rows[0]["share"])
    show_figure(
        charts.interchanged(share, table["shares"], inside.layer, is_dark()),
        key="interchanged",
        alt="Share of the move that learned and random directions bring, by layer",
    )
    st.caption(
        f"{table['prompts']} fresh pairs of prompts of {rows[0]['k']} examples, 95 % intervals "
        f"(`{table['command']} --seed {table['seed']}`)"
    )
    explained(words.INTERCHANGE)


def said_of(table: Table, row: Table, layer: int) -> str:
    """What the table says of a layer, in two sentences."""
    if layer not in range(1, len(row["share"]) + 1):
        return f"Directions were looked for at layers 1 to {len(row['share'])}: choose one above."
    shares = dict(zip(table["shares"], row["share"][layer - 1], strict=True))
    held = row["r2"][layer - 1][table["ranks"].index(int(RANK))]
    own, with_w, _ = held
    (value, low, high), (null, *_), (whole, *_) = (
        shares[name] for name in (RANK, f"{RANK} at random", "all")
    )
    tokens, theirs = words.AT_NAMES[row["label"]], words.HELD_BY[row["label"]]
    return (
        f"At layer {layer}, **{RANK} learned directions** of {tokens} bring {value:.2f} "
        f"({low:.2f} to {high:.2f}) of the move; all of the state brings {whole:.2f}, "
        f"{RANK} random directions {null:.2f}. What they hold is told by {theirs} "
        f"with R² {own:.2f}; the true w adds {max(with_w - own, 0):.2f}."
    )
