"""Edits for `EditableModel.predict`: patch, ablate, steer, and several at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor, nn

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


def steer(layer: int, tokens: Tensor, maps: Tensor, w: Tensor) -> Edits:
    """At ``layer``, move the states of some tokens so that a probe of their mean reads ``w``.

    tokens: (t,) indices; maps: (d, width + 1), a linear probe of the mean of
    their normalised states, the last entry an offset; w: (B, d). The reading of
    every token is shifted alike; see `steered`.
    """

    def write(h: Tensor) -> Tensor:
        moved, reading = h.clone(), read(h[:, tokens], maps)
        goal = reading + (w[:, None] - reading.mean(1, keepdim=True))
        moved[:, tokens] = steered(h[:, tokens], maps, goal)
        return moved

    return _at(layer, write)


def steered(h: Tensor, maps: Tensor, w: Tensor) -> Tensor:
    """The nearest states of the same mean and size that a probe reads as ``w``.

    h: (…, width) states, maps: (…, d, width + 1) linear probes of the
    LayerNorm-normalised state u = (h − mean)/size, w: (…, d). Writing
    u = P⁺P u + free, the reading P u + c depends on the first part alone. So the
    first part becomes P⁺(w − c), the least change that reads w, and ``free``
    shrinks or grows to keep ‖u‖: then LayerNorm hands on just what was written,
    and of all such states this is the nearest. Where ‖P⁺(w − c)‖ exceeds ‖u‖ no
    state of this size reads w; the state then goes all the way in that direction.
    """
    mean = h.double().mean(-1, keepdim=True)
    size = (h.double().var(-1, correction=0, keepdim=True) + 1e-5).sqrt()
    u = (h.double() - mean) / size
    weights, offset = maps[..., :-1].double(), maps[..., -1].double()
    # A normalised state has mean zero: only that part of a probe can be written.
    weights = weights - weights.mean(-1, keepdim=True)
    inverse = torch.linalg.pinv(weights)
    written = _apply(inverse, w.double() - offset)
    free = u - _apply(inverse, _apply(weights, u))
    norm = torch.linalg.vector_norm
    length = norm(u, dim=-1, keepdim=True)
    left = (length.square() - written.square().sum(-1, keepdim=True)).clamp(min=0).sqrt()
    moved = written + left * nn.functional.normalize(free, dim=-1, eps=1e-300)
    moved = moved * length / norm(moved, dim=-1, keepdim=True).clamp(min=1e-300)
    return (mean + size * moved).to(h.dtype)


def read(h: Tensor, maps: Tensor) -> Tensor:
    """What linear probes (…, d, width + 1) read off states h (…, width): (…, d)."""
    u = nn.functional.layer_norm(h, h.shape[-1:])
    return _apply(maps[..., :-1], u) + maps[..., -1]


def _apply(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def _at(layer: int, change: Callable[[Tensor], Tensor]) -> Edits:
    return Edits(stream=lambda index, h: change(h) if index == layer else h)


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
