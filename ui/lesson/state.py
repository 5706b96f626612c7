"""What a student has done of the lesson: in the session and in the link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from ui.components.heads_board import read_choice
from ui.components.pad import read_message
from ui.lesson.steps import IDS, KNOWN, LETTERS, RETIRED, Step, step_of
from ui.visitor import session
from ui.visitor.fields import (
    Clamped,
    Codec,
    Field,
    between,
    flag,
    number,
    one_of,
    optional,
    whole,
)
from ui.visitor.page_registry import PageSpec
from ui.visitor.screen import Y_LIMIT, Screen, from_link, to_link, write_points
from ui.visitor.settings import Settings

STAGES = ("idea", "question", "answer", "try")
"""In a room a step is shown part by part."""

START, LEFT, JUDGED = "lesson_start", "lesson_left", "judged_on"
"""Names in the session; those of the pads are `lesson_` and a step's id."""


class Judged(NamedTuple):
    """The screen that an answer is judged on, and whether it was committed on that, here."""

    screen: Screen
    is_committed: bool


@dataclass(frozen=True)
class Lesson:
    """Progress: step is an id; answers pairs of an id and a letter or a number.

    tried: the steps whose thing to try was done; own: the visitor's own screen while a
    step has a task of its own, or cannot be drawn on, as the link holds it; stage: how far a
    step is shown in a room; guess: where the mark of an open question stands; right: the steps
    whose answer was right when it was committed; heads_off: whether the pairing heads are off.
    What was answered or tried at a step that is no more is kept, and counts nowhere. only: the
    steps that a teacher chose, all of them where it is empty.
    """

    step: str = IDS[0]
    answers: tuple[tuple[str, str], ...] = ()
    tried: tuple[str, ...] = ()
    own: Screen | None = None
    stage: int = 0
    guess: float = 0.0
    right: tuple[str, ...] = ()
    heads_off: bool = False
    only: tuple[str, ...] = ()

    @property
    def walk(self) -> tuple[str, ...]:
        """The steps that are walked, in order; the one on screen is among them."""
        chosen = {*self.only} & {*IDS}
        return tuple(name for name in IDS if name in {*chosen, self.step}) if chosen else IDS

    def answer(self, step: Step) -> str | None:
        """What was committed at a step."""
        return dict(self.answers).get(step.id)

    def answered(self) -> tuple[tuple[str, str], ...]:
        """The answers to the steps that are walked."""
        return tuple(pair for pair in self.answers if pair[0] in self.walk)


# --- the link --------------------------------------------------------------------------


def sound_answer(step: str, said: str) -> str:
    """An answer as it is kept; ValueError for one that the step does not know."""
    if step in RETIRED:
        return said if said in LETTERS and len(said) == 1 else f"{number(said):.2f}"
    question = step_of(step).question
    if question.is_guess:
        found = min(max(number(said), -Y_LIMIT), Y_LIMIT)
        return f"{found:.2f}"
    if len(said) != 1 or said not in LETTERS[: len(question.choices)]:
        raise ValueError("is none of the choices")
    return said


def _answers(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, str):
        raise ValueError("are not answers that this page wrote")
    kept: dict[str, str] = {}
    unread = 0
    for part in filter(None, value.split("_")):
        step, _, said = part.partition("-")
        try:
            kept[step] = sound_answer(step, said)
        except ValueError:
            unread += 1
    ordered = tuple((step, kept[step]) for step in KNOWN if step in kept)
    if unread:
        raise Clamped(ordered, f"left out {unread} that belong to no step")
    return ordered


def _write_answers(answers: tuple[tuple[str, str], ...]) -> str:
    return "_".join(f"{step}-{said}" for step, said in answers)


def read_steps(value: object) -> tuple[str, ...]:
    """Steps by their ids, of today or of earlier versions."""
    names = value.split("_") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        raise ValueError("is not a list of steps")
    known = tuple(step for step in KNOWN if step in names)
    if len(known) < len([name for name in names if name]):
        raise Clamped(known, "names a step that does not exist")
    return known


