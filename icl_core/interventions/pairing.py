"""Pair, then collect: which head lets each y token read its own x, and what hangs on it.

In an interleaved prompt x_t and y_t lie in separate tokens. Before any rule can use
their product, some head must bring x_t to the token of y_t: the ``mov`` of Akyürek et
al. (2023, App. A), and on such prompts what Elhage et al. (2021) and Olsson et al.
(2022) call a previous-token head. A score finds such heads, ablation says what the
answers lose without them, and the swap whether x goes to y by no other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.interventions.heads import head_outputs, replace_heads, without_each_head
from icl_core.interventions.pairs import Pair
from icl_core.interventions.patch import shares, tokens_of
from icl_core.metrics import Bounds, bootstrap_ratios, squared_error
from icl_core.models.base import EditableModel
from icl_core.progress import ProgressCallback, silent

PAIRS = 0.5
"""A head whose score is at least this is said to pair."""

STAND_INS = ("zero", "mean", "resample")
"""What an ablated head is replaced by: nothing, its mean over prompts, another prompt's."""

TOGETHER = 16
"""Prompts that go through the network together with a copy for each head: more leave the cache."""


def pairing_scores(attention: Tensor) -> Tensor:
    """Mean attention from y_t to x_t, over t: (layers, B, heads, 2k, 2k) -> (layers, B, heads).

    1: each y token reads its own x and nothing else. Alike attention to all that came
    before gives (1/k) Σ 1/2t, which is .13 for k = 12.
    """
    own = attention.diagonal(-1, -2, -1)
    return own[..., 0::2].mean(-1)


# --- ablation ------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """Prompts with the answers wanted: x (n, k, d), y (n, k), queries (n, q, d), target (n, q)."""

    x: Tensor
    y: Tensor
    queries: Tensor
    target: Tensor

    def __getitem__(self, rows: slice) -> Asked:
        """Some of the prompts."""
        return Asked(self.x[rows], self.y[rows], self.queries[rows], self.target[rows])

    def parts(self) -> list[tuple[slice, Tensor, Tensor, Tensor, Tensor]]:
        """A few prompts at a time."""
        return [
            (rows, self.x[rows], self.y[rows], self.queries[rows], self.target[rows])
            for rows in _rows(len(self.y))
        ]

    def gathered(self, model: EditableModel) -> Tensor:
        """What every head gathers on these prompts: (blocks, n, T, heads, width / heads)."""
        return torch.cat([head_outputs(model, x, y, q).heads for _, x, y, q, _ in self.parts()], 1)


@dataclass(frozen=True)
class HeadCosts:
    """Squared error at the queries, by prompt: base (n,) of a model, without (blocks, heads, n)."""

    base: Tensor
    without: Tensor


def head_costs(
    model: EditableModel, asked: Asked, gathered: Tensor, progress: ProgressCallback = silent
) -> HeadCosts:
    """The error when each head in turn is replaced by its mean over the prompts, at every token.

    gathered: `Asked.gathered` of these prompts.
    """
    mean, base, without = gathered.mean(1, keepdim=True), [], []
    for rows, x, y, queries, target in asked.parts():
        whole, each = without_each_head(model, x, y, queries, mean)
        base.append(squared_error(whole, target).mean(-1))
        without.append(squared_error(each, target.expand_as(each)).mean(-1))
        progress(min(rows.stop, len(asked.y)) / len(asked.y))
    return HeadCosts(torch.cat(base), torch.cat(without, dim=-1))


def head_cost(
    model: EditableModel, asked: Asked, gathered: Tensor, head: tuple[int, int], stand_in: str
) -> Tensor:
    """The error, (n,), without one head; stand_in: one of `STAND_INS`.

    What is resampled comes from the next prompt.
    """
    chosen = torch.zeros(model.layers, model.heads, dtype=torch.bool)
    chosen[head] = True
    everywhere = torch.ones(gathered.shape[2], dtype=torch.bool)
    source = {
        "zero": torch.zeros_like(gathered),
        "mean": gathered.mean(1, keepdim=True).expand_as(gathered),
        "resample": gathered.roll(1, dims=1),
    }[stand_in]
    found = []
    for rows, x, y, queries, target in asked.parts():
        edits = replace_heads(chosen, everywhere, source[:, rows])
        answers = model.predict(x, y, queries, edits=edits)
        found.append(squared_error(answers, target).mean(-1))
    return torch.cat(found)


