"""A teacher's link: what students see, where they begin, on which points."""

import streamlit as st

from icl_core import CheckpointError, load_model
from icl_core.models.transformer import Transformer
from ui.answers.show_pad import show_pad
from ui.answers.solve import solve
from ui.classroom.invitation import PAGES, SETTINGS, parameters, qr_picture, qr_png, tick_key
from ui.figures.theme import TIGHT_TOP
from ui.lesson.steps import IDS, step_of
from ui.visitor import session, teaching
from ui.visitor.addresses import address, is_local

MODEL = "playground"


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
        st.page_link("pages/notes.py", label="Notes for the lesson")
        st.page_link("pages/classroom.py", label="Class view: everyone's answers in one chart")
    if SETTINGS.notice:
        st.info(SETTINGS.notice)


def where_to_begin() -> None:
    """The start page and, in the lesson, the first step."""
    page, step, room = st.columns([1, 2, 1], vertical_alignment="bottom")
    with page:
        st.selectbox(
            "They begin at",
            list(PAGES),
            format_func=PAGES.__getitem__,
            **SETTINGS.widget("start"),
        )
    if SETTINGS.current().start == "lesson":
        with step:
            st.selectbox(
                "with the step",
                IDS,
                format_func=lambda name: f"{IDS.index(name) + 1}. {step_of(name).title}",
                **SETTINGS.widget("step"),
            )
    with room:
        st.checkbox("For the projector", help="Presenter mode", **SETTINGS.widget("room"))


def what_they_see() -> None:
    """A tick for every part that can be left out."""
    st.header("What they see", anchor=False)
    columns = st.columns(4)
    for i, (group, parts) in enumerate(teaching.PARTS.items()):
        with columns[i % len(columns)]:
            st.markdown(f"**{group}**")
            for name, label in parts.items():
                tick(name, label)


def tick(name: str, label: str) -> None:
    """Whether one part is there."""
    key = tick_key(name)
    if key not in st.session_state:
        st.session_state[key] = name not in SETTINGS.current().hidden

    def take() -> None:
        others = [part for part in SETTINGS.current().hidden if part != name]
        SETTINGS.change(hidden=others if st.session_state[key] else [*others, name])

    st.checkbox(label, key=key, on_change=take)


@st.fragment
def the_points(model: Transformer) -> None:
    """The pad, to draw on or to fix a seed."""
    st.header("On which points", anchor=False)
    st.caption(
        "Draw the points your students begin with, or press “New task”: the link holds them, or "
        "the seed that makes them. In the lesson they are the student's own points."
    )
    show_pad(
        solve(session.current_screen(), model),
        None,
        key="teach_pad",
        link=SETTINGS.link(),
        hide=("errors", "numbers", "python", "export", "layers", "prompt"),
        on_message=lambda: session.take_message("teach_pad"),
    )
    if session.settled():
        session.write_link(SETTINGS.link())
        st.rerun()


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


SETTINGS.arrive()
introduction()
where_to_begin()
try:
    model = load_model(MODEL)
except CheckpointError as trouble:
    st.error(str(trouble))
else:
    the_link()
    the_points(model)
    what_they_see()
session.write_link(SETTINGS.link())
