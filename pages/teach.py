"""A teacher's link: what students see, where they begin, on which points."""

import streamlit as st

from icl_core import CheckpointError, load_model
from ui.classroom.invitation import SETTINGS
from ui.classroom.invitation_form import what_they_see, where_to_begin
from ui.classroom.invitation_link import the_link, the_points
from ui.figures.theme import TIGHT_TOP
from ui.pages import CLASSROOM, NOTES, TEACH
from ui.visitor import session
from ui.visitor.networks import SHIPPED


def introduction() -> None:
    """What this is."""
    st.html(TIGHT_TOP)
    st.title("Make a link for your class", anchor=False)
    st.markdown(
        "Choose where your students begin and what they see, then copy the link or show its QR "
        "code. What is not ticked is not there for them. **This keeps things simple, not secret:** "
        "anyone can edit a link and bring everything back."
    )
    with st.container(horizontal=True):
        st.page_link(NOTES.script, label="Notes for the lesson")
        st.page_link(CLASSROOM.script, label="Class view: everyone's answers in one chart")
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


SETTINGS.arrive(TEACH)
introduction()
where_to_begin()
what_they_see()
try:
    model = load_model(SHIPPED)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    the_link()
    the_points(model)
session.write_link(SETTINGS.link())
