"""The task pad of the playground: what follows the finger."""

from __future__ import annotations

import streamlit as st

from ui.answers.show_pad import READABLE, YOURS, show_pad
from ui.answers.solve import solve
from ui.mechanism.door import door
from ui.playground.averages import settings_key
from ui.playground.averages_view import AVERAGED
from ui.visitor import networks, session, teaching
from ui.visitor.networks import Network
from ui.visitor.screen import to_link

AROUND = ("prompt", "layers", "errors", "numbers", "python", "export")
"""What is around the plane, its learners and its task, and is not shown in another site's frame."""


@st.fragment
def pad(network: Network, *, alone: bool = False) -> None:
    """The pad, answered by the chosen network as far as that can read the screen.

    alone: in a frame of another site, where there is the pad and nothing else.
    """
    screen = session.current_screen()
    link = {**to_link(screen), **networks.link(network)}
    own = network is networks.own()
    hidden, fitted = teaching.current().hidden, network.fit(screen)
    solved = solve(fitted, network.model, network.prior, network.readouts, hidden)
    show_pad(
        solved,
        key="pad",
        link=link,
        on_message=lambda: session.take_message("pad", network.apply),
        hide=AROUND if alone else ("python",) if own else (),
        asks_as=None if own else "playground",
        drawing=YOURS if fitted == screen else READABLE,
        embeds=not own,
    )
    if network.readouts is not None and not alone:
        name = "" if own else networks.SHIPPED
        door(solved, network.model, network.readouts, name=name, pad="pad")
    if session.settled():
        session.write_link(link)
        if alone:
            return
        if teaching.shows("averages") and settings_key(screen) != st.session_state.get(AVERAGED):
            st.rerun()
