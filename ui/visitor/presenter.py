"""Presenter mode: the same pages for the last row of a room."""

from __future__ import annotations

import streamlit as st

from ui.components.keys import listen
from ui.visitor import teaching

ROOM = """<style>
html { font-size: 24px !important; }
[data-testid="stHeader"], [data-testid="stSidebar"] { display: none !important; }
.stMainBlockContainer { padding: 0.4rem 1.5rem !important; max-width: none !important; }
.stApp, .stMarkdown, .stMarkdown p, .stMarkdown li, [data-testid="stCaptionContainer"],
[data-testid="stCaptionContainer"] p { color: var(--room-ink) !important; }
.stApp { --room-ink: light-dark(#000, #fff); background: light-dark(#fff, #000) !important; }
.stMarkdown p, .stMarkdown li, .stMarkdown td { font-size: 1rem !important; }
.stMainBlockContainer h1 { font-size: 1.6rem; }
:is(.st-key-presenter_keys, .st-key-lesson_keys, .st-key-travels) {
  left: 0; overflow: clip; position: absolute; width: 1px !important;
}
.st-key-lesson_figure table { height: calc(100vh - 7.4rem); }
.st-key-fills_the_room { min-height: calc(100vh - 6.2rem); }
.st-key-fills_the_room > .stElementContainer:has(.stPlotlyChart) { flex: 1 1 auto; }
.st-key-fills_the_room :is(.stFullScreenFrame, .stPlotlyChart) { height: 100%; }
.st-key-lesson_figure td { font-size: max(1rem, 3.2vh) !important; }
.stMarkdown td, .stMarkdown th { padding: 0.3rem 0.7rem !important; }
</style>"""
"""What only listens takes no space; a figure of Plotly's and a table take what is
left under the heading."""


def room() -> None:
    """Called on every page by app.py: the key that begins and ends it, and its looks."""
    presenting = teaching.current().present
    listen(
        "presenter_keys",
        {"p": "toggle", **({"Escape": "toggle"} if presenting else {})},
        lambda _: teaching.present(not teaching.current().present),
    )
    if presenting:
        st.html(ROOM)
