"""Bayes where the posterior mean has no closed form: by sampling, with an error that is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import SIGMA_RESOLUTION
from icl_core.predictors.spectrum import cast_like, device_of, prefix_sums
from icl_core.prompts import generator

NAME = "sampled Bayes"
SAMPLES, SWEEPS, BURN_IN = 2048, 150, 30
CHUNK = 2**21
"""Most numbers of one kind that are held at once."""


@dataclass(frozen=True, eq=False)
class CapBayes(LinearPredictor):
    """Bayes where w ~ N(0, I), kept only if within ``angle`` degrees of the first axis.

    The posterior is the ridge's Gaussian, cut to that cone. Its mean is that of `SAMPLES` draws
    either from the Gaussian, weighted by whether they lie in the cone, or from the law of w,
    weighted by their likelihood; of the two the one with the larger effective number of
    samples (Kong 1992) is taken. ``draw`` makes tasks of the law from w ~ N(0, I).
    """

    angle: float
    sigma: float
    draw: Callable[[Tensor], Tensor]
    seed: int = 0
    name: str = NAME

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """The mean after every prefix: x (B, k, d), y (B, k) -> (B, k+1, d)."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        products = prompt.x.unsqueeze(-1) * prompt.x.unsqueeze(-2)
        moment = prefix_sums(prompt.x * prompt.y.unsqueeze(-1))
        return cast_like(self._means(prefix_sums(products), moment)[0], x)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`; looks at the whole prompt only, not at its beginnings."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        w = self.last(prompt.x, prompt.y)[0]
        return cast_like(torch.einsum("bqd,bd->bq", prompt.queries, w), x)

    def last(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """After the whole prompt: the mean (B, d), and the effective number of samples (B,)."""
        return self._means(x.mT @ x, (x.mT @ y.unsqueeze(-1)).squeeze(-1))

    def _means(self, gram: Tensor, moment: Tensor) -> tuple[Tensor, Tensor]:
        dim = gram.shape[-1]
        gen = generator(self.seed)
        normal = torch.randn(SAMPLES, dim, generator=gen, dtype=torch.float64, device="cpu")
        normal = normal.to(gram)
        tasks = self.draw(normal)
        grams, moments = gram.reshape(-1, dim, dim), moment.reshape(-1, dim)
        rows = max(1, CHUNK // (SAMPLES * dim))
        parts = [
            self._mean(one, other, normal, tasks)
            for one, other in zip(grams.split(rows), moments.split(rows), strict=True)
        ]
        mean, many = (torch.cat(part) for part in zip(*parts, strict=True))
        return mean.reshape(moment.shape), many.reshape(moment.shape[:-1])

    def _mean(
        self, gram: Tensor, moment: Tensor, normal: Tensor, tasks: Tensor
    ) -> tuple[Tensor, Tensor]:
        precision = max(self.sigma, SIGMA_RESOLUTION) ** -2
        one = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
        factor = torch.linalg.cholesky(one + precision * gram)
        mean = torch.cholesky_solve(precision * moment.unsqueeze(-1), factor)
        near = mean + torch.linalg.solve_triangular(factor.mT, normal.T, upper=True)
        near = near.mT  # (n, samples, d), from the Gaussian posterior
        inside = near[..., 0] >= math.cos(math.radians(self.angle)) * near.norm(dim=-1)
        fit = moment @ tasks.T - 0.5 * torch.einsum("nij,si,sj->ns", gram, tasks, tasks)
        likely = torch.softmax(precision * fit, dim=-1)
        kept = inside.to(gram)
        many, other = kept.sum(-1), 1 / likely.square().sum(-1)
        found = kept / many.clamp(min=1)[:, None]
        cut = torch.einsum("ns,nsd->nd", found, near)
        return torch.where((many >= other)[:, None], cut, likely @ tasks), many.maximum(other)


@dataclass(frozen=True, eq=False)
class StudentBayes(LinearPredictor):
    """Bayes where w ~ N(0, tau² I) and the noise is a Student t of standard deviation sigma.

    A Gibbs sampler over the size of each answer's noise (Geweke 1993): given the sizes w is
    the Gaussian of a weighted ridge, given w each size is a Gamma's. The answer is the mean of
    the ridges' means over the sweeps after the first `BURN_IN`. freedom: degrees, above 2.
    """

    tau: float
    sigma: float
    freedom: float
    seed: int = 0
    name: str = NAME

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """The mean after every prefix: x (B, k, d), y (B, k) -> (B, k+1, d)."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        ends = range(prompt.x.shape[1] + 1)
        parts = [self.last(prompt.x[:, :end], prompt.y[:, :end]) for end in ends]
        return cast_like(torch.stack(parts, dim=1), x)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`; looks at the whole prompt only, not at its beginnings."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        w = self.last(prompt.x, prompt.y)
        return cast_like(torch.einsum("bqd,bd->bq", prompt.queries, w), x)

    def last(self, x: Tensor, y: Tensor) -> Tensor:
        """The mean after the whole prompt: x (B, k, d), y (B, k), float64 -> (B, d)."""
        gen, dim = generator(self.seed), x.shape[-1]
        scale = max(self.sigma, SIGMA_RESOLUTION) ** 2 * (self.freedom - 2) / self.freedom
        prior = torch.eye(dim, dtype=x.dtype, device=x.device) / self.tau**2
        shape = torch.full_like(y, (self.freedom + 1) / 2).cpu()
        normal = torch.empty(len(y), dim, 1, dtype=torch.float64, device="cpu")
        size, total = torch.ones_like(y), x.new_zeros(len(y), dim)
        for sweep in range(BURN_IN + SWEEPS):
            weighted = x * (size / scale).unsqueeze(-1)
            factor = torch.linalg.cholesky(prior + weighted.mT @ x)
            mean = torch.cholesky_solve(weighted.mT @ y.unsqueeze(-1), factor)
            total += mean.squeeze(-1) * (sweep >= BURN_IN)
            noise = normal.normal_(generator=gen).to(x)
            w = mean + torch.linalg.solve_triangular(factor.mT, noise, upper=True)
            missed = (y - (x @ w).squeeze(-1)).square() / scale
            drawn = torch._standard_gamma(shape, generator=gen).to(x)
            size = drawn / ((self.freedom + missed) / 2)
        return total / SWEEPS


@dataclass(frozen=True, eq=False)
class Evened(LinearPredictor):
    """A rule told how many times sigma each answer's noise is: it reads x and y divided by that.

    For linear tasks with Gaussian noise that is all there is to know (weighted least squares;
    Aitken 1935). ``noise_of``: x (B, k, d) -> (B, k).
    """

    rule: LinearPredictor
    noise_of: Callable[[Tensor], Tensor]

    @property
    def name(self) -> str:
        """The rule's."""
        return self.rule.name

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """The rule's on the evened pairs: x (B, k, d), y (B, k) -> (B, k+1, d)."""
        xs, ys = self._evened(x, y)
        return cast_like(self.rule.weights(xs, ys), x)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        xs, ys = self._evened(x, y)
        asked = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x)).queries
        return cast_like(self.rule.predict(xs, ys, asked), x)

    def _evened(self, x: ArrayLike, y: ArrayLike) -> tuple[Tensor, Tensor]:
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        noise = self.noise_of(prompt.x)
        return prompt.x / noise.unsqueeze(-1), prompt.y / noise
