"""The flagship's prior: every linear task that a visitor can make."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.priors.inputs import drawn_inputs
from icl_core.priors.linear import noisy_answers
from icl_core.prompts import Prompt, generator

SIGMAS = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Noise levels of the flagship prior; the model is never told which one holds."""


@dataclass(frozen=True)
class FlagshipPrior:
    """Every task a visitor can make, in ``max_dim`` slots (unused ones are zero).

    d is drawn from ``dim_weights`` (uniform on 1…max_dim by default); for d >= 2
    the last used feature is the constant 1 with probability ``p_intercept``;
    w ~ N(0, I); sigma is uniform on ``sigmas``. ``inputs`` is "drawn" (see
    `drawn_inputs`) or "plain" (x ~ N(0, I)). ``dim``, ``intercept`` and
    ``sigma`` fix what would otherwise be drawn, which gives one cell of the
    prior for an evaluation. ``w_seed`` fixes w as in `PlainPrior`; a task of
    fewer features has the first of its weights.
    """

    max_dim: int = 8
    sigmas: tuple[float, ...] = SIGMAS
    p_intercept: float = 0.4
    inputs: str = "drawn"
    dim_weights: tuple[float, ...] | None = None
    dim: int | None = None
    intercept: bool | None = None
    sigma: float | None = None
    tau: float = 1.0
    w_seed: int | None = None

    def __post_init__(self) -> None:
        if self.inputs not in ("drawn", "plain"):
            raise ValueError(f'inputs must be "drawn" or "plain", not {self.inputs!r}.')
        if self.max_dim not in range(1, 65):
            raise ValueError(f"max_dim must be a whole number from 1 to 64, not {self.max_dim!r}.")
        if self.dim is not None and self.dim not in range(1, self.max_dim + 1):
            raise ValueError(f"dim must be one of 1 to {self.max_dim}, not {self.dim!r}.")
        if not self.sigmas or not all(0 <= level < math.inf for level in self.sigmas):
            raise ValueError(f"sigmas must hold finite levels of at least 0, not {self.sigmas!r}.")
        if self.sigma is not None and not 0 <= self.sigma < math.inf:
            raise ValueError(f"sigma must be finite and not negative, not {self.sigma!r}.")
        if not 0 <= self.p_intercept <= 1:
            raise ValueError(f"p_intercept must lie between 0 and 1, not {self.p_intercept!r}.")
        if not 0 < self.tau < math.inf:
            raise ValueError(f"tau must be finite and positive, not {self.tau!r}.")
        weights = self.dim_weights
        if weights is not None and (
            len(weights) != self.max_dim or min(weights) < 0 or not 0 < sum(weights) < math.inf
        ):
            raise ValueError(
                f"dim_weights must hold {self.max_dim} shares, none negative, not all zero."
            )

    @property
    def features(self) -> int:
        """Length of each x; features beyond the task's own are zero."""
        return self.max_dim

    def _dims(self, batch: int, gen: torch.Generator) -> Tensor:
        if self.dim is not None:
            return torch.full((batch,), self.dim)
        weights = torch.tensor(self.dim_weights or (1.0,) * self.max_dim, dtype=torch.float32)
        return torch.multinomial(weights, batch, replacement=True, generator=gen) + 1

    def _intercepts(self, dims: Tensor, gen: torch.Generator) -> Tensor:
        drawn = torch.rand(len(dims), generator=gen) < self.p_intercept
        wanted = drawn if self.intercept is None else torch.full_like(drawn, self.intercept)
        return wanted & (dims >= 2)

    def _noise(self, batch: int, gen: torch.Generator) -> Tensor:
        drawn = torch.randint(len(self.sigmas), (batch,), generator=gen)
        if self.sigma is not None:
            return torch.full((batch,), float(self.sigma))
        return torch.tensor(self.sigmas, dtype=torch.float32)[drawn]

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> Prompt:
        """`batch` prompts of `exemplars` pairs, x of shape (B, k, max_dim), on the CPU."""
        dims = self._dims(batch, gen)
        constant = self._intercepts(dims, gen)
        if self.inputs == "plain":
            x = torch.randn(batch, exemplars, self.max_dim, generator=gen)
        else:
            x = drawn_inputs(batch, exemplars, self.max_dim, gen)
        slot = torch.arange(self.max_dim)
        used = slot < dims[:, None]
        x = x * used[:, None]
        is_constant = constant[:, None] & (slot == dims[:, None] - 1)
        x = torch.where(is_constant[:, None], torch.ones(()), x)
        w = torch.randn(batch, self.max_dim, generator=gen)
        if self.w_seed is not None:
            w = torch.randn(self.max_dim, generator=generator(self.w_seed)).expand_as(w)
        w = w * used * self.tau
        sigma = self._noise(batch, gen)
        clean, y = noisy_answers(x, w, sigma, gen)
        return Prompt(x, y, w, sigma, clean, dims)
