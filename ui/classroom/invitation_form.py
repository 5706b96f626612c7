"""What a teacher chooses for a link: where a class begins and what it sees."""

from __future__ import annotations

import streamlit as st

from ui.classroom.invitation import SETTINGS, beginnings, tick_key
from ui.lesson.steps import IDS, step_of
from ui.visitor import teaching


def where_to_begin() -> None:
    """The start page and, in the lesson, the first step."""
    page, step, room = st.columns([1, 2, 1], vertical_alignment="bottom")
    with page:
        SETTINGS.pick("They begin at", "start", beginnings())
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
    for i, (group, parts) in enumerate(teaching.parts().items()):
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
