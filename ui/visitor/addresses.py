"""Whole links to pages of this app, as the visitor's browser reaches it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st


def address(page: str, parameters: Mapping[str, str]) -> str:
    """The link of a page ("" is the opening page) with these query parameters."""
    here = urlsplit(st.context.url or "")
    folder = here.path.rpartition("/")[0]
    return urlunsplit((here.scheme, here.netloc, f"{folder}/{page}", urlencode(parameters), ""))


def is_local() -> bool:
    """Whether the address only works on this very machine."""
    return urlsplit(st.context.url or "").hostname in ("localhost", "127.0.0.1", "::1")
