"""The steps of the lesson, read from ``steps.toml`` and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from ui.visitor import methods
from ui.visitor.screen import CODEC, Screen

FILE = Path(__file__).with_name("steps.toml")
LETTERS = "abcd"
PARTS = (
    "prompt", "sample", "addPoint", "history", "clear", "truth",
    "methods", "settings", "task", "d", "k", "sigma", "intercept", "seed", "layers",
)  # fmt: skip
EXTRAS = ("sentences", "checksum", "steering", "mechanism", "pool")
LISTS = ("parts", "kept_back", "not_in_room", "sentences")
RETIRED = {
    "descent": "squares",
    "intercept": "squares",
    "few": "linear",
    "where": "used",
    "closing": "back",
}
"""Steps of earlier versions, and which step their links open now."""
ALWAYS_OUT = ("errors", "numbers", "python", "export")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Choice:
    """One answer to choose; method where the right one is measured on the points."""

    text: str
    says: str = ""
    method: str | None = None


@dataclass(frozen=True)
class Question:
    """A prediction to commit to before the reveal.

    With ``choices``, ``answer`` is a letter; or "nearest" for the choice whose method
    lies nearest to the transformer on the points. Without choices it is a guess on the
    plane, close when it is within ``near`` of the network's answer.
    """

    ask: str
    reveal: str
    choices: tuple[Choice, ...] = ()
    answer: str = ""
    near: float = 0.0
    says: Mapping[str, str] | None = None

    @property
    def is_guess(self) -> bool:
        """Whether it is answered on the plane."""
        return not self.choices


@dataclass(frozen=True)
class Try:
    """One thing to try; done when a field of the screen has changed or reached a number.

    check: in place of a field, one of ``CHECKS`` of `ui.lesson.facts`, which measures it.
    now: what is so on the points as they are, beside the thing to try.
    """

    do: str
    said: str
    field: str = ""
    at_least: float | None = None
    check: str = ""
    now: str = ""

    def is_done(self, screen: Screen, start: Screen) -> bool:
        """Whether the visitor, who began at ``start``, has done it, as a field tells."""
        now = CODEC.value(screen, self.field)
        if self.at_least is not None:
            return bool(now >= self.at_least)
        return bool(now != CODEC.value(start, self.field))


@dataclass(frozen=True)
class Step:
    """One step of the lesson.

    task: the task it needs, or None for the visitor's own points; settings: what else
    it changes on the screen; parts: of the pad, beside the plane; extra: a figure of
    its own; kept_back: what is not there before the question is answered; not_in_room: what a
    room, where all is to fit one screen, does without; transcript: title, text and source of
    what a language model wrote.
    """

    id: str
    title: str
    idea: str
    alone: int
    in_class: int
    question: Question
    to_try: Try
    maths: str
    source: str
    teacher: Mapping[str, str]
    task: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] | None = None
    parts: tuple[str, ...] = ()
    extra: str | None = None
    kept_back: tuple[str, ...] = ()
    not_in_room: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    transcript: Mapping[str, str] | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """The methods that are on its pad."""
        return tuple((self.settings or {}).get("show", ()))

    def own_after(self, screen: Screen, own: Screen = CODEC.plain) -> Screen:
        """The visitor's own screen, once the step has come to ``screen`` from ``own``."""
        kept = {name: CODEC.value(own, name) for name in self.settings or {}}
        return CODEC.changed(screen, kept)

    def begin(self, own: Screen) -> Screen:
        """The screen at its beginning, for a visitor with these points of their own."""
        base = Screen() if self.task is not None else own
        screen, troubles = CODEC.apply(base, {**(self.task or {}), **(self.settings or {})})
        assert not troubles, (self.id, troubles)
        return screen


def _only(kind: type[Made], entry: Mapping[str, Any]) -> Made:
    unknown = set(entry) - {part.name for part in fields(kind)}  # type: ignore[arg-type]
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}.")
    return kind(**entry)


def _question(entry: Mapping[str, Any]) -> Question:
    choices = tuple(_only(Choice, choice) for choice in entry.get("choices", ()))
    return _only(Question, {**entry, "choices": choices})


def _try(entry: Mapping[str, Any]) -> Try:
    entry = dict(entry)
    done = {key: value for key, value in entry.pop("done").items() if key != "changed"}
    return _only(Try, {**entry, **done})


def _step(entry: Mapping[str, Any]) -> Step:
    given = dict(entry)
    minutes, maths = given.pop("minutes"), given.pop("maths")
    made = {
        "alone": minutes["alone"],
        "in_class": minutes["class"],
        "maths": maths["text"],
        "source": maths["source"],
        "settings": given.pop("set", None),
        "question": _question(given.pop("question")),
        "to_try": _try(given.pop("try")),
    }
    lists = {key: tuple(given.pop(key, ())) for key in LISTS}
    step = _only(Step, {**given, **made, **lists})
    named = {*step.parts, *step.kept_back, *step.not_in_room}
    unknown = named - {*PARTS, *methods.ids(), *EXTRAS, "line"}
    if unknown:
        raise ValueError(f"Step {step.id} names {', '.join(sorted(unknown))}.")
    return step


@lru_cache(maxsize=1)
def steps() -> tuple[Step, ...]:
    """Every step, in order."""
    return tuple(_step(dict(entry)) for entry in tomllib.loads(FILE.read_text())["steps"])


IDS = tuple(step.id for step in steps())
KNOWN = (*IDS, *RETIRED)
"""Of today's steps and of those that links may still speak of."""


def step_of(name: str) -> Step:
    """The step with this id."""
    return steps()[IDS.index(name)]
