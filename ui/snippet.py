"""The screen as Python: lines that give the same predictions in a notebook."""

from __future__ import annotations

from ui.screen import Screen
from ui.task import features, make_task

import torch


def python_snippet(screen: Screen) -> str:
    """Three lines that reproduce the transformer's answer at the query."""
    task = make_task(screen)
    query = features(screen, torch.tensor([screen.query])) if screen.is_plane else task.x[0, -1:]
    x, y, q = ([_short(row) for row in part.tolist()] for part in (task.x[0], task.y, query))
    lists = [f"[{', '.join(map(str, rows))}]" for rows in (x, y[0], q)]
    return (
        "from icl_core import load_model\n"
        f"x, y, query = [{lists[0]}], [{lists[1]}], [{lists[2]}]\n"
        'print(load_model("playground").predict(x, y, query))\n'
    )


def _short(value: object) -> object:
    """Nine significant digits bring a float32 back exactly."""
    if isinstance(value, list):
        return [_short(part) for part in value]
    return float(f"{value:.9g}")
