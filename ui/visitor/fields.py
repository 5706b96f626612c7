"""A typed table of fields, so that a link, the controls and the defaults agree.

Each page has a frozen dataclass of what a visitor can set and one `Codec` over it.
A link that was edited by hand and a message from the browser pass through the same
readers; what cannot be read is left as it was, with a sentence that says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from ui.visitor import links

State = TypeVar("State")


class Clamped(Exception):
    """A value that was readable but out of range; carries what to use instead."""

    def __init__(self, value: Any, why: str):
        super().__init__(why)
        self.value = value


# --- readers: from a string or a JSON value to a typed one ---------------------


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[ ,.'\u2019_\u00a0\u202f][0-9]{3})+(?:[.,][0-9]*)?")


def number(value: object) -> float:
    """Any finite number; in a text with a decimal point or comma, and - or − before it.

    ValueError for what may be read in two ways: 1,234 is a thousand to some. The browser
    reads the same: ``readNumber`` of ``ui/components/shared/numbers.js``.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("is not a number")
    if isinstance(value, str):
        value = value.strip().replace("\u2212", "-")
        is_number = _NUMBER.fullmatch(value)
        if _EITHER.fullmatch(value) or (not is_number and _GROUPED.fullmatch(value)):
            raise ValueError("may be a thousand or a fraction: write it without separators")
        if not is_number:
            raise ValueError("is not a number")
        value = value.replace(",", ".")
    try:
        found = float(value)
    except OverflowError:
        raise ValueError("is not a number") from None
    if not math.isfinite(found):
        raise ValueError("is not a finite number")
    return found


def between(low: float, high: float) -> Callable[[object], float]:
    """A number of a range; what lies outside is moved to its edge."""

    def read(value: object) -> float:
        found = number(value)
        if not low <= found <= high:
            clamped = min(max(found, low), high)
            raise Clamped(clamped, f"was moved to {clamped:g}, the nearest value accepted")
        return found

    return read


def whole(low: int, high: int) -> Callable[[object], int]:
    """A whole number of a range; what lies outside is moved to its edge."""

    def read(value: object) -> int:
        found = number(value)
        if found != int(found):
            raise ValueError("is not a whole number")
        try:
            return int(between(low, high)(found))
        except Clamped as moved:
            raise Clamped(int(moved.value), str(moved)) from None

    return read


def flag(value: object) -> bool:
    """Yes or no."""
    if value in (True, "1"):
        return True
    if value in (False, "0"):
        return False
    raise ValueError("is neither 0 nor 1")


def nearest_of(*values: float) -> Callable[[object], float]:
    """One of a few numbers; any other is moved to the nearest."""

    def read(value: object) -> float:
        found = number(value)
        nearest = min(values, key=lambda known: abs(known - found))
        if nearest != found:
            known = ", ".join(map(str, values))
            raise Clamped(nearest, f"was moved to {nearest:g}; known are {known}")
        return nearest

    return read


def one_of(*names: str) -> Callable[[object], str]:
    """One of a few names."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"is none of {', '.join(names)}")
        return value

    return read


def some_of(known: Sequence[str], what: str) -> Callable[[object], tuple[str, ...]]:
    """Some of a few names, in their own order; what: what they name, as ``"learner"``."""

    def read(value: object) -> tuple[str, ...]:
        told = value.split(".") if isinstance(value, str) else value
        if not isinstance(told, list | tuple) or not all(isinstance(name, str) for name in told):
            raise ValueError(f"is not a list of {what}s")
        found = tuple(name for name in known if name in told)
        if len(found) < len({name for name in told if name}):
            raise Clamped(found, f"names a {what} that is not on this page")
        return found

    return read


def optional(read: Callable[[object], Any]) -> Callable[[object], Any]:
    """As ``read``, or None for what is left to the page."""
    return lambda value: None if value in (None, "", "auto") else read(value)


# --- writers: from a typed value to the text in a link --------------------------


def write(value: Any) -> str:
    """The text of a value in a link."""
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


# --- the table ------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """One row of the table: where it lives, its short name in a link, how it is read."""

    name: str
    key: str
    label: str
    read: Callable[[object], Any]
    write: Callable[[Any], str] = write


class Codec(Generic[State]):
    """The fields of one page; ``plain`` is its state before anyone has set anything.

    page: whose, None for those of every page. since: the version of links that gave
    the keys their meaning; where it is not the first, links say their version.
    """

    def __init__(
        self, plain: State, table: Sequence[Field], *, page: str | None = None, since: int = 1
    ):
        self.plain, self._rows = plain, tuple(table)
        self.page, self.since = page, since
        assert {row.name for row in self._rows} <= {part.name for part in fields(plain)}  # type: ignore[arg-type]

    @property
    def table(self) -> tuple[Field, ...]:
        """The rows, in the order of a link."""
        return self._rows

    def value(self, state: State, name: str) -> Any:
        """What a row's field holds."""
        return getattr(state, name)

    def changed(self, state: State, values: Mapping[str, Any]) -> State:
        """The state with other values in some rows' fields."""
        return replace(state, **values)  # type: ignore[type-var]

    def apply(self, state: State, changes: Mapping[str, object]) -> tuple[State, list[str]]:
        """The state after some changes, and a sentence for each trouble.

        ``changes`` maps field names to JSON values. What cannot be read stays as it
        was; what is out of range is clamped; unknown names are ignored.
        """
        taken: dict[str, Any] = {}
        troubles: list[str] = []
        for row in self.table:
            if row.name not in changes:
                continue
            try:
                taken[row.name] = row.read(changes[row.name])
            except Clamped as moved:
                taken[row.name] = moved.value
                troubles.append(f"{row.label} {moved}")
            except ValueError as error:
                troubles.append(f"{row.label} {error}")
        return self.changed(state, taken), troubles

    def unreadable(self, changes: Mapping[str, object]) -> list[str]:
        """The part of a sentence for each change that `apply` would leave out."""
        found = []
        for row in self.table:
            if row.name in changes:
                try:
                    row.read(changes[row.name])
                except Clamped:
                    pass
                except ValueError as error:
                    found.append(f"{row.label} {error}")
        return found

    def to_link(self, state: State) -> dict[str, str]:
        """Query parameters that reproduce the state; what is at its default is left out."""
        link = {
            row.key: row.write(self.value(state, row.name))
            for row in self.table
            if self.value(state, row.name) != self.value(self.plain, row.name)
        }
        return {**link, links.KEY: str(links.VERSION)} if link and self.since > 1 else link

    def from_link(self, parameters: Mapping[str, str]) -> tuple[State, list[str]]:
        """The state of a link, and a sentence for each part that could not be read."""
        link = links.upgraded(parameters, self.page)
        by_name = {row.name: link[row.key] for row in self.table if row.key in link}
        return self.apply(self.plain, by_name)
