"""The table that a visitor brought: in the session's memory, nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from icl_core.tables import Shipped, Table, TableError, choose, read_table, shipped_tables
from ui.data.packed import unpacked
from ui.data.settings import OWN, SETTINGS, Data

BROUGHT, TROUBLE, PASTED, FILE = "data_brought", "data_trouble", "data_pasted", "data_file"
SEPARATOR, DECIMAL, HEADER = "data_separator", "data_decimal", "data_header"
CHOICES = ("data_target", "data_features", "data_examples", "data_picked")
GONE = (
    "This link was made with a table that stayed with whoever brought it. Paste or choose yours; "
    "until then you see one that comes along."
)


@dataclass(frozen=True, eq=False)
class Brought:
    """What was pasted or chosen, and the table that it was read as."""

    source: str | bytes
    table: Table


@dataclass(frozen=True, eq=False)
class Shown:
    """The table on the page; shipped: its story where it came along; key: what results hang on."""

    table: Table
    shipped: Shipped | None
    key: object


def shown(state: Data) -> Shown:
    """The table that a state is about; another where that is not there (`is_gone`)."""
    if state.source == OWN and state.kept is not None:
        return Shown(unpacked(state.kept), None, state.kept)
    found = brought()
    if state.source == OWN and found is not None:
        return Shown(found.table, None, found)
    name = Data.source if state.source == OWN else state.source
    about = shipped_tables()[name]
    return Shown(about.table(), about, name)


def is_gone(state: Data) -> bool:
    """Whether a link speaks of a table that this session does not have."""
    return state.source == OWN and state.kept is None and brought() is None


def brought() -> Brought | None:
    """What the visitor brought last, if it could be read."""
    if BROUGHT not in st.session_state and str(st.session_state.get(PASTED, "")).strip():
        # The line was down for so long that the session is gone; the text is still in its field.
        _read(st.session_state[PASTED])
    found: Brought | None = st.session_state.get(BROUGHT)
    return found


def trouble() -> str | None:
    """Why the last table was refused, or None."""
    return st.session_state.get(TROUBLE)


def take_pasted() -> None:
    """Called when something was pasted."""
    if st.session_state[PASTED].strip():
        take(st.session_state[PASTED])


def take_file() -> None:
    """Called when a file was chosen, or given up."""
    if st.session_state[FILE] is not None:
        take(st.session_state[FILE].getvalue())


def read_again() -> None:
    """Called when the visitor corrected how the table is read."""
    found = brought()
    if found is not None:
        _read(found.source, corrected=True)
        _begin_anew()


def turn_to(source: str) -> None:
    """Show another table, with the page's own choice of columns."""
    SETTINGS.change(source=source, kept=None)
    _begin_anew()


def take(source: str | bytes) -> None:
    """Bring another table; where it is refused, the one before stays."""
    for key in (SEPARATOR, DECIMAL, HEADER):
        st.session_state.pop(key, None)
    if _read(source):
        turn_to(OWN)


def _read(source: str | bytes, *, corrected: bool = False) -> bool:
    """Read a table; where it is refused, the one before stays."""
    how = {}
    if corrected:
        marks = {"separator": SEPARATOR, "decimal": DECIMAL, "header": HEADER}
        how = {name: st.session_state.get(key) for name, key in marks.items()}
    try:
        table = read_table(source, **how)
        choose(table, table.usable[-1])
    except TableError as refused:
        st.session_state[TROUBLE] = str(refused)
        return False
    st.session_state[TROUBLE] = None
    st.session_state[BROUGHT] = Brought(source, table)
    return True


def _begin_anew() -> None:
    """Let the page choose columns; their numbers mean others in another table."""
    SETTINGS.change(target=None, features=None, examples=None, picked=None)
    for key in CHOICES:
        st.session_state.pop(key, None)
