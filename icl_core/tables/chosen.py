"""Which columns and rows of a table are used, and for what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

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

    target, features: names, a unit may be left out. features: up to eight; without a choice the
    first seven that can be used. TableError, with a sentence, for a column that is not there or
    cannot be used, and for too few rows.
    """
    target = table.full_name(target)
    features = None if features is None else list(map(table.full_name, features))
    others = tuple(name for name in table.usable if name != target)
    picked = others[:USUAL_FEATURES] if features is None else tuple(dict.fromkeys(features))
    for name in (target, *picked):
        _check(table, name)
    if target in picked:
        raise TableError(f"{quoted(target)} cannot be both the target and a feature.")
    if not picked:
        raise TableError(
            f"Beside {quoted(target)} a second column with numbers is needed.{_others(table)}"
        )
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


def split(
    chosen: Chosen,
    examples: int | None = None,
    seed: int = 0,
    lines: Sequence[int] | None = None,
) -> Split:
    """Draw the examples; all other rows are held out.

    examples: at most so many, and without a number 40, or seven rows in ten where that is less;
    lines: of the rows that are the examples instead, in this order. TableError with a sentence
    for a line without such a row, and for fewer than 2 examples or more than 40.
    """
    rows = len(chosen.y)
    if lines is not None:
        return _picked(chosen, lines)
    usual = max(2, round(SHARE_OF_EXAMPLES * rows))
    count = min(usual, MOST_EXAMPLES) if examples is None else min(examples, rows)
    if not 2 <= count <= MOST_EXAMPLES:
        raise TableError(f"Between 2 and {MOST_EXAMPLES} examples can be shown, not {count}.")
    order = np.random.default_rng(seed).permutation(rows)
    return Split(order[:count], np.sort(order[count:]))


def _picked(chosen: Chosen, lines: Sequence[int]) -> Split:
    at = {line: row for row, line in enumerate(chosen.lines)}
    for line in lines:
        if line not in at:
            raise TableError(
                f"Line {line} holds no row that can be an example; rows stand in lines "
                f"{written_lines(chosen.lines[:MOST_EXAMPLES])}"
                f"{' …' if len(at) > MOST_EXAMPLES else ''}."
            )
    rows = [at[line] for line in dict.fromkeys(lines)]
    if not 2 <= len(rows) <= MOST_EXAMPLES:
        raise TableError(f"Between 2 and {MOST_EXAMPLES} examples can be picked, not {len(rows)}.")
    held_out = [row for row in range(len(chosen.y)) if row not in rows]
    return Split(np.array(rows), np.array(held_out, dtype=int))


def read_lines(text: str) -> tuple[int, ...]:
    """Numbers of lines as one writes them, 2-9, 14 say. ValueError with a part of a sentence."""
    found: list[int] = []
    for part in re.split(r"[\s,;.]+", text.strip()):
        run = re.fullmatch(r"([0-9]{1,6})(?:[-\u2013]([0-9]{1,6}))?", part)
        if run is None:
            raise ValueError("is no list of lines: write 2-9, 14 say")
        first, last = int(run[1]), int(run[2] or run[1])
        if last < first or last - first >= MOST_EXAMPLES:
            raise ValueError(f"must go from a line to a later one, {MOST_EXAMPLES} at most")
        found += range(first, last + 1)
    told = tuple(dict.fromkeys(found))
    if not 2 <= len(told) <= MOST_EXAMPLES:
        raise ValueError(f"names {len(told)} lines: pick 2 to {MOST_EXAMPLES}")
    return told


def written_lines(lines: Sequence[int], apart: str = ", ") -> str:
    """Numbers of lines as `read_lines` reads them."""
    runs = [
        [line for _, line in run]
        for _, run in groupby(enumerate(lines), lambda pair: pair[1] - pair[0])
    ]
    return apart.join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _others(table: Table) -> str:
    """Why the columns beside the target are none, the first three of them."""
    told = [f"{quoted(one.name)}: {one.trouble}" for one in table.columns if one.trouble]
    more = ", …" if len(told) > 3 else ""
    return f" {'; '.join(told[:3])}{more}." if told else ""


def _check(table: Table, name: str) -> None:
    if name not in table.names:
        known = ", ".join(map(quoted, table.names[:12]))
        raise TableError(f"There is no column {quoted(name)}. The columns are: {known}.")
    if (trouble := table.column(name).trouble) is not None:
        raise TableError(f"Column {quoted(name)} cannot be used: {trouble}.")
