"""What the commands share: rounded rows, printed tables, progress bars."""

from __future__ import annotations

import argparse
from typing import Any

from tqdm import tqdm

from icl_core.evaluation import Row


def rounded(row: Row) -> Row:
    """Five digits of every float."""
    return {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in row.items()}


def print_table(rows: list[Row]) -> None:
    """Rows under one head line; nothing where there are none."""
    if not rows:
        return
    print("  ".join(f"{key:>12}" for key in rows[0]))
    for row in rows:
        print("  ".join(f"{_shown(name, value):>12}" for name, value in row.items()))


def _shown(name: str, value: object) -> str:
    """A value in a table: without a sigma it is over all of them; other figures may not exist."""
    if value is None:
        return "all" if name == "sigma" else "–"
    return str(value)


def advance(bar: tqdm[Any], done: float) -> None:
    """Move a bar by what was done."""
    bar.update(done)


def advance_to(bar: tqdm[Any], share: float) -> None:
    """Move a bar of percents."""
    bar.update(100 * share - bar.n)


def positive(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return value
