"""What a class has handed in: links and codes, read as answers and drawn points.

Nothing of it is kept: the text is read anew on every run of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from icl_core import load_model
from ui.answers.solve import Solved, solve
from ui.lesson.answer_code import DASHES, answers_in
from ui.lesson.pool import solve_step
from ui.lesson.state import CODEC, Lesson
from ui.lesson.steps import IDS, LETTERS, Step, step_of
from ui.visitor.links import newer
from ui.visitor.methods import NETWORK
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen, from_link

MOST = 200
"""How many lines are read, and how many links and codes."""
NAMED = 8
"""How many lines that could not be read are named one by one."""
TRIED = 1_000
"""How many links are looked into, whatever they hold."""
LONGEST = 8_000
"""Characters of a link: a plane of forty points, wrapped twice by mail programs, has fewer."""
WRAPPED = 3
"""How many wrappings of a link are undone."""

_APART = re.compile(r"""[\s,;"'`<>()\[\]{}|\u201c\u201d\u201e\u00ab\u00bb]+""")
"""What stands between links: none of it is in a link as the app writes it."""
_AMPERSAND = re.compile("&(?:amp|#38|#x26);", re.IGNORECASE)
_ENDS = ".!:*\u2026"
_MARKS = 3
"""Underscores that Markdown or a mail program may have put behind a link, most."""
_GROUP = "[0-9A-Za-z]{4}"
_CODE = re.compile(
    rf"(?<![0-9A-Za-z])(?=((?:{_GROUP}){{3}}|{_GROUP} {_GROUP} {_GROUP}"
    rf"|({_GROUP}[{DASHES}]{_GROUP}[{DASHES}]{_GROUP}))(?![0-9A-Za-z]))"
)
"""What may be a code; the second group is set where it is written as one, with its dashes."""


@dataclass(frozen=True)
class Sheet:
    """One student's link or code: its line, the lesson's answers, the points drawn."""

    line: int
    lesson: Lesson
    drawn: Screen | None


@dataclass(frozen=True)
class HandedIn:
    """All that could be read, and a sentence for what could not."""

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
    """Read the links and codes in at most `MOST` lines; text around them does no harm.

    A line may hold several; one that it holds twice, as HTML and Markdown do, counts once,
    and so does a code beside the link that says the same.
    """
    sheets: list[Sheet] = []
    troubles: list[str] = []
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
    tried = 0
    for number, line in lines[:MOST]:
        links = list(dict.fromkeys([*_links(line), *_codes(line)]))
        found, amiss = _sheets(number, links[: max(0, TRIED - tried)])
        tried += len(links)
        sheets += found
        troubles += [f"line {number} {words}" for words in amiss]
    return HandedIn(tuple(sheets[:MOST]), _sentence(len(lines), len(sheets), tried, troubles))


def _sheets(number: int, links: list[str]) -> tuple[list[Sheet], list[str]]:
    """What a line's links hold, and what is amiss in it."""
    sheets: list[Sheet] = []
    amiss: list[str] = []
    strangers: list[str] = []
    for link in links:
        try:
            sheet = _sheet(number, link)
        except ValueError as error:
            amiss.append(str(error))
            continue
        if sheet is None:
            strangers.append("holds neither an answer nor drawn points")
        elif not any(_says(one, sheet) for one in sheets):
            sheets.append(sheet)
    if not links:
        amiss = ["holds neither a link nor a code"]
    return sheets, list(dict.fromkeys(amiss or ([] if sheets else strangers)))


def _links(line: str) -> Iterator[str]:
    """The links of a line, in time that grows as its length; a question mark is in each."""
    for _ in range(WRAPPED):
        line = _AMPERSAND.sub("&", line)
    for word in _APART.split(line):
        link = word.rstrip(_ENDS)
        if link.partition("?")[2]:
            yield link


def _codes(line: str) -> Iterator[str]:
    """What is a code, and what is written as one, outside of the links of a line."""
    rest = " ".join(word for word in _APART.split(line) if "?" not in word)
    for found in _CODE.finditer(rest):
        code, dashed = found.groups()
        if dashed is not None or _is_read(code):
            yield code


def _is_read(code: str) -> bool:
    """Words of four letters stand beside each other by chance; a code has its check."""
    try:
        return bool(answers_in(code))
    except ValueError:
        return False


