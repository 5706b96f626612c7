"""The screen as Python: lines that give the same predictions in a notebook."""

from __future__ import annotations

import torch

from ui.answers.task import Task, features, make_task
from ui.visitor.screen import Screen


def python_snippet(screen: Screen) -> str:
    """Three lines that reproduce the transformer's answer at the query."""
    task = make_task(screen)
    query = _query(screen, task)
    x, y, q = (_short(part.tolist()) for part in (task.x, task.y, query[None]))
    given = f"x, y, query = {x}, {y}, {q}"
    if not task.y.numel():
        given = f"x, y, query = torch.empty(1, 0, {screen.d}), torch.empty(1, 0), torch.tensor({q})"
    return (
        f"{'' if task.y.numel() else 'import torch; '}from icl_core import load_model\n"
        f"{given}\n"
        'print(float(load_model("playground").predict(x, y, query)[0, 0]))\n'
    )


def _query(screen: Screen, task: Task) -> torch.Tensor:
    """The visitor's query on the plane; off it the last exemplar's x, or ones: (1, d)."""
    if screen.is_plane:
        return features(screen, torch.tensor([screen.query]))
    return task.x[0, -1:] if task.y.numel() else torch.ones(1, screen.d)


def _short(value: object) -> object:
    """Nine significant digits bring a float32 back exactly."""
    if isinstance(value, list):
        return [_short(part) for part in value]
    return float(f"{value:.9g}")
