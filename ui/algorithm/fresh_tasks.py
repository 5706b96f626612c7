"""The stored study: every network of the ladder on fresh tasks like those it was trained on."""

from __future__ import annotations

import streamlit as st

from icl_core import CheckpointError
from ui.algorithm.fingerprints import in_detail, show_fingerprint, show_map
from ui.algorithm.numbers import (
    as_k_grows,
    chosen,
    on_fresh_tasks,
    roads_on_fresh_tasks,
    rungs,
    tau_of,
)
from ui.algorithm.settings import KS, SETTINGS


def fresh_tasks() -> None:
    """Every network on the map, and the chosen one in detail."""
    st.select_slider("Examples seen, k", KS, **SETTINGS.widget("k"))
    state = SETTINGS.current()
    try:
        found = on_fresh_tasks(state.ladder, state.k)
    except CheckpointError as trouble:
        st.error(str(trouble))
        return
    rung = chosen(state)
    members = rungs(state.ladder)
    left, right = st.columns([3, 2])
    with left:
        taus = [tau_of(member.runs[0]) for member in members]
        show_map(found, taus, roads_on_fresh_tasks(members[rung].runs[0], state.k))
    with right:
        show_fingerprint(found[rung])
    ks, grown = as_k_grows(state.ladder, rung)
    in_detail(ks, grown, found[rung])
