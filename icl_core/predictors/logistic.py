"""Bayesian logistic regression: the mean of a label, by Laplace's approximation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import Predictor
from icl_core.predictors.spectrum import cast_like, device_of

STEPS, TOLERANCE, ROUNDING = 50, 1e-6, 1e-9
HALVINGS = 5
NODES, MASSES = (
    torch.from_numpy(part) for part in np.polynomial.hermite_e.hermegauss(24)
)  # z and its weights, for E f(z), z ~ N(0, 1), but for the factor √(2π)


class _Fit(NamedTuple):
    """A Gaussian at the mode of each posterior: mode (B, d), precision (B, d, d), evidence (B,)."""

    mode: Tensor
    precision: Tensor
    evidence: Tensor


@dataclass(frozen=True)
class LogisticBayes(Predictor):
    """The posterior mean of a label y = ±1 with P(y = 1) = sigmoid(v·x), v ~ N(0, s² I).

    s is one of ``spreads``, all alike. Each posterior of v is taken for the Gaussian at its
    mode (Bishop 2006, §4.5; with one s the mode is logistic regression with the penalty
    |v|²/2s²), the spreads weighted by their evidence (ibid., eq. 4.137), and tanh(v·x/2)
    integrated over the Gaussian by 24 nodes. Its root mean square difference from the exact mean,
    of two features and 8 examples: .01, .06 and .14 where s√2 is 1, 3 and 10.
    """

    spreads: tuple[float, ...]
    name: str = "logistic regression (Laplace)"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`; the answers lie between −1 and 1."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        return cast_like(self._means(prompt.x, prompt.y, prompt.queries), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        columns = [
            self._means(prompt.x[:, :j], prompt.y[:, :j], prompt.x[:, j : j + 1])
            for j in range(prompt.x.shape[1])
        ]
        return cast_like(torch.cat(columns, dim=1), x)

    def _means(self, x: Tensor, y: Tensor, queries: Tensor) -> Tensor:
        """(B, k, d), (B, k), (B, q, d) -> (B, q)."""
        fits = [_fitted(x, y, spread) for spread in self.spreads]
        shares = torch.stack([fit.evidence for fit in fits]).softmax(0)
        means = torch.stack([_mean_label(fit, queries) for fit in fits])
        return (shares[..., None] * means).sum(0)


def _fitted(x: Tensor, y: Tensor, spread: float) -> _Fit:
    """Newton's steps to the mode, each halved until it does not lead down."""
    batch, _, dim = x.shape
    mode = x.new_zeros(batch, dim)
    penalty = torch.eye(dim, dtype=x.dtype, device=x.device) / spread**2
    lengths = 0.5 ** torch.arange(HALVINGS, dtype=x.dtype, device=x.device)
    for _ in range(STEPS):
        gradient, precision = _slope(x, y, mode, penalty)
        if float(gradient.abs().max()) < TOLERANCE:
            break
        step = torch.linalg.solve(precision, gradient)
        tried = mode[:, None] + lengths[:, None] * step[:, None]
        before = _log_posterior(x, y, mode[:, None], spread)
        rises = _log_posterior(x, y, tried, spread) > before - ROUNDING
        mode = tried[torch.arange(batch, device=x.device), rises.int().argmax(1)]
    precision = _slope(x, y, mode, penalty)[1]
    height = _log_posterior(x, y, mode[:, None], spread)[:, 0]
    evidence = height - dim * math.log(spread) - torch.logdet(precision) / 2
    return _Fit(mode, precision, evidence)


def _slope(x: Tensor, y: Tensor, v: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    """The log posterior's gradient at v (B, d), and minus its second derivative (B, d, d)."""
    chance = torch.einsum("bkd,bd->bk", x, v).sigmoid()
    gradient = torch.einsum("bkd,bk->bd", x, (1 + y) / 2 - chance) - v @ penalty
    return gradient, x.mT @ (x * (chance * (1 - chance))[..., None]) + penalty


def _log_posterior(x: Tensor, y: Tensor, v: Tensor, spread: float) -> Tensor:
    """At v (B, n, d), without its constant: (B, n)."""
    margin = torch.einsum("bkd,bnd->bnk", x, v)
    said = (margin * (1 + y[:, None]) / 2 - torch.nn.functional.softplus(margin)).sum(2)
    return said - v.square().sum(2) / (2 * spread**2)


def _mean_label(fit: _Fit, queries: Tensor) -> Tensor:
    """E tanh(v·x/2) for v from the Gaussian: queries (B, q, d) -> (B, q)."""
    middle = torch.einsum("bqd,bd->bq", queries, fit.mode)
    solved = torch.linalg.solve(fit.precision, queries.mT)
    width = (queries.mT * solved).sum(1).sqrt()
    nodes, masses = NODES.to(queries.device), MASSES.to(queries.device)
    values = torch.tanh((middle[..., None] + width[..., None] * nodes) / 2)
    return (values * masses).sum(-1) / math.sqrt(2 * math.pi)
