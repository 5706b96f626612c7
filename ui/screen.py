"""Everything a visitor can set, as one typed table.

The link, the controls and the defaults all come from `FIELDS`: a link that was
edited by hand and a message from the browser pass through the same readers, and
what cannot be read is left as it was, with a sentence that says so.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

MAX_POINTS = 40
LAYERS = 8  # of the flagship; layer 0 is its input
X_LIMIT, Y_LIMIT, LINE_LIMIT = 5.0, 16.0, 8.0
SIGMAS = (0.0, 0.1, 0.25, 0.5, 1.0)
METHODS = ("transformer", "bayes", "ridge", "ols", "gd", "sgd", "knn", "newton")

Point = tuple[float, float]


def _float32(value: float) -> float:
    """The number that a link can carry, and the model reads."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


EXAMPLE: tuple[Point, ...] = tuple(
    (_float32(x), _float32(y))
    for x, y in [
        (-0.7, 2.0),
        (0.1, 1.75),
        (0.6, 0.95),
        (1.1, 1.1),
        (1.6, 0.15),
        (2.0, 0.35),
        (2.5, -0.45),
    ]
)


@dataclass(frozen=True)
class Screen:
    """What is on the screen.

    ``points`` are drawn by hand; None means that the exemplars are sampled from
    ``seed``. ``line`` is a true line (slope, offset) that the visitor set, around
    which the exemplars are re-drawn. ``lam`` None is ridge matched to sigma,
    ``rate`` None the default rate of gradient descent, ``layer`` None no layer.
    """

    points: tuple[Point, ...] | None = EXAMPLE
    line: tuple[float, float] | None = None
    d: int = 2
    intercept: bool = True
    sigma: float = 0.25
    k: int = 7
    seed: int = 1
    query: float = -1.5
    show: tuple[str, ...] = ("transformer", "ridge", "gd")
    lam: float | None = None
    steps: int = 2
    rate: float | None = None
    sgd_rate: float = 0.05
    neighbours: int = 3
    weighted: bool = False
    newton: int = 3
    layer: int | None = None

    @property
    def is_plane(self) -> bool:
        """Whether the task is a line on the plane: one feature besides a constant."""
        return self.d == 1 or (self.d == 2 and self.intercept)

    @property
    def has_intercept(self) -> bool:
        """Whether the last feature is the constant 1."""
        return self.intercept and self.d >= 2

    @property
    def is_drawn(self) -> bool:
        """Whether the exemplars were set by hand."""
        return self.points is not None and self.is_plane


class Clamped(Exception):
    """A value that was readable but out of range; carries what to use instead."""

    def __init__(self, value: Any, why: str):
        super().__init__(why)
        self.value = value


