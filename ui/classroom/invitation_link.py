"""The points that a class begins with, and the link that brings them there."""

from __future__ import annotations

import streamlit as st

from icl_core.models.base import InContextModel
from ui.answers.show_pad import show_pad
from ui.answers.solve import solve
from ui.classroom.invitation import PAD_OUT, SETTINGS, parameters, qr_picture, qr_png
from ui.visitor import session
from ui.visitor.addresses import address, is_local


def the_link() -> None:
    """The link and its QR code."""
    invitation = SETTINGS.current()
    link = address(invitation.start, parameters(invitation, session.current_screen()))
    st.header("The link", anchor=False)
    words, picture = st.columns([2, 1])
    with words:
        st.code(link, language=None, wrap_lines=True)
        st.link_button("Open it as a student would", link)
        if is_local():
            st.warning(
                "This address works on this computer only. Open the app by the name or number "
                "under which your students reach it, and the link will hold that."
            )
        st.caption(
            "The link is all there is: nothing about you or your class is stored, and it will open "
            "the same screen in later versions."
        )
    with picture:
        st.html(f'<img alt="QR code of the link" src="{qr_picture(link)}" style="max-width:100%">')
        st.download_button("QR code for a slide (PNG)", qr_png(link), "link.png", "image/png")


@st.fragment
def the_points(model: InContextModel) -> None:
    """The pad, to draw on or to fix a seed."""
    st.header("On which points", anchor=False)
    st.caption(
        "Draw the points your students begin with, or press “New task”: the link holds them, or "
        "the seed that makes them. In the lesson they are the student's own points."
    )
    show_pad(
        solve(session.current_screen(), model),
        key="teach_pad",
        link=SETTINGS.link(),
        hide=PAD_OUT,
        asks_as="teach",
        on_message=lambda: session.take_message("teach_pad"),
    )
    if session.settled():
        session.write_link(SETTINGS.link())
        st.rerun()
