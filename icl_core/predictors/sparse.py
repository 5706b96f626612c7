"""Exact Bayes where only some weights of a linear task are not zero."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import NAME, SIGMA_RESOLUTION
from icl_core.predictors.spectrum import cast_like, device_of

AT_ONCE = 2**22
"""Numbers in the features of all supports that are held at once: 32 MB."""


@dataclass(frozen=True)
class SparseBayes(LinearPredictor):
    """The posterior mean of w·x where ``nonzero`` of ``dim`` weights are N(0, 1), the others 0.

    Every support is as likely as every other and is weighed by its marginal likelihood;
    within one the weights follow recursive least squares, that is a Kalman filter, whose
    innovations make the likelihood (Bishop, 2006, §3.5.1 and §13.3). sigma = 0 stands for
    `SIGMA_RESOLUTION`. x must have ``dim`` features; ValueError otherwise.
    """

    dim: int
    nonzero: int
    sigma: float = 0.0
    name: str = NAME

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `LinearPredictor.weights`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        if prompt.x.shape[2] != self.dim:
            raise ValueError(f"x has {prompt.x.shape[2]} features; the law has {self.dim}.")
        size = math.comb(self.dim, self.nonzero) * self.nonzero**2 * (prompt.y.shape[1] + 1)
        rows = max(1, AT_ONCE // size)
        parts = zip(prompt.x.split(rows), prompt.y.split(rows), strict=True)
        return cast_like(torch.cat([self._after_each(*part) for part in parts]), x)

    def _after_each(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, k, d), (B, k) -> (B, k + 1, d)."""
        batch, pairs, _ = x.shape
        supports = torch.tensor(list(combinations(range(self.dim), self.nonzero))).to(x.device)
        count = len(supports)
        noise = max(self.sigma, SIGMA_RESOLUTION) ** 2
        spread = torch.eye(self.nonzero).to(x).repeat(batch, count, 1, 1)
        mean = x.new_zeros(batch, count, self.nonzero)
        evidence = x.new_zeros(batch, count)
        found = [self._mixed(supports, mean, evidence)]
        for j in range(pairs):
            seen = x[:, j][:, supports]
            along = (spread @ seen.unsqueeze(-1)).squeeze(-1)
            # Rounding may make the variance of what is known for certain negative.
            variance = (seen * along).sum(-1).clamp(min=0) + noise
            off = y[:, j, None] - (seen * mean).sum(-1)
            evidence = evidence - 0.5 * (off.square() / variance + variance.log())
            mean = mean + along * (off / variance).unsqueeze(-1)
            spread = spread - along.unsqueeze(-1) * (along / variance.unsqueeze(-1)).unsqueeze(-2)
            found.append(self._mixed(supports, mean, evidence))
        return torch.stack(found, dim=1)

    def _mixed(self, supports: Tensor, mean: Tensor, evidence: Tensor) -> Tensor:
        """The mean over supports as weights of all features: (B, d)."""
        shares = torch.softmax(evidence, dim=1).unsqueeze(-1) * mean
        whole = mean.new_zeros(len(mean), self.dim)
        return whole.index_add(1, supports.flatten(), shares.flatten(1))
