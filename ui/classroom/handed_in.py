"""What a class has handed in: links, read as answers and drawn points.

Nothing of it is kept: the text is read anew on every run of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from icl_core import load_model
from ui.answers.solve import Solved, solve
from ui.lesson.state import CODEC, Lesson
from ui.lesson.steps import IDS, LETTERS, Step, step_of
from ui.visitor.links import newer
from ui.visitor.methods import NETWORK
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen, from_link

MOST = 200
NAMED = 8
"""How many lines that could not be read are named one by one."""

MOST_LETTERS = 8_000
"""Of one line; a link with all of a lesson's answers and forty points has 617."""

_BETWEEN_WORDS = re.compile(r"""[\s,;"'<>]+""")


@dataclass(frozen=True)
class Sheet:
    """One student's link: which line it stood in, the lesson's answers, the points drawn."""

    line: int
    lesson: Lesson
    drawn: Screen | None


@dataclass(frozen=True)
class HandedIn:
    """All links that could be read, and a sentence for what could not."""

    sheets: tuple[Sheet, ...]
    trouble: str | None

    def answers(self, step: Step) -> list[tuple[int, str]]:
        """(line, answer) of everyone who has answered a step."""
        said = ((sheet.line, sheet.lesson.answer(step)) for sheet in self.sheets)
        return [(line, answer) for line, answer in said if answer is not None]

    def answered(self) -> list[Step]:
        """The steps that somebody has answered."""
        return [step for step in map(step_of, IDS) if self.answers(step)]

    def drawn(self) -> list[tuple[int, Screen]]:
        """(line, screen) of everyone who has drawn points."""
        return [(sheet.line, sheet.drawn) for sheet in self.sheets if sheet.drawn is not None]


def read_links(text: str) -> HandedIn:
    """Read at most `MOST` links, one a line; text around a link does no harm."""
    sheets: list[Sheet] = []
    troubles: list[str] = []
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in lines[:MOST]:
        try:
            sheets.append(_sheet(number, line))
        except ValueError as error:
            troubles.append(f"line {number} {error}")
    return HandedIn(tuple(sheets), _sentence(len(lines), troubles))


def _sheet(number: int, line: str) -> Sheet:
    if len(line) > MOST_LETTERS:
        raise ValueError(f"has {len(line):,} characters, more than any link")
    words = _BETWEEN_WORDS.split(line)
    link = next((word for word in words if word.partition("?")[2]), None)
    if link is None:
        raise ValueError("holds no link")
    query = urlsplit(link).query
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if newer(parameters):
        raise ValueError("comes from a newer version of this app")
    (lesson, unread), (screen, amiss) = CODEC.from_link(parameters), from_link(parameters)
    if unread or amiss:
        raise ValueError(f"is damaged ({'; '.join(unread + amiss)})")
    drawn = _drawn(parameters, lesson, screen)
    if not lesson.answers and drawn is None:
        raise ValueError("holds neither an answer nor drawn points")
    return Sheet(number, lesson, drawn)


def _drawn(parameters: dict[str, str], lesson: Lesson, screen: Screen) -> Screen | None:
    """The points that the student drew; None for those that everyone begins with."""
    own = lesson.own
    if own is None and "p" in parameters and not _is_on_a_steps_task(parameters, lesson):
        own = screen
    if own is None or not own.is_drawn or own.points in ((), Screen().points):
        return None
    return own


def _is_on_a_steps_task(parameters: dict[str, str], lesson: Lesson) -> bool:
    in_lesson = not {"es", "ea", "et", "eo"}.isdisjoint(parameters)
    return in_lesson and step_of(lesson.step).task is not None


def _sentence(lines: int, troubles: list[str]) -> str | None:
    parts = []
    if troubles:
        named = "; ".join(troubles[:NAMED])
        more = f"; and {len(troubles) - NAMED} more" if len(troubles) > NAMED else ""
        parts.append(
            f"{len(troubles)} of {min(lines, MOST)} lines could not be used: {named}{more}."
        )
    if lines > MOST:
        parts.append(f"Only the first {MOST} of {lines} lines were read.")
    return " ".join(parts) or None


# --- what the charts show ------------------------------------------------------------------


@lru_cache(maxsize=256)
def solved(screen: Screen) -> Solved:
    """Every method's answer to a screen."""
    return solve(screen, load_model(SHIPPED))


def counts(step: Step, said: list[tuple[int, str]]) -> list[int]:
    """How many chose each of a step's choices."""
    counted = Counter(answer for _, answer in said)
    return [counted[letter] for letter in LETTERS[: len(step.question.choices)]]


def at_query(screen: Screen) -> tuple[float, float]:
    """The transformer's and ridge's answer at a screen's query."""
    answers = solved(screen).answers
    told, ridge = (float(answers[name].at_queries[-1]) for name in (NETWORK, "ridge"))
    return told, ridge