def _rows(n: int) -> list[slice]:
    return [slice(start, start + TOGETHER) for start in range(0, n, TOGETHER)]


# --- the swap ------------------------------------------------------------------------


class Swap(NamedTuple):
    """Answers (n, q) to (x_A, y_A), to the mixed pairs (x_B, y_A), and after the swap."""

    before: Tensor
    target: Tensor
    answers: Tensor

    def share(self, seed: int, draws: int = 1000) -> Bounds[Tensor]:
        """Share of the move to the target, with a 95 % interval over prompts."""
        return shares(self.answers, self.before, self.target, seed, draws)

    def r2(self, seed: int, draws: int = 1000) -> Bounds[Tensor]:
        """R² of the answers with the target, with a 95 % interval over prompts."""
        left = squared_error(self.answers, self.target).double().sum(-1)
        spread = (self.target - self.target.mean()).double().square().sum(-1)
        value, low, high = bootstrap_ratios(left, spread, seed=seed, draws=draws)
        return 1 - value, 1 - high, 1 - low


class Ends(NamedTuple):
    """Where a swap begins and should lead: answers (n, q) to A and to the mixed pairs.

    heads: (blocks, n, T, heads, width / heads), what the heads gather on the mixed pairs.
    """

    before: Tensor
    target: Tensor
    heads: Tensor


def swap_ends(model: EditableModel, pair: Pair) -> Ends:
    """Answer A and the mixed pairs, B's x with A's y."""
    parts = []
    for rows in _rows(len(pair.y_a)):
        some = pair[rows]
        mixed = head_outputs(model, some.x_b, some.y_a, some.queries)
        parts.append((model.predict(some.x_a, some.y_a, some.queries), *mixed))
    before, target, heads = zip(*parts, strict=True)
    return Ends(torch.cat(before), torch.cat(target), torch.cat(heads, dim=1))


def swap_heads(
    model: EditableModel, pair: Pair, ends: Ends, chosen: Tensor, kind: str = "y"
) -> Swap:
    """At the y tokens, give the chosen heads alone what they gather for B's x and A's y.

    ends: `swap_ends` of this pair; chosen: (blocks, heads) bool; kind: "y", or "x" for the x
    tokens in their place.

    If these heads are the way by which x reaches y, the answers go to what the model says
    to the mixed pairs (x_B, y_A).
    """
    tokens = tokens_of(f"context {kind}", pair.y_a.shape[1], pair.queries.shape[1])
    answers = []
    for rows in _rows(len(pair.y_a)):
        some, edits = pair[rows], replace_heads(chosen, tokens, ends.heads[:, rows])
        answers.append(model.predict(some.x_a, some.y_a, some.queries, edits=edits))
    return Swap(ends.before, ends.target, torch.cat(answers))


# --- what the head carries -------------------------------------------------------------


def x_readable(model: EditableModel, x: Tensor, y: Tensor) -> Tensor:
    """R² of a linear map from the state of y_t to x_t, at each layer: (layers + 1,).

    Fitted on the first half of the prompts, scored on the other.
    """
    states = model.trace(x, y).hidden[:, :, 1::2].double()
    half = len(y) // 2
    wanted, truth = (part.flatten(0, 1).double() for part in (x[:half], x[half:]))
    spread = (truth - wanted.mean(0)).square().sum()
    scores = []
    for layer in states:
        told = _regressed(layer[:half].flatten(0, 1), wanted, layer[half:].flatten(0, 1))
        scores.append(1 - (told - truth).square().sum() / spread)
    return torch.stack(scores)


def _regressed(inputs: Tensor, wanted: Tensor, asked: Tensor) -> Tensor:
    """Least squares with an offset, with just enough ridge for inputs that depend on each other."""
    mean, size = inputs.mean(0), inputs.std(0)
    scale = torch.where(size > 1e-9 * mean.abs(), size, torch.inf)  # a constant tells nothing
    fit, test = (inputs - mean) / scale, (asked - mean) / scale
    offset = wanted.mean(0)
    gram = fit.T @ fit + 1e-6 * len(fit) * torch.eye(fit.shape[1], dtype=fit.dtype)
    return test @ torch.linalg.solve(gram, fit.T @ (wanted - offset)) + offset