# --- readers: from a string or a JSON value to a typed one ---------------------


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("is not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("is not a number") from None
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


def _between(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        number = _number(value)
        if not low <= number <= high:
            clamped = min(max(number, low), high)
            raise Clamped(clamped, f"was moved to {clamped:g}, the nearest value accepted")
        return number

    return read


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        number = _number(value)
        if number != int(number):
            raise ValueError("is not a whole number")
        try:
            return int(_between(low, high)(number))
        except Clamped as moved:
            raise Clamped(int(moved.value), str(moved)) from None

    return read


def _flag(value: object) -> bool:
    if value in (True, "1"):
        return True
    if value in (False, "0"):
        return False
    raise ValueError("is neither 0 nor 1")


def _optional(read: Callable[[object], Any]) -> Callable[[object], Any]:
    return lambda value: None if value in (None, "", "auto") else read(value)


def _sigma(value: object) -> float:
    number = _number(value)
    nearest = min(SIGMAS, key=lambda sigma: abs(sigma - number))
    if nearest != number:
        raise Clamped(nearest, f"was moved to {nearest:g}; known are {', '.join(map(str, SIGMAS))}")
    return nearest


def _methods(value: object) -> tuple[str, ...]:
    names = value.split(".") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("is not a list of methods")
    known = tuple(method for method in METHODS if method in names)
    if len(known) < len([name for name in names if name]):
        raise Clamped(known, "names a method that does not exist")
    return known


def _line(value: object) -> tuple[float, float]:
    pair = value.split(",") if isinstance(value, str) else value
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ValueError("is not a slope and an offset")
    given = (_number(pair[0]), _number(pair[1]))
    slope, offset = (min(max(part, -LINE_LIMIT), LINE_LIMIT) for part in given)
    if (slope, offset) != given:
        raise Clamped((slope, offset), f"was held to ±{LINE_LIMIT:g} in slope and offset")
    return slope, offset


def _pairs(value: object) -> list[Any]:
    if not isinstance(value, str):
        if not isinstance(value, list | tuple):
            raise ValueError("are not a list of points")
        return list(value)
    try:
        data = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ValueError("are not points that this page wrote") from None
    if len(data) % 8:
        raise ValueError("are cut short")
    return list(struct.iter_unpack("<ff", data))


def _points(value: object) -> tuple[Point, ...]:
    kept: list[Point] = []
    moved = unread = 0
    pairs = _pairs(value)
    for pair in pairs:
        try:
            x, y = (_number(part) for part in pair)
        except (TypeError, ValueError):
            unread += 1
            continue
        inside = (min(max(x, -X_LIMIT), X_LIMIT), min(max(y, -Y_LIMIT), Y_LIMIT))
        moved += inside != (x, y)
        kept.append((_float32(inside[0]), _float32(inside[1])))
    troubles = [
        f"{unread} without two finite numbers were left out" if unread else "",
        f"{moved} out of range were moved to the edge" if moved else "",
        f"only the first {MAX_POINTS} were kept" if len(kept) > MAX_POINTS else "",
    ]
    if any(troubles):
        raise Clamped(tuple(kept[:MAX_POINTS]), "; ".join(t for t in troubles if t))
    return tuple(kept)


# --- writers: from a typed value to the text in a link --------------------------


def _write_points(points: tuple[Point, ...] | None) -> str:
    if points is None:
        return "sampled"
    packed = b"".join(struct.pack("<ff", *point) for point in points)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read_points(value: object) -> tuple[Point, ...] | None:
    return None if value in (None, "sampled") else _points(value)


def _write(value: Any) -> str:
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ".".join(value)
    return repr(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Field:
    """One row of the table: where it lives, its short name in a link, how it is read."""

    name: str
    key: str
    label: str
    read: Callable[[object], Any]
    write: Callable[[Any], str] = _write


FIELDS = (
    Field("points", "p", "points", _read_points, _write_points),
    Field(
        "line",
        "l",
        "true line",
        _optional(_line),
        lambda line: "auto" if line is None else ",".join(map(_write, line)),
    ),
    Field("d", "d", "d", _whole(1, 8)),
    Field("intercept", "i", "intercept", _flag),
    Field("sigma", "s", "noise", _sigma),
    Field("k", "k", "k", _whole(0, MAX_POINTS)),
    Field("seed", "n", "seed", _whole(0, 999_999)),
    Field("query", "x", "query", _between(-X_LIMIT, X_LIMIT)),
    Field("show", "m", "methods", _methods),
    Field("lam", "lam", "ridge λ", _optional(_between(0, 100))),
    Field("steps", "gs", "GD steps", _whole(0, 1000)),
    Field("rate", "gr", "GD rate", _optional(_between(0, 1))),
    Field("sgd_rate", "sr", "SGD rate", _between(0, 1)),
    Field("neighbours", "nn", "neighbours", _whole(1, MAX_POINTS)),
    Field("weighted", "nw", "weighting", _flag),
    Field("newton", "ns", "Newton steps", _whole(0, 40)),
    Field("layer", "ly", "layer", _optional(_whole(0, LAYERS))),
)
assert {field.name for field in FIELDS} == {field.name for field in fields(Screen)}


def apply(screen: Screen, changes: Mapping[str, object]) -> tuple[Screen, list[str]]:
    """The screen after a message from the browser, and a sentence for each trouble.

    ``changes`` maps field names to JSON values. What cannot be read stays as it
    was; what is out of range is clamped; unknown names are ignored.
    """
    taken: dict[str, Any] = {}
    troubles: list[str] = []
    for field in FIELDS:
        if field.name not in changes:
            continue
        try:
            taken[field.name] = field.read(changes[field.name])
        except Clamped as moved:
            taken[field.name] = moved.value
            troubles.append(f"{field.label} {moved}")
        except ValueError as error:
            troubles.append(f"{field.label} {error}")
    return replace(screen, **taken), troubles


def to_link(screen: Screen) -> dict[str, str]:
    """Query parameters that reproduce the screen; what is at its default is left out."""
    plain = Screen()
    return {
        field.key: field.write(getattr(screen, field.name))
        for field in FIELDS
        if getattr(screen, field.name) != getattr(plain, field.name)
    }


def from_link(parameters: Mapping[str, str]) -> tuple[Screen, list[str]]:
    """The screen of a link, and a sentence for each part that could not be read."""
    by_name = {field.name: parameters[field.key] for field in FIELDS if field.key in parameters}
    return apply(Screen(), by_name)
