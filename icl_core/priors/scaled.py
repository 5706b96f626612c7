"""Linear tasks of many sizes: x and w up to so many times as large as in the plain law."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import MixtureBayes
from icl_core.priors.base import Prior
from icl_core.priors.linear import noisy_answers
from icl_core.prompts import LinearTask, SampledPrompt

SIZES = 5
"""Sizes of w that a wide law has, evenly spaced in their logarithm."""


@dataclass(frozen=True)
class ScaledPrior(Prior):
    """x ~ N(0, a² I) and w ~ N(0, b² I), a and b drawn anew for every prompt and never told.

    a is log-uniform from 1/``widest`` to ``widest``, b one of `SIZES` sizes from
    1/``widest`` to ``widest``, all alike; with ``widest`` = 1 it is the plain law. sigma is
    known and the same at every size. ``inputs`` is "scaled", or "plain" for x ~ N(0, I).
    """

    dim: int
    sigma: float = 0.5
    widest: float = 1.0
    inputs: str = "scaled"

    def __post_init__(self) -> None:
        if self.dim not in range(1, 65):
            raise ValueError(f"dim must be a whole number from 1 to 64, not {self.dim!r}.")
        if not (math.isfinite(self.sigma) and self.sigma >= 0):
            raise ValueError(f"sigma must be finite and not negative, not {self.sigma!r}.")
        if self.inputs not in ("scaled", "plain"):
            raise ValueError(f'inputs must be "scaled" or "plain", not {self.inputs!r}.')
        if not (math.isfinite(self.widest) and self.widest >= 1):
            raise ValueError(f"widest must be finite and at least 1, not {self.widest!r}.")

    @property
    def features(self) -> int:
        """Length of each x."""
        return self.dim

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See `Prior.sigmas`."""
        return (self.sigma,)

    @property
    def sizes(self) -> tuple[float, ...]:
        """The sizes b of w, rising."""
        if self.widest == 1:
            return (1.0,)
        return tuple(self.widest ** (2 * i / (SIZES - 1) - 1) for i in range(SIZES))

    @property
    def tau(self) -> float:
        """See `Prior.tau`."""
        return math.sqrt(sum(size**2 for size in self.sizes) / len(self.sizes))

    def describe(self) -> str:
        """See `Prior.describe`."""
        span = f"of a hidden scale from {1 / self.widest:g} to {self.widest:g}"
        x = "x ~ N(0, I)" if self.inputs == "plain" or self.widest == 1 else f"x {span}"
        size = f"{x}, w {'~ N(0, I)' if self.widest == 1 else span}"
        return f"linear tasks of {self.dim} features, {size}, noise σ = {self.sigma:g}"

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        sizes = torch.tensor(self.sizes, device=gen.device)
        drawn = sizes[torch.randint(len(sizes), (batch,), generator=gen, device=gen.device)]
        w = torch.randn(batch, self.dim, generator=gen, device=gen.device) * drawn[:, None]
        task, sigma = LinearTask(w), torch.full((batch,), float(self.sigma), device=gen.device)
        clean, y = noisy_answers(x, task, sigma, gen)
        dims = torch.full((batch,), self.dim, device=gen.device)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        reach = math.log(self.widest) if self.inputs == "scaled" else 0.0
        at = torch.rand(batch, 1, 1, generator=gen, device=gen.device) * 2 - 1
        x = torch.randn(batch, count, self.dim, generator=gen, device=gen.device)
        return x * (at * reach).exp()

    def bayes(self) -> LinearPredictor:
        """A mixture over the sizes of w, ridges with λ = σ²/b²; the scale of x moves no answer."""
        return scaled_bayes(self)

    def with_plain_inputs(self) -> ScaledPrior:
        """See `Prior.with_plain_inputs`."""
        return replace(self, inputs="plain")


@lru_cache(maxsize=16)
def scaled_bayes(law: ScaledPrior) -> MixtureBayes:
    """Bayes of a law, one for all who ask."""
    sizes = torch.tensor(law.sizes, dtype=torch.float64, device="cpu")
    return MixtureBayes(
        sizes[:, None].expand(-1, law.dim), torch.full_like(sizes, 1 / len(sizes)), law.sigma
    )
