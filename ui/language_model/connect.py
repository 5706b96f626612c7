"""Which model this visitor asks, and a form for a model of their own where the host allows it."""

from __future__ import annotations

import streamlit as st

from ui.language_model import words
from ui.language_model.host import Connection, host

OWN = "language_connection"
"""In the session's memory and nowhere else: it holds the visitor's key."""


def connection() -> Connection | None:
    """The visitor's own model, else the host's, else the one on this machine."""
    return st.session_state.get(OWN) or host().connection()


def connect() -> None:
    """How to connect a model: a form where visitors may, and what a host can do."""
    link, urls = connection(), host().visitor_urls
    if host().trouble:
        st.warning(f"The host's settings cannot be used: {host().trouble}.")
    if link is None:
        st.info(words.NONE)
    with st.expander("Connect another model"):
        st.markdown(words.CONNECT)
        if urls:
            _form(urls)
        if OWN in st.session_state and st.button("Forget my key"):
            del st.session_state[OWN]
            st.rerun()


def _form(urls: tuple[str, ...]) -> None:
    with st.form("language_own", clear_on_submit=True):
        url = st.selectbox("Address", urls)
        model = st.text_input("Model", max_chars=200)
        key = st.text_input("Key", type="password", max_chars=500, autocomplete="off")
        st.caption(words.KEY)
        if st.form_submit_button("Use it"):
            try:
                st.session_state[OWN] = host().own(url, model, key)
            except ValueError as trouble:
                st.error(str(trouble))
            else:
                st.rerun()