def read_step(value: object) -> str:
    """A step by its id; one that is no more leads to the step that took its place."""
    now = RETIRED.get(value, value) if isinstance(value, str) else value
    return one_of(*IDS)(now)


def _own(value: object) -> Screen:
    if isinstance(value, Screen):
        return value
    if not isinstance(value, str):
        raise ValueError("are not points that this page wrote")
    screen, troubles = from_link(dict(parse_qsl(value, keep_blank_values=True)))
    if troubles:
        raise Clamped(screen, "; ".join(troubles))
    return screen


def _write_own(own: Screen | None) -> str:
    return "auto" if own is None else urlencode({"d": own.d, **to_link(own)})


CODEC = Codec(
    Lesson(),
    (
        Field("step", "es", "step", read_step),
        Field("answers", "ea", "answers", _answers, _write_answers),
        Field("tried", "et", "steps tried", read_steps, "_".join),
        Field("own", "eo", "your own points", optional(_own), _write_own),
        Field("stage", "eg", "stage", whole(0, len(STAGES) - 1)),
        Field("guess", "eq", "guess", between(-Y_LIMIT, Y_LIMIT)),
        Field("right", "er", "steps answered rightly", read_steps, "_".join),
        Field("heads_off", "eh", "pairing heads off", flag),
        Field("only", "el", "steps to walk", read_steps, "_".join),
    ),
    page="lesson",
)


class _Settings(Settings[Lesson]):
    """As of every page; the points are always said, so that a bare step can be told apart."""

    def arrive(self, page: PageSpec) -> None:
        if session.comes_from_another(page):
            session.set_aside(self.page, session.current_screen())
            resume()
        super().arrive(page)

    def follow(self, link: Mapping[str, str]) -> None:
        super().follow(link)
        st.session_state[JUDGED] = {}
        lesson, step, said = self.current(), current_step(), self.notice
        own = lesson.own or session.screen_before_the_link()
        if "p" in link and step.task is None and own.is_plane:
            own = step.own_after(session.current_screen(), own)
        elif own != Screen():
            self._keep(replace(lesson, own=own), said)
        session.set_aside(self.page, own)
        if "p" not in link:
            enter(step, lesson.stage, lesson.guess)
            self._keep(self.current(), said)

    def link(self) -> dict[str, str]:
        return {"p": write_points(session.current_screen().points), **super().link()}


SETTINGS = _Settings(CODEC)


# --- what a student does -------------------------------------------------------------------


def current_step() -> Step:
    """The step on screen."""
    return step_of(SETTINGS.current().step)


def enter(step: Step, stage: int = 0, guess: float = 0.0) -> None:
    """Begin a step, on its own task or on the visitor's points, which wait meanwhile."""
    own = session.visitors_screen()
    screen = step.begin(own if own.is_plane else Screen())
    session.set_aside(SETTINGS.page, own)
    session.show_screen(screen)
    kept = own if step.task is not None or not own.is_plane else None
    SETTINGS.change(step=step.id, own=kept, stage=stage, guess=guess)
    st.session_state[START] = (step.id, screen)


def resume() -> None:
    """Go on where the lesson was left: on the visitor's points as they are by now."""
    step = current_step()
    enter(step, SETTINGS.current().stage, SETTINGS.current().guess)
    left, screen = st.session_state.get(LEFT, (None, None))
    if left == step.id:
        session.show_screen(screen)


def _note_own() -> None:
    """What was done on the visitor's points was done to them; what on the step's, to those."""
    step, shown, own = current_step(), session.current_screen(), session.visitors_screen()
    if step.task is not None:
        st.session_state[LEFT] = (step.id, shown)
    elif own.is_plane:
        session.set_aside(SETTINGS.page, step.own_after(shown, own))
    elif shown.points != Screen().points:
        session.set_aside(SETTINGS.page, replace(own, points=shown.points))


def move(by: int) -> None:
    """Go some steps on or back; at either end, stay."""
    lesson = SETTINGS.current()
    at = lesson.walk.index(lesson.step) + by
    if 0 <= at < len(lesson.walk):
        enter(step_of(lesson.walk[at]))


