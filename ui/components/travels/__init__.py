"""The browser's Back and Forward within a page, and its address on arrival at another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from ui.components.join import join

_mount = st.components.v2.component(
    "travels",
    html='<span data-role="travels"></span>',
    js=join(Path(__file__).parent / "travels.js"),
)


def watch(page: str, on_travel: Callable[[], None], arrival: int, link: Mapping[str, str]) -> None:
    """Call ``on_travel``, and run the page, when the address has moved within ``page``.

    With a new number of ``arrival``, ``link`` completes the page's address.
    """
    data = {"page": page, "arrival": arrival, "query": urlencode(link)}
    _mount(key="travels", data=data, on_travelled_change=on_travel, height=1)
