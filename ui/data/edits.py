"""What a visitor has done to the examples on the pad, beside the table that they come from.

A link says which examples are still the table's, by their number, and only those in numbers
that are the visitor's own: so it tells nothing of a table that was not put into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ui.visitor.fields import Clamped, whole
from ui.visitor.screen import MAX_POINTS, Point, read_points, write_points

Edits = tuple[int | Point, ...]
"""The examples in their order: the number of one of the table's, or a place on the plane."""
OWN = "~"
"""Before a point of the visitor's own in a link."""
NOT_OURS = "is not what this page wrote"


def between(base: Sequence[Point], points: Sequence[Point]) -> Edits | None:
    """What has made ``points`` of the table's examples ``base``; None where nothing has."""
    free: dict[Point, list[int]] = {}
    for at in reversed(range(len(base))):
        free.setdefault(base[at], []).append(at)
    found = tuple(free[point].pop() if free.get(point) else point for point in points)
    return None if found == tuple(range(len(base))) else found


def points_of(base: Sequence[Point], edits: Edits | None) -> tuple[Point, ...]:
    """The examples as they are now."""
    if edits is None:
        return tuple(base)
    return tuple(base[one] if isinstance(one, int) else one for one in known(base, edits))


def known(base: Sequence[Point], edits: Edits) -> Edits:
    """Without numbers of examples that the table does not have."""
    return tuple(one for one in edits if not isinstance(one, int) or one < len(base))


def changed(base: Sequence[Point], edits: Edits | None) -> int:
    """How many of the table's examples are not as they were, and how many are new."""
    if edits is None:
        return 0
    kept = [one for one in known(base, edits) if isinstance(one, int)]
    return max(len(base), len(known(base, edits))) - len(kept)


# --- in a link ------------------------------------------------------------------------


def write_edits(edits: Edits | None) -> str:
    """As a link holds them, 0-3.~AACAPwAAAD8.5 say."""
    if edits is None:
        return "auto"
    parts: list[str] = []
    for _, group in groupby(enumerate(edits), lambda pair: _run_of(*pair)):
        run = [one for _, one in group]
        numbers = [one for one in run if isinstance(one, int)]
        if numbers:
            first, last = numbers[0], numbers[-1]
            parts.append(str(first) if first == last else f"{first}-{last}")
        parts += [f"{OWN}{write_points((one,))}" for one in run if not isinstance(one, int)]
    return ".".join(parts) or "."


def _run_of(place: int, one: int | Point) -> object:
    """The same for examples that follow each other in the table as they do here."""
    return place - one if isinstance(one, int) else one


def read_edits(value: object) -> Edits:
    """From a link, or as they are. ValueError for what this page did not write."""
    if isinstance(value, str):
        parts = [one for part in value.split(".") if part for one in _of_link(part)]
    elif isinstance(value, list | tuple):
        parts = [one for part in value for one in _of_message(part)]
    else:
        raise ValueError(NOT_OURS)
    numbers = [one for one in parts if isinstance(one, int)]
    if len(set(numbers)) < len(numbers) or len(parts) > MAX_POINTS:
        raise ValueError(NOT_OURS)
    return tuple(parts)


def _of_link(part: str) -> Edits:
    if part.startswith(OWN):
        return _held(part.removeprefix(OWN))
    first, _, last = part.partition("-")
    low, high = (_number(text) for text in (first, last or first))
    if low > high:
        raise ValueError(NOT_OURS)
    return tuple(range(low, high + 1))


def _of_message(part: object) -> Edits:
    return (_number(part),) if isinstance(part, int) else _held([part])


def _number(value: object) -> int:
    try:
        return whole(0, MAX_POINTS - 1)(value)
    except Clamped:
        raise ValueError(NOT_OURS) from None


def _held(value: object) -> tuple[Point, ...]:
    try:
        return read_points(value)
    except Clamped:
        raise ValueError("holds a point that lies off the plane") from None
