"""Labels of two kinds: logistic regression, on which TART's head is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from icl_core.predictors.logistic import LogisticBayes
from icl_core.priors.base import Prior
from icl_core.prompts import SampledPrompt

MOST_FEATURES = 32


@dataclass(frozen=True)
class LabelTask:
    """Tasks whose answer is the mean label, tanh(v·x/2). weights: v, (B, d)."""

    weights: Tensor

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, d) -> (B, q), from −1 to 1."""
        return torch.tanh(torch.einsum("bqd,bd->bq", x, self.weights.to(x.dtype)) / 2)

    def to(self, device: torch.device | str) -> LabelTask:
        """See `TaskTruth.to`."""
        return LabelTask(self.weights.to(device))

    def __getitem__(self, rows: slice) -> LabelTask:
        """See `TaskTruth.__getitem__`."""
        return LabelTask(self.weights[rows])


@dataclass(frozen=True)
class LabelPrior(Prior):
    """y = 1 with probability sigmoid(a w·x), else −1; x ~ N(0, I), w ~ N(0, I/d).

    After Bhatia et al. (2023, §4), who have w ~ N(0, I) and one a = 10. Here a is one of
    ``steepness``, drawn for each prompt and not told: labels of real texts are noisier than
    theirs. The mean of ±1 is what least squares learns, so the loss is that of every law.
    """

    dim: int = 8
    steepness: tuple[float, ...] = (1.0, 3.0, 10.0)

    def __post_init__(self) -> None:
        if self.dim not in range(2, MOST_FEATURES + 1):
            raise ValueError(f"dim must be a whole number from 2 to 32, not {self.dim!r}.")
        if not self.steepness or not all(0 < a < math.inf for a in self.steepness):
            raise ValueError(f"steepness must hold positive numbers, not {self.steepness!r}.")

    @property
    def features(self) -> int:
        """Length of each x."""
        return self.dim

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The root mean square of a label about its mean, over the whole law."""
        return (label_noise(self.dim, self.steepness),)

    def describe(self) -> str:
        """See `Prior.describe`."""
        steep = ", ".join(f"{a:g}" for a in self.steepness)
        return (
            f"labels ±1 of {self.dim} features, P(1) = sigmoid(a w·x), w ~ N(0, I/{self.dim}), "
            f"a one of {steep}, x ~ N(0, I)"
        )

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        at = gen.device
        x = self.queries(batch, exemplars, gen)
        w = torch.randn(batch, self.dim, generator=gen, device=at)
        which = torch.randint(len(self.steepness), (batch,), generator=gen, device=at)
        spread = torch.tensor(self._spreads, device=at)[which]
        task = LabelTask(spread[:, None] * w)
        clean = task.answer(x)
        drawn = torch.rand(clean.shape, generator=gen, device=at)
        y = torch.where(2 * drawn < 1 + clean, 1.0, -1.0)
        sigma = torch.full((batch,), self.sigmas[0], device=at)
        dims = torch.full((batch,), self.dim, device=at)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        return torch.randn(batch, count, self.dim, generator=gen, device=gen.device)

    def bayes(self) -> LogisticBayes:
        """Not exact Bayes, which has no closed form: Laplace's approximation to it."""
        return LogisticBayes(self._spreads)

    @property
    def _spreads(self) -> tuple[float, ...]:
        """The standard deviation of a weight of v = a w, by a."""
        return tuple(a / math.sqrt(self.dim) for a in self.steepness)


@lru_cache(maxsize=64)
def label_noise(dim: int, steepness: tuple[float, ...]) -> float:
    """√E(1 − tanh²(a w·x/2)): w·x is |w| z with d|w|² ~ χ²(d), z ~ N(0, 1); by quadrature."""
    half, mass = np.polynomial.laguerre.laggauss(64)
    mass = mass * half ** (dim / 2 - 1) / math.gamma(dim / 2)
    z, density = np.polynomial.hermite_e.hermegauss(64)
    along = np.sqrt(2 * half / dim)[:, None] * z
    noise = [1 - np.tanh(a * along / 2) ** 2 for a in steepness]
    whole = np.mean(noise, axis=0) * mass[:, None] * density / math.sqrt(2 * math.pi)
    return float(np.sqrt(whole.sum()))
