"""What of the pad a step of the lesson leaves out, and what it keeps back for now.

All of it follows from the link, so that the page and the answer service leave out the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from ui.lesson.state import CODEC, STAGES, Lesson
from ui.lesson.steps import ALWAYS_OUT, PARTS, Step, step_of
from ui.visitor import methods, teaching


def stage_of(lesson: Lesson, in_room: bool) -> str | None:
    """Which part of the step a room is shown; None outside presenter mode."""
    return STAGES[lesson.stage] if in_room else None


def is_revealed(step: Step, lesson: Lesson, in_room: bool) -> bool:
    """Whether the answer may be shown: it was committed, or the room has seen the question."""
    return stage_of(lesson, in_room) in ("answer", "try") or lesson.answer(step) is not None


def step_out(step: Step, lesson: Lesson, in_room: bool) -> tuple[str, ...]:
    """Parts and methods that a step is not about, or keeps back."""
    return (
        *ALWAYS_OUT,
        *(set(PARTS) - set(step.parts)),
        *(set(methods.ids()) - set(step.shown)),
        *(() if is_revealed(step, lesson, in_room) else step.kept_back),
        *(("hint", "history", "clear", "sample", *step.not_in_room) if in_room else ()),
    )


def pad_out(link: Mapping[str, str]) -> tuple[str, ...]:
    """The same, as the page's link tells it."""
    lesson, told = CODEC.from_link(link)[0], teaching.CODEC.from_link(link)[0]
    return step_out(step_of(lesson.step), lesson, told.present)
