"""What a visitor can set on the page about their own data, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from icl_core.predicting import LABELS, NETWORK
from icl_core.tables import shipped_tables
from icl_core.tables.chosen import (
    MOST_EXAMPLES,
    MOST_FEATURES,
    read_lines,
    written_lines,
)
from icl_core.tables.reading import MOST_COLUMNS
from ui.data.edits import Edits, read_edits, write_edits
from ui.data.packed import unpacked
from ui.visitor.fields import (
    Clamped,
    Codec,
    Field,
    between,
    flag,
    one_of,
    optional,
    some_of,
    whole,
)
from ui.visitor.screen import MOST_LAYERS, X_LIMIT
from ui.visitor.settings import Settings

OWN = "own"
SOURCES = (*shipped_tables(), OWN)
FEWEST_EXAMPLES = 2


@dataclass(frozen=True)
class Data:
    """What is on the page.

    source: a table that comes along, or the visitor's own; target, features: columns by
    their numbers, so that a link holds no name of a visitor's, None for the page's choice;
    examples: how many, None likewise; seed: of their draw; picked: lines of those that were
    picked instead; scaled: whether they are centred
    and scaled; show: which methods are drawn; kept: a small table of the visitor's own, in
    the link because they asked for it. Of one feature, on the pad: edits: what was done to the
    examples; query: where all are asked; layer: whose line is drawn.
    """

    source: str = "stopping"
    target: int | None = None
    features: tuple[int, ...] | None = None
    examples: int | None = None
    seed: int = 0
    picked: tuple[int, ...] | None = None
    scaled: bool = True
    show: tuple[str, ...] = (NETWORK, "ridge", "ols")
    kept: str | None = None
    edits: Edits | None = None
    query: float = 1.0
    layer: int | None = None


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


def _lines(value: object) -> tuple[int, ...]:
    return read_lines(value if isinstance(value, str) else ".".join(map(str, _parts(value))))


def written_or_auto(lines: tuple[int, ...] | None, apart: str, none: str = "auto") -> str:
    """Picked lines as a link or a cell holds them."""
    return none if lines is None else written_lines(lines, apart)


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
        Field("picked", "uk", "lines", optional(_lines), lambda told: written_or_auto(told, ".")),
        Field("scaled", "uz", "scaling", flag),
        Field("show", "um", "methods shown", some_of(tuple(LABELS), "method"), ".".join),
        Field("kept", "ud", "data", optional(_kept)),
        Field("edits", "up", "what was done to the examples", optional(read_edits), write_edits),
        Field("query", "ux", "query", between(-X_LIMIT, X_LIMIT)),
        Field("layer", "ul", "layer", optional(whole(0, MOST_LAYERS))),
    ),
    page="data",
)

EXAMPLES = {"source", "target", "features", "examples", "seed", "picked"}
"""What says which rows are the examples, and of which table."""
OTHERS_NOW = (
    "The examples are others now, so the pad shows them as the table has them, without what was "
    "done to those before. Back in the browser brings that back."
)


class _Settings(Settings[Data]):
    """Beside what all settings do: what was done to examples is not done to others."""

    def change(self, **changes: object) -> None:
        """Apply changes, clamped where they must be."""
        was = self.current().edits
        if changes.keys() & EXAMPLES:
            changes.setdefault("edits", None)
        super().change(**changes)
        if was is not None and changes.keys() & EXAMPLES and self.current().edits is None:
            st.session_state[self._notice] = self.notice or OTHERS_NOW


SETTINGS = _Settings(CODEC)
