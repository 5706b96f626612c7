"""Reading a number off a reply, strictly: nothing is guessed and nothing is put in its place."""

from __future__ import annotations

import re

_ANSWER = re.compile(r"\s*(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+))(?P<rest>.*)", re.DOTALL)
LARGEST = 1e9
"""Beyond it a reply is taken for nonsense: no prompt here has such numbers."""


def read_number(text: str, cut: bool = False) -> float | None:
    """The number that a reply is, or None where it is none.

    The reply must begin with it. A full stop may end it, as it ends a sentence, and words may
    follow on the next line only. cut: whether the reply was stopped for its length; then a
    number that reaches its end may be a part of one, and is none.
    """
    found = _ANSWER.match(text.replace("\u2212", "-"))
    if found is None:
        return None
    rest = found["rest"]
    if cut and not rest:
        return None
    line = rest.split("\n", 1)[0].rstrip()
    if line not in ("", "."):
        return None
    value = float(found["number"])
    return value if abs(value) <= LARGEST else None