def move_stage(by: int) -> None:
    """Go on in a room, part by part, and after the last to the next step."""
    stage = SETTINGS.current().stage + by
    if 0 <= stage < len(STAGES):
        SETTINGS.change(stage=stage)
    else:
        move(by)


def commit(said: str) -> None:
    """Keep an answer to the question on screen."""
    lesson, step = SETTINGS.current(), current_step()
    answers = {**dict(lesson.answers), step.id: sound_answer(step.id, said)}
    st.session_state.setdefault(JUDGED, {})[step.id] = Judged(session.current_screen(), True)
    SETTINGS.change(answers=tuple((name, answers[name]) for name in KNOWN if name in answers))


def take_back() -> None:
    """Forget the answer to the question on screen."""
    lesson, step = SETTINGS.current(), current_step()
    st.session_state.get(JUDGED, {}).pop(step.id, None)
    SETTINGS.change(
        answers=tuple(pair for pair in lesson.answers if pair[0] != step.id),
        right=tuple(name for name in lesson.right if name != step.id),
    )


def asked_on(step: Step) -> Screen:
    """The screen that the answer to a step was committed on, by which it is judged from then on.

    After a reload it is that of the step's own task, or for a visitor's points those that are
    there first.
    """
    frozen: dict[str, Judged] = st.session_state.setdefault(JUDGED, {})
    if step.id not in frozen:
        screen = session.current_screen() if step.task is None else step.begin(Screen())
        frozen[step.id] = Judged(screen, False)
    return frozen[step.id].screen


def note_verdict(step: Step, *, is_right: bool) -> None:
    """Remember whether the answer to a step was right, where it was committed in this session.

    Of an answer that came with a link, the link says so: its points may be others by now.
    """
    if not st.session_state[JUDGED][step.id].is_committed:
        return
    lesson = SETTINGS.current()
    names = {*lesson.right, step.id} if is_right else {*lesson.right} - {step.id}
    right = tuple(name for name in KNOWN if name in names)
    if right != lesson.right:
        SETTINGS.change(right=right)


def score(lesson: Lesson) -> tuple[int, int]:
    """How many answers were right, and how many there are.

    A link of before verdicts were kept says so of the questions with a fixed answer alone.
    """
    fixed = [name for name, said in lesson.answered() if said == step_of(name).question.answer]
    answered = {name for name, _ in lesson.answered()}
    return len(answered & {*lesson.right, *fixed}), len(answered)


def choose(number_of_choice: int) -> None:
    """Commit to a choice, if the question has so many and none is committed."""
    question = current_step().question
    if SETTINGS.current().answer(current_step()) is None and number_of_choice < len(
        question.choices
    ):
        commit(LETTERS[number_of_choice])


def note_trying(screen: Screen, has_tried: Callable[[Screen], bool]) -> None:
    """Remember when the thing to try has been done, by who began at the screen it is told."""
    lesson, step = SETTINGS.current(), current_step()
    started, start = st.session_state.get(START, (None, None))
    if started != step.id:
        st.session_state[START] = (step.id, screen)
        return
    if step.id not in lesson.tried and has_tried(start):
        tried = {*lesson.tried, step.id}
        SETTINGS.change(tried=tuple(name for name in KNOWN if name in tried))


def take_heads(key: str) -> None:
    """The pairing heads were switched off or on."""
    SETTINGS.change(heads_off=bool(read_choice(key).get("heads")))


def take_message(key: str) -> None:
    """A message from the pad: points, or a guess."""
    session.take_message(key)
    _note_own()
    changes = read_message(key)[2]
    guess = _guess(changes)
    if guess is not None:
        SETTINGS.change(guess=guess)
        if changes.get("commit") is True:
            commit(str(guess))


def _guess(changes: Mapping[str, object]) -> float | None:
    try:
        return min(max(number(changes["guess"]), -Y_LIMIT), Y_LIMIT)
    except (KeyError, ValueError):
        return None
