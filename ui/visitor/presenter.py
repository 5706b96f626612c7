"""Presenter mode: the same pages for the last row of a room."""

from __future__ import annotations

import streamlit as st

from ui.components.keys import listen
from ui.visitor import teaching

ROOM = """<style>
html { font-size: 24px !important; }
[data-testid="stHeader"], [data-testid="stSidebar"] { display: none !important; }
.stMainBlockContainer { padding: 0 1.5rem 0.5rem !important; max-width: none !important; }
.stApp, .stMarkdown, .stMarkdown p, .stMarkdown li, [data-testid="stCaptionContainer"],
[data-testid="stCaptionContainer"] p { color: var(--room-ink) !important; }
.stApp { --room-ink: #000; background: #fff !important; }
.stApp:has(.room-dark) { --room-ink: #fff; background: #000 !important; }
.stMarkdown p, .stMarkdown li, .stMarkdown td { font-size: 1rem !important; }
.stMainBlockContainer h1 { font-size: 1.6rem; }
.stMarkdown td, .stMarkdown th { padding: 0.3rem 0.7rem !important; }
</style>"""


def room() -> None:
    """Called on every page by app.py: the key that begins and ends it, and its looks."""
    presenting = teaching.current().present
    listen(
        "presenter_keys",
        {"p": "toggle", **({"Escape": "toggle"} if presenting else {})},
        lambda _: teaching.present(not teaching.current().present),
    )
    if presenting:
        dark = st.context.theme.type == "dark"
        st.html(ROOM + ('<span class="room-dark"></span>' if dark else ""))
