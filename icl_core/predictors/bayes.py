"""Exact Bayes for linear tasks: a Gaussian law of weights, a pool of them, or known ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import LinearPredictor, Predictor, SpectralPredictor
from icl_core.predictors.spectrum import Spectrum, cast_like, device_of, prefix_sums

SIGMA_RESOLUTION = 1e-5
"""Stands for sigma = 0 in a likelihood: just above the rounding of float32 answers."""

NAME = "exact Bayes"

Answering = TypeVar("Answering", bound=Predictor, covariant=True)


class Law(Protocol[Answering]):
    """What can say what Bayes answers under it: any `icl_core.priors.Prior`."""

    def bayes(self) -> Answering:
        """The exact posterior mean under this law."""


@dataclass(frozen=True)
class Bayes(SpectralPredictor):
    """The posterior mean of w·x when sigma is not told: a mixture of ridges.

    With w ~ N(0, tau² I) and sigma uniform on ``sigmas``, each sigma gives the
    ridge with lam = sigma²/tau², weighted by its marginal likelihood
    N(y; 0, tau² XXᵀ + sigma² I) (Bishop, 2006, §3.5.1). No predictor has a
    smaller mean squared error under that law.
    """

    sigmas: tuple[float, ...]
    tau: float = 1.0
    name: str = NAME

    def _grid(self, spec: Spectrum) -> Tensor:
        """Noise variances in units of tau², (n_sigma, 1, 1, 1)."""
        sigmas = torch.tensor(self.sigmas, dtype=torch.float64, device=spec.values.device)
        return (sigmas.clamp(min=SIGMA_RESOLUTION) / self.tau).square()[:, None, None, None]

    def sigma_posterior(self, spec: Spectrum) -> Tensor:
        """p(sigma | prefix): (n_sigma, B, k+1), in the order of ``sigmas``."""
        noise = self._grid(spec)
        log_det = torch.log1p(spec.values / noise).sum(-1) + spec.pairs * noise[..., 0].log()
        # yᵀ(XXᵀ + noise)⁻¹y, off the row space and along it: a difference would lose its digits.
        along = (spec.moment / spec.values.where(spec.values > 0, 1.0).sqrt()).square()
        misfit = spec.residual / noise[..., 0] + (along / (spec.values + noise)).sum(-1)
        return torch.softmax(-0.5 * (log_det + misfit / self.tau**2), dim=0)

    def filter(self, spec: Spectrum) -> Tensor:
        """Σ_sigma p(sigma | prefix) / (λ + sigma²/tau²)."""
        posterior = self.sigma_posterior(spec).unsqueeze(-1)
        return (posterior / (spec.values + self._grid(spec))).sum(0)


@dataclass(frozen=True)
class KnownWeights(LinearPredictor):
    """Bayes where w is the same in every prompt: it knows w, and nothing is to be learned.

    known: w, one number a feature. A prompt of fewer features has the first of them;
    ValueError for one of more.
    """

    known: tuple[float, ...]
    name: str = NAME

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """The known w after every prefix: x (B, k, d), y (B, k) -> (B, k+1, d)."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        batch, pairs, dim = prompt.x.shape
        if dim > len(self.known):
            raise ValueError(f"x has {dim} features; w is known for {len(self.known)}.")
        w = torch.tensor(self.known[:dim], dtype=torch.float64, device=prompt.x.device)
        return cast_like(w.expand(batch, pairs + 1, dim), x)


CHUNK = 2**23
"""Most likelihoods that `PoolBayes` holds at once: 64 MB, whatever the pool and the batch."""


