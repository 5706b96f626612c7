"""One head at a time: what it gathered, without it, and with another prompt's in its place."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.models.base import EditableModel, Edits


class Gathered(NamedTuple):
    """Answers (B, q), and what every head has gathered: (blocks, B, T, heads, width / heads)."""

    answers: Tensor
    heads: Tensor


def head_outputs(model: EditableModel, x: Tensor, y: Tensor, queries: Tensor) -> Gathered:
    """Answer, and keep what every head gathers; shapes as in `predict`."""
    kept: list[Tensor] = []

    def keep(_: int, values: Tensor) -> Tensor:
        kept.append(values)
        return values

    answers = model.predict(x, y, queries, edits=Edits(heads=keep))
    return Gathered(answers, torch.stack(kept))


def replace_heads(chosen: Tensor, tokens: Tensor, source: Tensor) -> Edits:
    """At some tokens, put something else in the place of what some heads have gathered.

    chosen: (blocks, heads) bool, or (blocks, B, heads) where rows differ; tokens: (T,) bool;
    source: (blocks, B or 1, T or 1,
    heads, width / heads), as from `head_outputs`. Everything else of the run stays.
    """

    def put(block: int, values: Tensor) -> Tensor:
        where = tokens[:, None, None] & chosen[block].unflatten(-1, (1, -1, 1))
        return torch.where(where, source[block], values)

    return Edits(heads=put)


def without_each_head(
    model: EditableModel, x: Tensor, y: Tensor, queries: Tensor, stand_in: Tensor
) -> tuple[Tensor, Tensor]:
    """Answers with every head (B, q), and without each of them (blocks, heads, B, q).

    stand_in: (blocks, B or 1, T or 1, heads, width / heads), what each head is replaced by
    at every token: zeros, its mean, or what it gathered on other prompts. One pass: the
    rows without a head of a block leave the whole run at that block.
    """
    n, heads = len(y), model.heads

    def branch(layer: int, h: Tensor) -> Tensor:
        if layer == model.layers:
            return h
        return torch.cat([h, h[:n].repeat(heads, 1, 1)])

    def take_out(block: int, values: Tensor) -> Tensor:
        new = values[-n * heads :].unflatten(0, (heads, n)).clone()
        for head in range(heads):
            new[head, :, :, head] = stand_in[block][..., head, :]
        return torch.cat([values[: -n * heads], new.flatten(0, 1)])

    answers = model.predict(x, y, queries, edits=Edits(stream=branch, heads=take_out))
    return answers[:n], answers[n:].view(model.layers, heads, n, -1)
