"""Interchange in a learned subspace: through few directions goes what is used of a state.

Two prompts with other inputs and other tasks run side by side, and at one layer the states
of one kind of token take from run B only their part within r directions. The directions are
found by gradient descent on how close the answers then come to B's: distributed alignment
search (Geiger et al. 2024, "Finding alignments between interpretable causal variables and
distributed neural representations"). As many random directions are the null, all of the
states the ceiling. What the directions hold is asked of fresh prompts afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.interventions.pairs import Pair
from icl_core.interventions.patch import shares
from icl_core.metrics import Bounds
from icl_core.models.base import Edits
from icl_core.models.transformer import Transformer
from icl_core.prompts import LinearTask, generator

TOKENS = ("y", "query")
STEPS, BATCH, RATE = 150, 32, 0.1
KNOWN = ("its own pair", "with w", "w alone")
"""From what the coordinates are told: a y token's x and y, or the query's x and its answer."""


def within(a: Tensor, b: Tensor, basis: Tensor) -> Tensor:
    """States a, with their part within the basis taken from b.

    a, b: (…, width); basis: (width, r), orthonormal columns.
    """
    return a + (b - a) @ basis @ basis.mT


def find_subspaces(
    model: Transformer,
    pairs: Pair,
    layer: int,
    tokens: str,
    ranks: Sequence[int],
    seed: int,
    steps: int = STEPS,
) -> list[Tensor]:
    """For each rank the directions (width, r) at ``layer`` through which B's answers come best.

    pairs: prompts to learn from, whose batches are drawn with ``seed``; tokens: one of
    `TOKENS`. Adam at a rate that falls to nothing, on orthonormal columns (QR).
    """
    goals = model.predict(pairs.x_b, pairs.y_b, pairs.queries)
    gen = generator(seed, layer)
    free = [torch.randn(model.width, rank, generator=gen, requires_grad=True) for rank in ranks]
    adam = torch.optim.Adam(free, lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        some = torch.randint(len(pairs.y_a), (BATCH,), generator=gen)
        bases = [torch.linalg.qr(one).Q for one in free]
        told = _interchanged(model, pairs[some], layer, tokens, bases)
        loss = (told - goals[some]).square().mean()
        for one, slope in zip(free, torch.autograd.grad(loss, free), strict=True):
            one.grad = slope
        adam.step()
        falling.step()
    return [torch.linalg.qr(one).Q.detach() for one in free]


def _interchanged(
    model: Transformer, pairs: Pair, layer: int, tokens: str, bases: Sequence[Tensor]
) -> Tensor:
    """A's answers with B's states within each basis: (bases, n, q), differentiable in them."""
    n, k = pairs.y_a.shape
    where = slice(1, 2 * k, 2) if tokens == "y" else slice(2 * k, None)

    def swap(index: int, h: Tensor) -> Tensor:
        if index != layer:
            return h
        a, b = h[:n], h[n:]
        changed = []
        for basis in bases:
            new = a.clone()
            new[:, where] = within(a[:, where], b[:, where], basis)
            changed.append(new)
        return torch.cat(changed)

    told = model.answers(
        torch.cat([pairs.x_a, pairs.x_b]),
        torch.cat([pairs.y_a, pairs.y_b]),
        pairs.queries.repeat(2, 1, 1),
        edits=Edits(stream=swap),
    )
    return told.view(len(bases), n, -1)


@dataclass(frozen=True)
class Interchange:
    """What came of it on n pairs: a, b (n, q) the answers to A and B; answers (m, n, q)."""

    a: Tensor
    b: Tensor
    answers: Tensor

    def intervals(self, seed: int, draws: int = 1000) -> Bounds[Tensor]:
        """Share of the move from A's answers to B's, (m,), with a 95 % interval over pairs."""
        return shares(self.answers, self.a, self.b, seed, draws)


@torch.inference_mode()
def interchange(
    model: Transformer, pairs: Pair, layer: int, tokens: str, bases: Sequence[Tensor]
) -> Interchange:
    """B's states within each basis, (width, r), at ``layer``, on pairs not learned from."""
    return Interchange(
        model.predict(pairs.x_a, pairs.y_a, pairs.queries),
        model.predict(pairs.x_b, pairs.y_b, pairs.queries),
        _interchanged(model, pairs, layer, tokens, bases),
    )


def random_basis(width: int, rank: int, gen: torch.Generator) -> Tensor:
    """As many directions, drawn evenly from all: (width, rank)."""
    return torch.linalg.qr(torch.randn(width, rank, generator=gen)).Q


def told_by(
    model: Transformer, pairs: Pair, layer: int, tokens: str, basis: Tensor
) -> tuple[float, float, float]:
    """How much of the coordinates in a basis is linear in each of `KNOWN`: R², on fresh prompts.

    Least squares on the first half of the prompts A, scored on the second; the
    coordinates are pooled. Needs the true w of A. ValueError without it.
    """
    if not isinstance(pairs.task_a, LinearTask):
        raise ValueError("What a subspace holds is asked against the true w, which is not known.")
    seen = model.inspect(pairs.x_a, pairs.y_a, pairs.queries)
    if tokens == "y":
        states, x, told = seen.context_states[layer][:, 1::2], pairs.x_a, pairs.y_a
    else:
        states, x, told = seen.query_states[layer], pairs.queries, seen.answers
    held = states @ basis
    own = torch.cat([x, told[..., None]], dim=-1)
    w = pairs.task_a.weights[:, None, : x.shape[-1]].expand(-1, x.shape[1], -1)
    return _r2(held, own), _r2(held, torch.cat([own, w], dim=-1)), _r2(held, w)


def _r2(held: Tensor, known: Tensor) -> float:
    known = torch.cat([known, torch.ones_like(known[..., :1])], dim=-1).double()
    half = len(held) // 2
    held = held.double()
    fit = torch.linalg.lstsq(
        known[:half].flatten(0, 1), held[:half].flatten(0, 1), driver="gelsd"
    ).solution
    asked = held[half:].flatten(0, 1)
    left = asked - known[half:].flatten(0, 1) @ fit
    return 1 - float(left.square().sum() / (asked - asked.mean(0)).square().sum())