@dataclass(frozen=True, eq=False)
class PoolBayes(LinearPredictor):
    """Bayes where w is one of M known ones, all alike: their mean, weighted by likelihood.

    The discrete posterior mean, dMMSE in Raventós et al. (2023, §2.1):
    ŵ = Σ_m w_m softmax_m(−Σ_j (y_j − w_m·x_j)² / 2σ²). It stays in log space; without
    noise σ is just above the rounding of the answers, as in `Bayes`.
    pool: (M, d). ValueError for prompts of another number of features.
    """

    pool: Tensor
    sigma: float
    name: str = NAME

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """The mean after every prefix: x (B, k, d), y (B, k) -> (B, k+1, d)."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        batch, pairs, dim = prompt.x.shape
        if dim != self.pool.shape[1]:
            raise ValueError(f"x has {dim} features; the pool's tasks have {self.pool.shape[1]}.")
        pool = self.pool.to(prompt.x)
        rows = max(1, CHUNK // ((pairs + 1) * len(pool)))
        parts = [
            torch.softmax(self._log_likelihood(pool, xs, ys), dim=-1) @ pool
            for xs, ys in zip(prompt.x.split(rows), prompt.y.split(rows), strict=True)
        ]
        w = torch.cat(parts) if batch else prompt.x.new_zeros(0, pairs + 1, dim)
        return cast_like(w, x)

    def posterior(self, x: ArrayLike, y: ArrayLike) -> Tensor:
        """p(task | the whole prompt), float64: x (B, k, d), y (B, k) -> (B, M)."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        pool = self.pool.to(prompt.x)
        return torch.softmax(self._log_likelihood(pool, prompt.x, prompt.y)[:, -1], dim=-1)

    def _log_likelihood(self, pool: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """Of every task after every prefix, up to a constant: (B, k+1, M)."""
        missed = (y[..., None] - x @ pool.T).square_()
        seen = torch.cat([torch.zeros_like(missed[:, :1]), missed.cumsum_(1)], dim=1)
        return seen.div_(-2 * max(self.sigma, SIGMA_RESOLUTION) ** 2)


@dataclass(frozen=True, eq=False)
class MixtureBayes(LinearPredictor):
    """Bayes where w is from one of C Gaussian laws, N(0, diag(scales²)), and sigma is known.

    ŵ = Σ_c p(c | pairs) E[w | c, pairs], the weights by marginal likelihood (Bishop, 2006,
    §3.5.1 and §9.2). A scale of 0 switches a feature off, so sparse tasks are such a mixture
    over their supports, and tasks of a hidden size one over their sizes. Without noise σ is
    just above the rounding of the answers, as in `Bayes`.

    scales: (C, d); shares: (C,), how likely each law is before any pair is seen, summing to 1.
    ValueError for prompts of another number of features.
    """

    scales: Tensor
    shares: Tensor
    sigma: float
    name: str = NAME

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """The mean after every prefix: x (B, k, d), y (B, k) -> (B, k+1, d)."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        xs, ys = prompt.x, prompt.y
        products = xs.unsqueeze(-1) * xs.unsqueeze(-2)
        return cast_like(self._mean(prefix_sums(products), prefix_sums(xs * ys.unsqueeze(-1))), x)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`; looks at the whole prompt only, not at its beginnings."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        xs, ys = prompt.x, prompt.y
        w = self._mean(xs.mT @ xs, (xs.mT @ ys.unsqueeze(-1)).squeeze(-1))
        return cast_like(torch.einsum("bqd,bd->bq", prompt.queries, w), x)

    def _mean(self, gram: Tensor, moment: Tensor) -> Tensor:
        """XᵀX (…, d, d), Xᵀy (…, d) -> the posterior mean (…, d)."""
        dim = gram.shape[-1]
        if dim != self.scales.shape[1]:
            raise ValueError(f"x has {dim} features; this law's tasks have {self.scales.shape[1]}.")
        precision = max(self.sigma, SIGMA_RESOLUTION) ** -2
        one = torch.eye(dim, dtype=gram.dtype, device=gram.device)
        means, evidences = [], []
        for scale, share in zip(self.scales.to(gram), self.shares.tolist(), strict=True):
            # In units of the law, v = w/scale ~ N(0, I), nothing divides by a scale of 0.
            turned = precision * scale * moment
            factor = torch.linalg.cholesky(one + precision * scale[:, None] * gram * scale)
            v = torch.cholesky_solve(turned.unsqueeze(-1), factor).squeeze(-1)
            log_det = 2 * factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
            evidences.append(0.5 * ((turned * v).sum(-1) - log_det) + math.log(share))
            means.append(scale * v)
        posterior = torch.softmax(torch.stack(evidences), dim=0)
        return torch.einsum("c...,c...d->...d", posterior, torch.stack(means))
