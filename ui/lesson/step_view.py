"""One step of the lesson: words on the left, its live figure on the right."""

from __future__ import annotations

import streamlit as st

from icl_core import CheckpointError
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts
from ui.answers.show_pad import YOURS, show_pad
from ui.answers.solve import Solved
from ui.components.keys import listen
from ui.lesson import state, view
from ui.lesson.facts import Facts, has_tried, is_right
from ui.lesson.pad_out import step_out
from ui.lesson.pool import is_on_pool, lines_behind, solve_step
from ui.lesson.state import SETTINGS
from ui.lesson.steps import Step
from ui.visitor import session, teaching
from ui.work.rerun import rerun_fragment

KEYS = {
    "ArrowRight": "on",
    " ": "on",
    "PageDown": "on",
    "ArrowLeft": "back",
    "PageUp": "back",
    **{key: f"choice {i}" for i, pair in enumerate(["a1", "b2", "c3", "d4"]) for key in pair},
}


@st.fragment
def show_step(model: Transformer, readouts: LayerReadouts | None) -> None:
    """The step that the visitor has come to."""
    step = state.current_step()
    try:
        solved = solve_step(step, session.current_screen(), model, readouts)
    except CheckpointError as trouble:
        view.heading(step)
        st.error(str(trouble))
        view.way_on()
        return
    said = SETTINGS.current().answer(step)
    facts = Facts(solved, readouts, said, heads_off=SETTINGS.current().heads_off)
    state.note_trying(solved.screen, lambda start: has_tried(step, facts, start))
    asked = facts if said is None else judged(step, facts, said)
    listen("lesson_keys", KEYS, press)
    view.heading(step)
    with st.container(key="lesson_body"):
        words, figure = st.columns([5, 7], gap="medium")
    with words:
        tell(step, facts, asked)
    with figure, st.container(key="lesson_figure"):
        if step.extra != "checksum" and view.is_extra_shown(step):
            view.extra_figure(step, facts)
        if view.is_pad_shown(step):
            show_step_pad(step, solved)
        if step.extra == "checksum" and view.is_extra_shown(step):
            view.extra_figure(step, facts)
    view.way_on()
    session.write_link(SETTINGS.link())
    if session.settled():
        rerun_fragment()


def press(action: str) -> None:
    """What a key does: step, or choose an answer."""
    if action.startswith("choice"):
        state.choose(int(action.removeprefix("choice ")))
    elif teaching.current().present:
        state.move_stage(1 if action == "on" else -1)
    else:
        state.move(1 if action == "on" else -1)


def judged(step: Step, facts: Facts, said: str) -> Facts:
    """The points that a committed answer is judged by: those it was given on, not those now."""
    screen = state.asked_on(step)
    then = facts.solved
    if screen != session.current_screen():
        then = solve_step(step, screen, facts.solved.model, facts.readouts)
    asked = Facts(then, facts.readouts, said)
    state.note_verdict(step, is_right=is_right(step, asked, said))
    return asked


def tell(step: Step, facts: Facts, asked: Facts) -> None:
    """The idea, the question and what came of it; in a room one after the other."""
    told = view.stage()
    if told in (None, "idea"):
        with st.container(key="lesson_idea"):
            view.idea(step)
    if told in (None, "question", "answer"):
        view.question(step, asked)
    if told == "try" or (told is None and view.is_revealed(step)):
        view.to_try(step, facts)
    if told is None:
        view.finish(step)
        view.asides(step)


def show_step_pad(step: Step, solved: Solved) -> None:
    """The pad with what this step is about."""
    key = f"lesson_{step.id}"
    on_the_visitors = step.task is None and session.visitors_screen().is_plane
    known = lines_behind(solved, weighed=view.is_revealed(step)) if is_on_pool(step) else None
    show_pad(
        solved,
        key=key,
        link=SETTINGS.link(),
        on_message=lambda: state.take_message(key),
        hide=step_out(step, SETTINGS.current(), teaching.current().present),
        # The answer service knows the shipped network alone.
        asks_as=None if is_on_pool(step) else "lesson",
        behind=known,
        guess=view.guess_mark(step),
        drawing=YOURS if on_the_visitors else key,
    )
