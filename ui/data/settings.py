"""What a visitor can set on the page about their own data, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from icl_core.predicting import LABELS, NETWORK
from icl_core.tables import shipped_tables
from icl_core.tables.chosen import MOST_EXAMPLES, MOST_FEATURES
from icl_core.tables.reading import MOST_COLUMNS
from ui.data.packed import unpacked
from ui.visitor.fields import Clamped, Codec, Field, flag, one_of, optional, whole
from ui.visitor.settings import Settings

OWN = "own"
SOURCES = (*shipped_tables(), OWN)
FEWEST_EXAMPLES = 2


@dataclass(frozen=True)
class Data:
    """What is on the page.

    source: a table that comes along, or the visitor's own; target, features: columns by
    their numbers, so that a link holds no name of a visitor's, None for the page's choice;
    examples: how many, None likewise; seed: of their draw; scaled: whether they are centred
    and scaled; show: which methods are drawn; kept: a small table of the visitor's own, in
    the link because they asked for it.
    """

    source: str = "stopping"
    target: int | None = None
    features: tuple[int, ...] | None = None
    examples: int | None = None
    seed: int = 0
    scaled: bool = True
    show: tuple[str, ...] = (NETWORK, "ridge", "ols")
    kept: str | None = None


def _parts(value: object) -> list[Any]:
    told = value.split(".") if isinstance(value, str) else value
    if not isinstance(told, list | tuple):
        raise ValueError("is not a list")
    return [part for part in told if part != ""]


def _column(value: object) -> int | None:
    """A column by its number; None where no table has so many."""
    try:
        return whole(0, MOST_COLUMNS - 1)(value)
    except Clamped:
        return None


def _features(value: object) -> tuple[int, ...]:
    told = tuple(dict.fromkeys(map(_column, _parts(value))))
    found = tuple(column for column in told if column is not None)
    if len(found) > MOST_FEATURES:
        raise Clamped(found[:MOST_FEATURES], f"were cut to the first {MOST_FEATURES}")
    if found != told:
        raise Clamped(found, f"are columns from 0 to {MOST_COLUMNS - 1}; the others were left out")
    return found


def _shown(value: object) -> tuple[str, ...]:
    told = _parts(value)
    known = tuple(name for name in LABELS if name in told)
    if any(part not in known for part in told):
        raise Clamped(known, "names a method that is not on this page")
    return known


def _kept(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not a table that this page wrote")
    unpacked(value)
    return value


# Every key starts with u: the prompt's share the link.
CODEC = Codec(
    Data(),
    (
        Field("source", "us", "table", one_of(*SOURCES)),
        Field("target", "ut", "target", optional(whole(0, MOST_COLUMNS - 1))),
        Field(
            "features",
            "uf",
            "features",
            optional(_features),
            lambda told: "auto" if told is None else ".".join(map(str, told)) or ".",
        ),
        Field("examples", "ue", "examples", optional(whole(FEWEST_EXAMPLES, MOST_EXAMPLES))),
        Field("seed", "un", "seed of the draw", whole(0, 999_999)),
        Field("scaled", "uz", "scaling", flag),
        Field("show", "um", "methods shown", _shown, ".".join),
        Field("kept", "ud", "data", optional(_kept)),
    ),
    page="data",
)

SETTINGS = Settings(CODEC)
