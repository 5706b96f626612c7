"""The first five seconds: the line after each example, and whether any weight has changed."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from icl_core.checkpoints import read_tensors
from icl_core.models.base import InspectableModel
from icl_core.models.transformer import Transformer
from ui.answers.payload import rounded
from ui.answers.solve import Payload, Solved, finite
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import EXAMPLE
from ui.work.compute_thread import on_compute_thread


@on_compute_thread
def opening_of(solved: Solved) -> Payload:
    """What the pad performs, and the counters beside it.

    after: (k + 1, GRID + 1), the network's answers over the plane and at the query when it
    has read the first 0 … k examples; None where the points are not the example that every
    visitor begins with, for nothing is performed over a visitor's own. changed, of: how many
    weights differ now from those in the checkpoint's file, and how many there are.
    """
    performs = solved.screen.points == EXAMPLE and solved.screen.is_plane
    changed, count = weights_changed(solved.model)
    after = rounded(line_after_each(solved)) if performs else None
    return {"after": after, "changed": changed, "of": count}


def line_after_each(solved: Solved) -> Tensor:
    """The network's answers at the queries after each prefix of the prompt: (k + 1, q)."""
    model, task, queries = solved.model, solved.task, solved.queries
    assert isinstance(model, InspectableModel)
    pairs, count = task.y.shape[1], queries.shape[1]
    seen = [j for j in range(pairs + 1) for _ in range(count)]
    told = model.inspect(task.x, task.y, queries.repeat(1, pairs + 1, 1), seen).answers
    return finite(told[0]).view(pairs + 1, count)


def weights_changed(model: object, name: str = SHIPPED) -> tuple[int, int]:
    """How many of a decoder's weights differ from its checkpoint's file, and how many it has."""
    assert isinstance(model, Transformer)
    now, then = model.state_dict(), _in_the_file(name)
    changed = sum(int((now[part].cpu() != then[part]).sum()) for part in then)
    return changed, sum(part.numel() for part in then.values())


@lru_cache(maxsize=1)
def _in_the_file(name: str) -> dict[str, Tensor]:
    return {part: held.to(torch.float32) for part, held in read_tensors(name).items()}
