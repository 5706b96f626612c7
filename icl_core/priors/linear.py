"""The paper's prior: w and x Gaussian, noise known."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import Bayes, KnownWeights
from icl_core.priors.base import Cell, Prior
from icl_core.prompts import LinearTask, SampledPrompt, TaskTruth, generator


def noisy_answers(
    x: Tensor, task: TaskTruth, sigma: Tensor, gen: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The clean answers at x (B, k, d), (B, k), and the same with noise of sigma (B,)."""
    clean = task.answer(x)
    noise = torch.randn(clean.shape, generator=gen, device=gen.device)
    return clean, clean + sigma[:, None] * noise


def fixed_weights(seed: int, dim: int, tau: float) -> Tensor:
    """The one w of a control's law: (dim,), drawn from its own seed, on the CPU."""
    return torch.randn(dim, generator=generator(seed), device="cpu") * tau


@dataclass(frozen=True)
class PlainPrior(Prior):
    """The paper's prior: fixed d, x ~ N(0, I), w ~ N(0, tau² I), fixed sigma (§4).

    With ``w_seed``, w is one draw from that seed, the same in every prompt: the
    task of a control that has nothing to learn in context. With ``used``, only so
    many of the ``dim`` features are drawn and the rest are zero: a step of a
    curriculum (Garg et al. 2022, appendix A.2).
    """

    dim: int
    sigma: float = 0.0
    tau: float = 1.0
    w_seed: int | None = None
    used: int | None = None

    def __post_init__(self) -> None:
        if self.dim < 1:
            raise ValueError(f"dim must be at least 1, not {self.dim}.")
        if self.used is not None and not 1 <= self.used <= self.dim:
            raise ValueError(f"used must be from 1 to dim = {self.dim}, not {self.used}.")
        if not (math.isfinite(self.sigma) and self.sigma >= 0):
            raise ValueError(f"sigma must be finite and not negative, not {self.sigma}.")
        if not (math.isfinite(self.tau) and self.tau > 0):
            raise ValueError(f"tau must be finite and positive, not {self.tau}.")

    @property
    def features(self) -> int:
        """Length of each x."""
        return self.dim

    @property
    def cells(self) -> tuple[Cell, ...]:
        """See `Prior.cells`."""
        return (Cell(self.dim if self.used is None else self.used, False),)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The noise levels that this prior holds possible."""
        return (self.sigma,)

    def describe(self) -> str:
        """See `Prior.describe`."""
        w = f"w ~ N(0, {self.tau:g}² I)" if self.w_seed is None else "w the same in every prompt"
        d, noise = self.dims[0], f"noise σ = {self.sigma:g}"
        return f"linear tasks of {d} features, x ~ N(0, I), {w}, {noise}"

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        w = torch.randn(batch, self.dim, generator=gen, device=gen.device) * self.tau
        if self.w_seed is not None:
            w = fixed_weights(self.w_seed, self.dim, self.tau).to(gen.device).expand_as(w)
        task = LinearTask(w)
        sigma = torch.full((batch,), float(self.sigma), device=gen.device)
        clean, y = noisy_answers(x, task, sigma, gen)
        dims = torch.full((batch,), self.dims[0], device=gen.device)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        x = torch.randn(batch, count, self.dim, generator=gen, device=gen.device)
        x[..., self.dims[0] :] = 0.0
        return x

    def bayes(self) -> LinearPredictor:
        """Ridge with λ = sigma²/tau², or the one w where it is fixed."""
        if self.w_seed is not None:
            return KnownWeights(tuple(fixed_weights(self.w_seed, self.dim, self.tau).tolist()))
        return Bayes(self.sigmas, self.tau)

    def with_free_weights(self) -> PlainPrior:
        """See `Prior.with_free_weights`."""
        return replace(self, w_seed=None)

    def with_used(self, used: int) -> PlainPrior:
        """See `Prior.with_used`."""
        return replace(self, used=used)