def _says(one: Sheet, other: Sheet) -> bool:
    """Whether nothing is in the other that is not in this one."""
    return one == other or other == Sheet(one.line, Lesson(answers=one.lesson.answers), None)


def _sheet(number: int, link: str) -> Sheet | None:
    """What is in a link or a code; None for nothing of a student's.

    Raises:
        ValueError: where it cannot be read.
    """
    if "?" not in link:
        return _sheet_of_code(number, link)
    # A link may end with an underscore of its own, or with some that were put around it.
    bare = link.rstrip("_")
    own = len(link) - len(bare)
    trouble: ValueError | None = None
    for count in dict.fromkeys([own, *(max(0, own - less) for less in range(1, _MARKS + 1)), 0]):
        try:
            return _sheet_of_link(number, (bare + count * "_").rstrip(_ENDS))
        except ValueError as error:
            trouble = trouble or error
    assert trouble is not None
    raise trouble


def _sheet_of_link(number: int, link: str) -> Sheet | None:
    if len(link) > LONGEST:
        raise ValueError(f"holds a link of more than {LONGEST:,} characters")
    parameters = _parameters(link)
    if newer(parameters):
        raise ValueError("comes from a newer version of this app")
    (lesson, unread), (screen, amiss) = CODEC.from_link(parameters), from_link(parameters)
    if unread or amiss:
        raise ValueError(f"is damaged ({'; '.join(unread + amiss)})")
    drawn = _drawn(parameters, lesson, screen)
    if not lesson.answers and drawn is None:
        return None
    return Sheet(number, lesson, drawn)


def _sheet_of_code(number: int, code: str) -> Sheet | None:
    try:
        answers = answers_in(code)
    except ValueError as error:
        raise ValueError(f"has a code that cannot be used: {code} {error}") from None
    return Sheet(number, Lesson(answers=answers), None) if answers else None


def _parameters(link: str) -> dict[str, str]:
    """A link's parameters, out of what mail programs and search engines wrap around it."""
    parameters: dict[str, str] = {}
    for _ in range(WRAPPED + 1):
        # Proofpoint writes the link itself between two underscores, after its own.
        link = link[max(link.rfind("http://"), link.rfind("https://"), 0) :].rstrip(_ENDS)
        try:
            query = urlsplit(link).query
        except ValueError:
            raise ValueError("holds no link") from None
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        inner = next((part for part in map(_unwrapped, parameters.values()) if part), None)
        if inner is None:
            break
        link = inner
    return parameters


def _unwrapped(value: str) -> str | None:
    """The link that is the value of another's parameter."""
    if value.startswith(("https-3A__", "http-3A__")):
        value = unquote(value.replace("-", "%").replace("_", "/"))
    return value if value.startswith(("https://", "http://")) else None


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


def _sentence(lines: int, links: int, tried: int, troubles: list[str]) -> str | None:
    parts = []
    if troubles:
        named = "; ".join(troubles[:NAMED])
        more = f"; and {len(troubles) - NAMED} more" if len(troubles) > NAMED else ""
        parts.append(
            f"{len(troubles)} of {min(lines, MOST)} lines could not be used: {named}{more}."
        )
    if lines > MOST:
        parts.append(f"Only the first {MOST} of {lines} lines were read.")
    if links > MOST:
        parts.append(f"Only the first {MOST} of {links} links and codes are shown.")
    if tried > TRIED:
        parts.append(f"Only the first {TRIED:,} of {tried:,} links and codes were looked into.")
    return " ".join(parts) or None


# --- what the charts show ------------------------------------------------------------------


@lru_cache(maxsize=256)
def solved(screen: Screen) -> Solved:
    """Every method's answer to a screen."""
    return solve(screen, load_model(SHIPPED))


@lru_cache(maxsize=16)
def begun(name: str) -> Solved:
    """Every answer at a step's beginning. CheckpointError where its networks cannot be used."""
    step = step_of(name)
    return solve_step(step, step.begin(Screen()), load_model(SHIPPED), None)


def counts(step: Step, said: list[tuple[int, str]]) -> list[int]:
    """How many chose each of a step's choices."""
    counted = Counter(answer for _, answer in said)
    return [counted[letter] for letter in LETTERS[: len(step.question.choices)]]


def at_query(solved: Solved) -> tuple[float, float]:
    """The transformer's and ridge's answer at a screen's query."""
    told, ridge = (float(solved.answers[name].at_queries[-1]) for name in (NETWORK, "ridge"))
    return told, ridge
