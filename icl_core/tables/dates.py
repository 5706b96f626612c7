"""Dates in a column, as days since the first of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

DAY = 86_400.0
"""Seconds."""
_CLOCK = (
    r"(?:[T ]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})" + _CLOCK)


@dataclass(frozen=True, eq=False)
class Dates:
    """A column of dates.

    days: (n,) since the first of them in time, NaN where there is none; first: that one, as
    2024-01-31; either: whether 3/4/2024 might as well be another day than it was taken for.
    """

    days: np.ndarray
    first: str
    either: bool


def dates_of(cells: Sequence[str]) -> Dates | None:
    """A column's dates; None where more than half of its cells are none.

    2024-01-31 with or without a time of day, 31.1.2024, 1/31/2024 or 31/1/2024: the last two
    are told apart by a day above 12 anywhere in the column.
    """
    read = [_parts(cell) for cell in cells]
    order, either = _order(read)
    moments = [None if parts is None else _moment(parts, order) for parts in read]
    there = [moment for moment in moments if moment is not None]
    if len(there) * 2 <= sum(map(bool, cells)) or not there:
        return None
    first = min(there).replace(hour=0, minute=0, second=0)
    days = [
        np.nan if moment is None else (moment - first).total_seconds() / DAY for moment in moments
    ]
    return Dates(np.array(days), f"{first:%Y-%m-%d}", either)


Parts = tuple[str, list[int]]
"""The mark between its parts, "" where the year is first; year or two others first, time last."""


def _parts(cell: str) -> Parts | None:
    cell = cell.strip()
    if (found := _YEAR_FIRST.fullmatch(cell)) is not None:
        year, _, month, day, *clock = found.groups(default="0")
        return "", [int(one) for one in (year, month, day, *clock)]
    if (found := _YEAR_LAST.fullmatch(cell)) is not None:
        one, mark, other, year, *clock = found.groups(default="0")
        return mark, [int(one), int(other), int(year), *map(int, clock)]
    return None


def _order(read: Sequence[Parts | None]) -> tuple[Callable[[list[int]], list[int]], bool]:
    """From what stands in a cell to year, month and day; and whether it might be otherwise."""
    last = [parts for parts in read if parts is not None and parts[0]]
    day_first = any(numbers[0] > 12 for _, numbers in last)
    month_first = any(numbers[1] > 12 for _, numbers in last)
    slashes = any(mark == "/" for mark, _ in last)
    if (month_first and not day_first) or (slashes and not day_first):
        return (lambda told: [told[2], told[0], told[1]]), slashes and not month_first
    return (lambda told: [told[2], told[1], told[0]]), False


def _moment(parts: Parts, order: Callable[[list[int]], list[int]]) -> datetime | None:
    mark, numbers = parts
    year, month, day = numbers[:3] if not mark else order(numbers)
    hour, minute, second = numbers[3:]
    try:
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
