"""How a table comes onto the page, and how it was understood."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from icl_core.tables import Column, shipped_tables
from icl_core.tables.reading import SEPARATORS
from ui.components.on_paste import take_at_once
from ui.data import own, words
from ui.data.numbers import histogram
from ui.data.own import Shown
from ui.data.settings import OWN, SETTINGS, Data
from ui.work.plain_text import plain_text

MOST_PASTED = 200_000
READY = "data_ready"


def bring() -> None:
    """Three ways: paste, choose a file, take one that is ready."""
    pasted, file, ready = st.columns(3)
    pasted.text_area(
        words.PASTE,
        key=own.PASTED,
        on_change=own.take_pasted,
        placeholder="height\tweight\n1.62\t58\n1.75\t71",
        max_chars=MOST_PASTED,
        help=words.PASTE_HELP,
        height=130,
    )
    with pasted:
        take_at_once("data_on_paste", words.PASTE)
    file.file_uploader(
        words.FILE,
        key=own.FILE,
        on_change=own.take_file,
        max_upload_size=1,
        help=words.FILE_HELP,
    )
    with ready:
        ready_made()
    if (refused := own.trouble()) is not None:
        st.error(f"{plain_text(refused)} The table below is the one from before.")
    if own.is_gone(SETTINGS.current()):
        st.info(own.GONE)
        SETTINGS.change(edits=None)  # done to examples of another table


def ready_made() -> None:
    """The tables that come along, and the visitor's own where there is one."""
    state, known = SETTINGS.current(), shipped_tables()
    names = {name: about.title for name, about in known.items()}
    if own.brought() is not None or state.kept is not None:
        names[OWN] = "Your table"
    st.session_state[READY] = state.source if state.source in names else Data.source
    st.selectbox(
        words.READY,
        list(names),
        format_func=names.__getitem__,
        key=READY,
        on_change=lambda: own.turn_to(st.session_state[READY]),
    )
    about = known.get(st.session_state[READY])
    if about is not None:
        st.caption(f"{about.about} {about.source}. {about.licence}")
    else:
        st.caption(words.PRIVATE)


def understood(shown: Shown) -> None:
    """What was read, and what was left out and why."""
    table = shown.table
    rows = "1 row" if len(table.lines) == 1 else f"{len(table.lines):,} rows".replace(",", "\u202f")
    named = "the first line names them" if table.header else "they have no names"
    st.caption(
        f"Read: {rows}, {len(table.columns)} columns ({named}), cells apart by "
        f"{SEPARATORS[table.separator]}, decimal {'point' if table.decimal == '.' else 'comma'}. "
        + plain_text(" ".join(table.notes))
    )


def columns_and_corrections(shown: Shown) -> None:
    """A look at each column, and beside it a way to have the table read differently."""
    table = shown.table
    look, differently = st.columns(2)
    with look.expander("A look at each column"):
        st.dataframe(
            look_of(table.columns),
            hide_index=True,
            column_config={"Histogram": st.column_config.BarChartColumn()},
            alt="Each column: how many numbers, how many missing, range, mean and histogram",
        )
    if shown.shipped is None and SETTINGS.current().kept is None:
        with differently:
            correct()


def correct() -> None:
    """Say how the table is to be read, where it was misunderstood."""
    with st.expander("Read it differently"), st.container(horizontal=True):
        st.selectbox(
            "Between cells",
            [None, *SEPARATORS],
            format_func=lambda mark: "found out" if mark is None else SEPARATORS[mark],
            key=own.SEPARATOR,
            on_change=own.read_again,
            width=170,
        )
        st.selectbox(
            "Decimals after",
            [None, ".", ","],
            format_func={None: "found out", ".": "a point", ",": "a comma"}.__getitem__,
            key=own.DECIMAL,
            on_change=own.read_again,
            width=170,
        )
        st.selectbox(
            "First line",
            [None, True, False],
            format_func={None: "found out", True: "names", False: "numbers"}.__getitem__,
            key=own.HEADER,
            on_change=own.read_again,
            width=170,
        )


def look_of(columns: tuple[Column, ...]) -> pd.DataFrame:
    """A row for each column."""
    return pd.DataFrame(
        {
            "Column": [one.name for one in columns],
            "Numbers": [len(one.known) for one in columns],
            "Missing": [one.missing for one in columns],
            "Lowest": [one.known.min() if len(one.known) else None for one in columns],
            "Mean": [one.known.mean() if len(one.known) else None for one in columns],
            "Highest": [one.known.max() if len(one.known) else None for one in columns],
            "Histogram": [histogram(one.known) for one in columns],
            "Remark": [_remark(one) for one in columns],
        }
    )


def _remark(column: Column) -> str:
    if column.trouble is not None:
        return f"not used: {column.trouble}"
    return "" if column.coded is None else f"{column.coded[0]} is 0, {column.coded[1]} is 1"
