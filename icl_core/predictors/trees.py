"""Exact Bayes for decision trees on the signs of the features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor
from icl_core.predictors.bayes import NAME, SIGMA_RESOLUTION
from icl_core.predictors.spectrum import cast_like, device_of

AT_ONCE = 2**20
"""Cells of trees that are held at once: 8 MB for each number of a cell."""


class _Leaves(NamedTuple):
    """What lies in every cell that a leaf may be: counts, sums of y and of y², (B, F, …, F).

    An axis for each level; its 2 ``used`` places are a feature and a side of it.
    """

    pairs: Tensor
    total: Tensor
    square: Tensor

    def with_pair(self, sides: Tensor, y: Tensor) -> _Leaves:
        """And one more pair: sides (B, F) of 0 and 1, y (B,)."""
        inside = sides
        for level in range(1, self.pairs.ndim - 1):
            inside = inside.unsqueeze(-1) * sides.view(len(sides), *(1,) * level, -1)
        at = y.view(-1, *(1,) * (self.pairs.ndim - 1))
        return _Leaves(
            self.pairs + inside, self.total + inside * at, self.square + inside * at.square()
        )


@dataclass(frozen=True)
class TreeBayes(Predictor):
    """The posterior mean under the law of `TreePrior`: a mixture over all its trees.

    A tree of depth D asks at every node for the sign of a feature, each of the first
    ``used`` as likely as every other, and has leaves ~ N(0, 1). What is below a node hangs
    on the exemplars that come to it alone, so the sum over all trees (2 million at depth 3
    of 8 features) goes level by level: the evidence of a cell is the mean over features of
    the product of both sides', and a leaf's is that of a Gaussian mean (Buntine, 1992,
    Learning classification trees; Murphy, 2007, eq. 55). sigma = 0 stands for
    `SIGMA_RESOLUTION`. x must have ``used`` features or more; ValueError otherwise.
    """

    used: int
    depth: int
    sigma: float = 0.0
    name: str = NAME

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        seen, asked = self._sides(prompt.x), self._sides(prompt.queries)
        parts = []
        for rows in self._parts(len(seen)):
            leaves = self._none(seen[rows])
            for j in range(seen.shape[1]):
                leaves = leaves.with_pair(seen[rows, j], prompt.y[rows, j])
            told = [self._mean(leaves, asked[rows, i]) for i in range(asked.shape[1])]
            parts.append(torch.stack(told, 1) if told else prompt.queries[rows, :, 0])
        return cast_like(torch.cat(parts) if parts else prompt.queries[..., 0], x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        seen = self._sides(prompt.x)
        told = torch.zeros_like(prompt.y)
        for rows in self._parts(len(seen)):
            leaves = self._none(seen[rows])
            for j in range(seen.shape[1]):
                told[rows, j] = self._mean(leaves, seen[rows, j])
                leaves = leaves.with_pair(seen[rows, j], prompt.y[rows, j])
        return cast_like(told, x)

    # --- its parts ------------------------------------------------------------------------

    def _sides(self, x: Tensor) -> Tensor:
        """On which side of each feature: (B, k, d) -> (B, k, 2 used), of 0 and 1."""
        if x.shape[2] < self.used:
            raise ValueError(f"x has {x.shape[2]} features; the trees ask for {self.used}.")
        high = (x[..., : self.used] > 0).to(x)
        return torch.stack([1 - high, high], dim=-1).flatten(-2)

    def _parts(self, batch: int) -> list[slice]:
        rows = max(1, AT_ONCE // (2 * self.used) ** self.depth)
        return [slice(i, i + rows) for i in range(0, batch, rows)]

    def _none(self, sides: Tensor) -> _Leaves:
        empty = sides.new_zeros(len(sides), *(2 * self.used,) * self.depth)
        return _Leaves(empty, empty, empty)

    def _mean(self, leaves: _Leaves, asked: Tensor) -> Tensor:
        """The posterior mean at one x of each prompt, whose sides are asked (B, F): (B,)."""
        noise = max(self.sigma, SIGMA_RESOLUTION) ** 2
        pairs, total, square = leaves
        mean = total / (pairs + noise)
        misfit = (square - total * mean).clamp(min=0) / noise
        # The constants of the normal law are those of every tree alike.
        evidence = -0.5 * (misfit + torch.log1p(pairs / noise))
        for _ in range(self.depth):
            both = evidence.unflatten(-1, (self.used, 2)).sum(-1)
            shares = torch.softmax(both, dim=-1)
            here = asked.view(len(asked), *(1,) * (mean.ndim - 2), self.used, 2)
            mean = (shares * (mean.unflatten(-1, (self.used, 2)) * here).sum(-1)).sum(-1)
            evidence = both.logsumexp(-1) - math.log(self.used)
        return mean
