"""What a teacher chooses for a link: where a class begins and what it sees."""

from __future__ import annotations

import streamlit as st

from ui.classroom.invitation import (
    PRESETS,
    SETTINGS,
    beginnings,
    groups_at,
    hidden_by,
    preset_of,
    tick_key,
)
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
        st.multiselect(
            "Steps that they walk",
            IDS,
            placeholder=f"All {len(IDS)}",
            format_func=lambda name: f"{IDS.index(name) + 1}. {step_of(name).title}",
            **SETTINGS.widget("steps"),
        )
    with room:
        st.checkbox("For the projector", help="Presenter mode", **SETTINGS.widget("room"))


def what_they_see() -> None:
    """A preset, and behind it a tick for every part that can be left out where they begin."""
    st.header("What they see", anchor=False)
    start, hidden = SETTINGS.current().start, SETTINGS.current().hidden
    if start != "lesson":
        choose_preset(preset_of(hidden))
    with st.expander("Part by part", expanded=start == "lesson" or preset_of(hidden) == "own"):
        columns = st.columns(4)
        for i, (group, parts) in enumerate(groups_at(start).items()):
            with columns[i % len(columns)]:
                st.markdown(f"**{group}**")
                for name, label in parts.items():
                    tick(name, label)


def choose_preset(now: str) -> None:
    """How much they see, in one choice; the ticks follow."""
    key = "teach_preset"
    st.session_state[key] = now

    def take() -> None:
        if st.session_state[key] != "own":
            SETTINGS.change(hidden=hidden_by(st.session_state[key]))
            for name in teaching.names():
                st.session_state.pop(tick_key(name), None)

    st.segmented_control(
        "How much",
        list(PRESETS),
        format_func=PRESETS.__getitem__,
        required=True,
        key=key,
        on_change=take,
    )


def tick(name: str, label: str) -> None:
    """Whether one part is there."""
    key = tick_key(name)
    if key not in st.session_state:
        st.session_state[key] = name not in SETTINGS.current().hidden

    def take() -> None:
        others = [part for part in SETTINGS.current().hidden if part != name]
        SETTINGS.change(hidden=others if st.session_state[key] else [*others, name])

    st.checkbox(label, key=key, on_change=take)
