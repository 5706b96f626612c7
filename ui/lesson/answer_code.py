"""A student's answers as twelve letters and digits, to be read out or copied from a board.

Letters are those of Crockford's base 32 (douglascrockford.com/base32): none is mistaken for a
digit. The first says which steps the code is about, eight hold the answers, and three a check
that finds any one wrong letter and any two neighbours that changed places.
"""

from __future__ import annotations

from collections.abc import Mapping

from ui.lesson.state import sound_answer
from ui.lesson.steps import LETTERS
from ui.visitor.screen import Y_LIMIT

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VERSION = "1"
CHOICE, GUESS = len(LETTERS) + 1, 2 * round(100 * Y_LIMIT) + 2
"""How many states an answer has, that there is none among them."""
STEPS = {
    "prompt": CHOICE,
    "linear": GUESS,
    "frozen": CHOICE,
    "squares": CHOICE,
    "noise": CHOICE,
    "pair": CHOICE,
    "used": CHOICE,
    "pool": GUESS,
    "back": CHOICE,
}
"""What this version holds. Other steps are another version: codes stay on paper for a while."""
HELD, CHECKED = 8, 3
PRIME = 32_749
"""The largest below 32³."""
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
_READ_AS = str.maketrans("OIL", "011", DASHES + " ")


def code_of(answers: Mapping[str, str]) -> str:
    """The code of these answers, by step, in three groups of four."""
    held = 0
    for step, states in STEPS.items():
        held = held * states + _digit(answers.get(step), states)
    letters = VERSION + _letters(held, HELD) + _letters(_check(held), CHECKED)
    return "-".join(letters[at : at + 4] for at in (0, 4, 8))


def answers_in(code: str) -> tuple[tuple[str, str], ...]:
    """The answers that a code holds, (step, answer) each.

    Raises:
        ValueError: for a code that was not copied as it was, or of another version.
    """
    letters = code.upper().translate(_READ_AS)
    if len(letters) != 1 + HELD + CHECKED:
        raise ValueError("is not twelve letters and digits")
    if not {*letters} <= {*ALPHABET}:
        raise ValueError("has a letter that codes do without")
    held, check = _number(letters[1:-CHECKED]), _number(letters[-CHECKED:])
    if check != _check(held):
        raise ValueError("has a letter that is not as it was")
    if letters[0] != VERSION:
        raise ValueError("comes from another version of this app")
    said: list[tuple[str, str]] = []
    for step, states in reversed(STEPS.items()):
        held, digit = divmod(held, states)
        if digit:
            said.append((step, sound_answer(step, _answer(digit, states))))
    if held:
        raise ValueError("holds more than the steps that there are")
    return tuple(reversed(said))


def _digit(answer: str | None, states: int) -> int:
    if answer is None:
        return 0
    return 1 + (
        LETTERS.index(answer) if states == CHOICE else round(100 * (float(answer) + Y_LIMIT))
    )


def _answer(digit: int, states: int) -> str:
    return LETTERS[digit - 1] if states == CHOICE else f"{(digit - 1) / 100 - Y_LIMIT:.2f}"


def _check(held: int) -> int:
    """Of the version too: without it another version's code could pass for this one's."""
    return (held + _number(VERSION) * 32**HELD) % PRIME


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[(number >> 5 * at) & 31] for at in reversed(range(count)))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 32 * number + ALPHABET.index(letter)
    return number
