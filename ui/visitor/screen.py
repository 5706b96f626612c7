"""Everything a visitor can set, as one typed table.

The link, the controls and the defaults all come from `CODEC`: a link that was
edited by hand and a message from the browser pass through the same readers, and
what cannot be read is left as it was, with a sentence that says so.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from icl_core.priors import SIGMAS
from ui.visitor import methods
from ui.visitor.fields import (
    Clamped,
    Codec,
    Field,
    between,
    flag,
    nearest_of,
    number,
    optional,
    whole,
)
from ui.visitor.methods import NETWORK

MAX_POINTS = 40
MAX_DIM = 8
MOST_LAYERS = 12
"""Of the deepest network that is shipped. A page shows the layers that its own network has."""
X_LIMIT, Y_LIMIT, LINE_LIMIT = 5.0, 16.0, 8.0

Point = tuple[float, float]


def float32(value: float) -> float:
    """The number that a link can carry, and the model reads."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


EXAMPLE: tuple[Point, ...] = tuple(
    (float32(x), float32(y))
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


class MethodSettings(Mapping[str, Any]):
    """What is set of the methods, by setting; what is not given is at its default.

    Immutable and hashable. KeyError for a setting that no method has.
    """

    def __init__(self, **chosen: Any):
        known = methods.settings()
        # What is at its default is not kept, so that equal settings are equal objects.
        self._chosen = {
            name: chosen[name] for name in chosen if chosen[name] != known[name].default
        }

    def __getitem__(self, name: str) -> Any:
        return self._chosen[name] if name in self._chosen else methods.settings()[name].default

    def __iter__(self) -> Iterator[str]:
        return iter(methods.settings())

    def __len__(self) -> int:
        return len(methods.settings())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MethodSettings) and self._chosen == other._chosen

    def __hash__(self) -> int:
        return hash(frozenset(self._chosen.items()))

    def __repr__(self) -> str:
        return f"MethodSettings({', '.join(f'{k}={v!r}' for k, v in self._chosen.items())})"


AS_THEY_ARE = MethodSettings()


@dataclass(frozen=True)
class Screen:
    """What is on the screen.

    ``points`` are drawn by hand; None means that the exemplars are sampled from
    ``seed``. ``line`` is a true line (slope, offset) that the visitor set, around
    which the exemplars are re-drawn; ``weights`` are, off the plane, the first true
    weights, likewise. ``show`` are ids of methods, ``settings`` what
    is set of them; ``layer`` None is no layer.
    """

    points: tuple[Point, ...] | None = EXAMPLE
    line: tuple[float, float] | None = None
    weights: tuple[float, ...] | None = None
    d: int = 2
    intercept: bool = True
    sigma: float = 0.25
    k: int = 7
    seed: int = 1
    query: float = -1.5
    show: tuple[str, ...] = (NETWORK, "ridge", "gd")
    settings: MethodSettings = AS_THEY_ARE
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


# --- readers that only this page needs -----------------------------------------


def _methods(value: object) -> tuple[str, ...]:
    names = value.split(".") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("is not a list of methods")
    known = tuple(method for method in methods.ids() if method in names)
    if len(known) < len([name for name in names if name]):
        raise Clamped(known, "names a method that does not exist")
    return known


def _line(value: object) -> tuple[float, float]:
    pair = value.split(",") if isinstance(value, str) else value
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise ValueError("is not a slope and an offset")
    given = (number(pair[0]), number(pair[1]))
    slope, offset = (min(max(part, -LINE_LIMIT), LINE_LIMIT) for part in given)
    if (slope, offset) != given:
        raise Clamped((slope, offset), f"was held to ±{LINE_LIMIT:g} in slope and offset")
    return slope, offset


def _weights(value: object) -> tuple[float, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not 1 <= len(parts) <= MAX_DIM:
        raise ValueError(f"are not 1 to {MAX_DIM} numbers")
    given = tuple(number(part) for part in parts)
    held = tuple(min(max(part, -LINE_LIMIT), LINE_LIMIT) for part in given)
    if held != given:
        raise Clamped(held, f"were held to ±{LINE_LIMIT:g}")
    return held


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


def read_points(value: object) -> tuple[Point, ...]:
    """Points as a link or a message holds them; ValueError, or Clamped, as every reader."""
    kept: list[Point] = []
    moved = unread = 0
    pairs = _pairs(value)
    for pair in pairs:
        try:
            x, y = (number(part) for part in pair)
        except (TypeError, ValueError):
            unread += 1
            continue
        inside = (min(max(x, -X_LIMIT), X_LIMIT), min(max(y, -Y_LIMIT), Y_LIMIT))
        moved += inside != (x, y)
        kept.append((float32(inside[0]), float32(inside[1])))
    troubles = [
        f"{unread} without two finite numbers were left out" if unread else "",
        f"{moved} out of range were moved to the edge" if moved else "",
        f"only the first {MAX_POINTS} were kept" if len(kept) > MAX_POINTS else "",
    ]
    if any(troubles):
        raise Clamped(tuple(kept[:MAX_POINTS]), "; ".join(t for t in troubles if t))
    return tuple(kept)


# --- writers: from a typed value to the text in a link --------------------------


def write_points(points: tuple[Point, ...] | None) -> str:
    """Points as a link holds them."""
    if points is None:
        return "sampled"
    packed = b"".join(struct.pack("<ff", *point) for point in points)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _read_points(value: object) -> tuple[Point, ...] | None:
    return None if value in (None, "sampled") else read_points(value)


def _write_numbers(numbers: tuple[float, ...] | None) -> str:
    return "auto" if numbers is None else ",".join(map(repr, numbers))


class _Codec(Codec[Screen]):
    """The screen's fields, and between them a row for every setting of every method."""

    @property
    def table(self) -> tuple[Field, ...]:
        *rows, last = self._rows
        return (*rows, *(setting.field for setting in methods.settings().values()), last)

    def value(self, state: Screen, name: str) -> Any:
        return state.settings[name] if name in methods.settings() else getattr(state, name)

    def changed(self, state: Screen, values: Mapping[str, Any]) -> Screen:
        known = methods.settings()
        chosen = {name: value for name, value in values.items() if name in known}
        others = {name: value for name, value in values.items() if name not in known}
        return replace(state, **others, settings=MethodSettings(**{**state.settings, **chosen}))


_FIELDS = (
    Field("points", "p", "points", _read_points, write_points),
    Field("line", "l", "true line", optional(_line), _write_numbers),
    Field("weights", "wt", "true weights", optional(_weights), _write_numbers),
    Field("d", "d", "d", whole(1, MAX_DIM)),
    Field("intercept", "i", "intercept", flag),
    Field("sigma", "s", "noise", nearest_of(*SIGMAS)),
    Field("k", "k", "k", whole(0, MAX_POINTS)),
    Field("seed", "n", "seed", whole(0, 999_999)),
    Field("query", "x", "query", between(-X_LIMIT, X_LIMIT)),
    Field("show", "m", "methods", _methods, ".".join),
    Field("layer", "ly", "layer", optional(whole(0, MOST_LAYERS))),
)
CODEC = _Codec(Screen(), _FIELDS)
apply, to_link, from_link = CODEC.apply, CODEC.to_link, CODEC.from_link


def _refuse_taken(method: methods.Method) -> None:
    taken = {name for row in CODEC.table for name in (row.name, row.key)} | {"settings"}
    for setting in method.settings:
        for name in (setting.id, setting.key):
            if name in taken:
                raise ValueError(f"{name!r} is something else on the screen already.")


methods.check_with(_refuse_taken)
