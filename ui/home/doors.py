"""The ways on from the start page: one for each page that has a door."""

from __future__ import annotations

import streamlit as st

from ui.lesson.steps import steps
from ui.visitor import methods
from ui.visitor.page_registry import all_pages

WORDS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
MOST_IN_A_ROW = 6
"""More, and their names are cut off."""


def doors() -> None:
    """A card for each page with a door."""
    found = [(page, page.door) for page in all_pages() if page.door is not None]
    known = facts()
    rows = -(-len(found) // MOST_IN_A_ROW)
    wide = -(-len(found) // rows)
    columns = [column for _ in range(rows) for column in st.columns(wide)]
    for column, (page, door) in zip(columns, found, strict=False):
        with column.container(border=True, height="stretch"):
            st.page_link(page.script, label=f"**{door.name}**")
            st.caption(door.says.format_map(known))


def facts() -> dict[str, str]:
    """The numbers that the doors name."""
    return {"learners": in_words(len(methods.ids())), "steps": in_words(len(steps())).capitalize()}


def in_words(count: int) -> str:
    """A small number as a word."""
    return WORDS[count] if count < len(WORDS) else str(count)
