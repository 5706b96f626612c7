"""Linear tasks on the features of a trunk: y = wᵀΦ(x), with Φ the same in every prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.models.trunk import Trunk, trunk
from icl_core.predictors.bayes import Bayes
from icl_core.predictors.features import OnFeatures
from icl_core.priors.base import Prior
from icl_core.priors.linear import noisy_answers
from icl_core.prompts import SampledPrompt

HALF, STEPS = 3.0, 300
"""x is one of 301 abscissae from −3 to 3, all alike: a frozen trunk answers each but once."""


def abscissae(device: torch.device | str = "cpu") -> Tensor:
    """All x of the law, rising: (301, 1)."""
    return torch.linspace(-HALF, HALF, STEPS + 1, device=device).unsqueeze(-1)


@dataclass(frozen=True)
class TrunkTask:
    """Tasks y = wᵀΦ(x). weights: (B, m)."""

    weights: Tensor
    trunk: Trunk

    def answer(self, x: Tensor) -> Tensor:
        """x: (B, q, d) -> (B, q)."""
        features = self.trunk(x.to(self.trunk.mean.device)).to(x.device)
        return torch.einsum("bqm,bm->bq", features, self.weights.to(x.dtype))

    def to(self, device: torch.device | str) -> TrunkTask:
        """See `TaskTruth.to`; the trunk stays where it is."""
        return TrunkTask(self.weights.to(device), self.trunk)

    def __getitem__(self, rows: slice) -> TrunkTask:
        """See `TaskTruth.__getitem__`."""
        return TrunkTask(self.weights[rows], self.trunk)


@dataclass(frozen=True)
class TrunkPrior(Prior):
    """y = wᵀΦ(x) + noise, w ~ N(0, tau² I), Φ a trunk by its name (after Guo et al. 2023, §3).

    One x. sigma is known.
    """

    trunk: str
    sigma: float = 0.25
    tau: float = 0.75

    def __post_init__(self) -> None:
        trunk(self.trunk)
        if not (math.isfinite(self.sigma) and self.sigma >= 0):
            raise ValueError(f"sigma must be finite and not negative, not {self.sigma!r}.")
        if not (math.isfinite(self.tau) and self.tau > 0):
            raise ValueError(f"tau must be finite and positive, not {self.tau!r}.")

    @property
    def features(self) -> int:
        """One x."""
        return 1

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See `Prior.sigmas`."""
        return (self.sigma,)

    def describe(self) -> str:
        """See `Prior.describe`."""
        return (
            f"curves wᵀΦ(x) of the trunk {self.trunk}, w ~ N(0, {self.tau:g}² I), x from −3 to 3, "
            f"noise σ = {self.sigma:g}"
        )

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        made = trunk(self.trunk)
        w = torch.randn(batch, made.outputs, generator=gen, device=gen.device) * self.tau
        task = TrunkTask(w, made)
        sigma = torch.full((batch,), float(self.sigma), device=gen.device)
        clean, y = noisy_answers(x, task, sigma, gen)
        dims = torch.ones(batch, dtype=torch.long, device=gen.device)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        at = torch.randint(STEPS + 1, (batch, count), generator=gen, device=gen.device)
        return abscissae(gen.device)[at]

    def bayes(self) -> OnFeatures:
        """Ridge on Φ(x) with λ = sigma²/tau²: the posterior mean, since y is linear in Φ(x)."""
        return OnFeatures(trunk(self.trunk), Bayes(self.sigmas, self.tau), "ridge on Φ")
