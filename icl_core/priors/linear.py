"""The paper's prior: w and x Gaussian, noise known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.prompts import Prompt, generator


def noisy_answers(
    x: Tensor, w: Tensor, sigma: Tensor, gen: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The clean answers x·w, (B, k), and the same with noise."""
    clean = torch.einsum("bkd,bd->bk", x, w)
    return clean, clean + sigma[:, None] * torch.randn(clean.shape, generator=gen)


@dataclass(frozen=True)
class PlainPrior:
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
    def sigmas(self) -> tuple[float, ...]:
        """The noise levels that this prior holds possible."""
        return (self.sigma,)

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> Prompt:
        """`batch` prompts of `exemplars` pairs, on the CPU."""
        used = self.dim if self.used is None else self.used
        x = torch.randn(batch, exemplars, self.dim, generator=gen)
        x[..., used:] = 0.0
        w = torch.randn(batch, self.dim, generator=gen) * self.tau
        if self.w_seed is not None:
            w = torch.randn(self.dim, generator=generator(self.w_seed)).expand_as(w) * self.tau
        sigma = torch.full((batch,), float(self.sigma))
        clean, y = noisy_answers(x, w, sigma, gen)
        return Prompt(x, y, w, sigma, clean, torch.full((batch,), used))
