"""The pad: a curve network on the visitor's points, and what exact Bayes believes of them."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from icl_core.priors import CurvePrior
from icl_core.probes.band import BandHead
from ui.answers.show_pad import READABLE, YOURS, show_pad
from ui.curves import words
from ui.curves.belief_table import belief_table
from ui.curves.numbers import answered, own_band
from ui.curves.settings import SETTINGS
from ui.visitor import session, teaching
from ui.visitor.networks import Network

LEFT_OUT = ("d", "intercept", "truth", "settings", "python")
"""What belongs to lines, or is set below the pad."""


@st.fragment
def pad(network: Network, law: CurvePrior, head: BandHead | None) -> None:
    """The pad, how sure the network is by its head, and which family is believed in."""
    state, screen = SETTINGS.current(), session.current_screen()
    shown = replace(network.fit(screen), show=state.show, line=None)
    solved, band, found = answered(shown, network, state, law, session.moving())
    show_pad(
        solved,
        key="curves_pad",
        link=SETTINGS.link(),
        hide=LEFT_OUT,
        on_message=lambda: session.take_message(
            "curves_pad", SETTINGS.merge(network.apply, without="line")
        ),
        drawing=YOURS if network.fit(screen) == screen else READABLE,
        band=band,
        outline=own_band(solved, head) if head is not None and state.sure else None,
        sigmas=law.sigmas,
    )
    st.caption(words.BAND)
    if head is not None:
        st.toggle(words.OWN_BAND, help=words.OWN_BAND_HELP, **SETTINGS.widget("sure"))
    if teaching.shows("belief"):
        st.html(belief_table(found))
        st.markdown(words.said_of_belief(found, solved.task.y.shape[1]))
        st.caption(words.BELIEF)
    if session.settled():
        session.write_link(SETTINGS.link())
        if SETTINGS.notice:
            st.rerun()
