"""The page as Python: lines that give the same predictions in a notebook."""

from __future__ import annotations

from icl_core.tables import Chosen, Split
from ui.data.own import Shown
from ui.data.settings import Data

FILE = "mine.csv"
"""What the snippet calls the visitor's own file."""


def python_snippet(state: Data, shown: Shown, chosen: Chosen, parts: Split) -> str:
    """What reproduces every method's answers to the held-out rows, to the last digit."""
    table = shown.table
    if shown.shipped is not None:
        reader, path = "shipped_tables", ""
        reading = f"shipped_tables()[{str(shown.key)!r}].table()"
    else:
        reader, path = "read_table", "from pathlib import Path\n\n"
        how = f"separator={table.separator!r}, decimal={table.decimal!r}, header={table.header}"
        reading = f'read_table(Path("{FILE}"), {how})'
    drawn = f"{len(parts.examples)}, seed={state.seed}"
    if state.picked is not None:
        drawn = f"lines={list(state.picked)}"
    names = sorted(["choose", reader, "split"])
    return (
        f"{path}from icl_core.predicting import learners, limits_for, predict_rows\n"
        f"from icl_core.tables import {', '.join(names)}\n\n"
        f"table = {reading}\n"
        f"chosen = choose(table, {chosen.target!r}, {list(chosen.features)!r})\n"
        f"parts = split(chosen, {drawn})\n"
        f"found = predict_rows(chosen, parts, learners(), limits_for(), scaled={state.scaled})\n"
        "for name, told in found.told.items():\n"
        "    print(name, told.error, told.half_width, told.held_out)\n"
    )
