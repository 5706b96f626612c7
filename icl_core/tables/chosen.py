"""Which columns and rows of a table are used, and for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icl_core.tables.reading import TableError, quoted
from icl_core.tables.table import Table

MOST_FEATURES, MOST_EXAMPLES = 8, 40
USUAL_FEATURES = 7
"""Without a choice no more: without scaling a constant one is added."""
SHARE_OF_EXAMPLES = 0.7
"""Of a small table so much is shown as examples, and the rest is held out."""
FEWEST_ROWS = 3


@dataclass(frozen=True, eq=False)
class Chosen:
    """The complete rows of the chosen columns.

    x: (n, d), y: (n,), float64, in the table's units; lines: where each row stood; left_out:
    how many rows lacked a number.
    """

    target: str
    features: tuple[str, ...]
    x: np.ndarray
    y: np.ndarray
    lines: tuple[int, ...]
    left_out: int


@dataclass(frozen=True, eq=False)
class Split:
    """Indices of rows: the examples, in the order of the prompt, and those held out."""

    examples: np.ndarray
    held_out: np.ndarray


def choose(table: Table, target: str, features: Sequence[str] | None = None) -> Chosen:
    """The rows that have a number in each chosen column.

    features: up to eight; without a choice the first seven that can be used. TableError, with
    a sentence, for a column that is not there or cannot be used, and for too few rows.
    """
    others = tuple(name for name in table.usable if name != target)
    picked = others[:USUAL_FEATURES] if features is None else tuple(dict.fromkeys(features))
    for name in (target, *picked):
        _check(table, name)
    if target in picked:
        raise TableError(f"{quoted(target)} cannot be both the target and a feature.")
    if not picked:
        raise TableError(f"Beside {quoted(target)} a second column with numbers is needed.")
    if len(picked) > MOST_FEATURES:
        raise TableError(f"At most {MOST_FEATURES} features are used; {len(picked)} were chosen.")
    values = np.column_stack([table.column(name).values for name in (*picked, target)])
    complete = ~np.isnan(values).any(1)
    if complete.sum() < FEWEST_ROWS:
        raise TableError(
            f"Only {int(complete.sum())} rows have a number in every chosen column; at least "
            f"{FEWEST_ROWS} are needed."
        )
    kept = values[complete]
    lines = tuple(line for line, has in zip(table.lines, complete, strict=True) if has)
    return Chosen(target, picked, kept[:, :-1], kept[:, -1], lines, int((~complete).sum()))


def split(chosen: Chosen, examples: int | None = None, seed: int = 0) -> Split:
    """Draw the examples; all other rows are held out.

    examples: at most so many, and without a number 40, or seven rows in ten where that is less.
    """
    rows = len(chosen.y)
    usual = max(2, round(SHARE_OF_EXAMPLES * rows))
    count = min(usual, MOST_EXAMPLES) if examples is None else min(examples, rows)
    if not 2 <= count <= MOST_EXAMPLES:
        raise TableError(f"Between 2 and {MOST_EXAMPLES} examples can be shown, not {count}.")
    order = np.random.default_rng(seed).permutation(rows)
    return Split(order[:count], np.sort(order[count:]))


def _check(table: Table, name: str) -> None:
    if name not in table.names:
        known = ", ".join(map(quoted, table.names[:12]))
        raise TableError(f"There is no column {quoted(name)}. The columns are: {known}.")
    if (trouble := table.column(name).trouble) is not None:
        raise TableError(f"Column {quoted(name)} cannot be used: {trouble}.")
