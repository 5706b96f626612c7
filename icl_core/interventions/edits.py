"""Edits for `EditableModel.predict`: patch, ablate, and several at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.models.base import Edit, Edits, InspectableModel

# --- edits -----------------------------------------------------------------------


def combine(*edits: Edits) -> Edits:
    """One intervention after the other, at every place."""

    def chain(first: Edit, second: Edit) -> Edit:
        return lambda index, values: second(index, first(index, values))

    def both(first: Edits, second: Edits) -> Edits:
        return Edits(
            chain(first.stream, second.stream),
            chain(first.heads, second.heads),
            chain(first.mlp, second.mlp),
        )

    return reduce(both, edits, Edits())


def patch(layer: int, tokens: Tensor, source: Tensor) -> Edits:
    """At ``layer``, put another run's states in the place of this run's.

    tokens: (T,) bool, which are replaced; source: (B, T, width) the other run's
    residual stream at that layer.
    """
    return _at(layer, lambda h: torch.where(tokens[:, None], source, h))


def ablate(keep: Keep, means: Means | None = None) -> Edits:
    """Scale what heads and MLPs add to the stream: 1 keeps it, 0 takes it out.

    With ``means`` what is taken out is replaced by its mean, so that only what
    depends on this prompt is lost. Biases of the projection after the heads stay.
    """

    def scaled(values: Tensor, keep: Tensor, mean: Tensor | None) -> Tensor:
        return keep * values if mean is None else keep * values + (1 - keep) * mean

    def heads(block: int, values: Tensor) -> Tensor:
        mean = None if means is None else means.heads[block]
        return scaled(values, keep.heads[:, block, None, :, None], mean)

    def mlp(block: int, values: Tensor) -> Tensor:
        mean = None if means is None else means.mlps[block]
        return scaled(values, keep.mlps[:, block, None, None], mean)

    return Edits(heads=heads, mlp=mlp)


def _at(layer: int, change: Callable[[Tensor], Tensor]) -> Edits:
    return Edits(stream=lambda index, h: change(h) if index == layer else h)


def turned(move: Tensor, gen: torch.Generator) -> Tensor:
    """A random direction, one for each prompt of move (n, t, width), as long as each move."""
    away = torch.randn(len(move), 1, move.shape[-1], generator=gen)
    away = away / torch.linalg.vector_norm(away, dim=-1, keepdim=True)
    return away * torch.linalg.vector_norm(move, dim=-1, keepdim=True)


# --- ablation --------------------------------------------------------------------


class Keep(NamedTuple):
    """How much of each branch is kept; rows are 1 or the batch.

    heads: (rows, blocks, heads), mlps: (rows, blocks).
    """

    heads: Tensor
    mlps: Tensor


class Means(NamedTuple):
    """Mean output of each branch at each token over many prompts.

    heads: (blocks, T, heads, width / heads), mlps: (blocks, T, width).
    """

    heads: Tensor
    mlps: Tensor


def without(model: InspectableModel, block: int, head: int | None = None) -> Keep:
    """Everything but one head of a block, or but its MLP; ValueError if there is none such."""
    if block not in range(model.layers) or (head is not None and head not in range(model.heads)):
        raise ValueError(
            f"This model has blocks 0 to {model.layers - 1} with heads 0 to {model.heads - 1}; "
            f"there is no block {block!r}" + ("." if head is None else f", head {head!r}.")
        )
    keep = Keep(torch.ones(1, model.layers, model.heads), torch.ones(1, model.layers))
    if head is None:
        keep.mlps[0, block] = 0
    else:
        keep.heads[0, block, head] = 0
    return keep
