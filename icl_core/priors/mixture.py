"""The flagship's prior: every linear task that a visitor can make."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import Bayes, KnownWeights
from icl_core.priors.base import Cell, Prior
from icl_core.priors.inputs import drawn_inputs, far_inputs
from icl_core.priors.linear import fixed_weights, noisy_answers
from icl_core.prompts import LinearTask, SampledPrompt

SIGMAS = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Noise levels of the flagship prior; the model is never told which one holds.

What a visitor can choose from, too: tasks of every level are at home in the model."""


@dataclass(frozen=True)
class FlagshipPrior(Prior):
    """Every task a visitor can make, in ``max_dim`` slots (unused ones are zero).

    d is drawn from ``dim_weights`` (uniform on 1…max_dim by default); for d >= 2
    the last used feature is the constant 1 with probability ``p_intercept``;
    w ~ N(0, I); sigma is uniform on ``sigmas``. ``inputs`` is "drawn" (see
    `drawn_inputs`) or "plain" (x ~ N(0, I)). A share ``far`` of the drawn prompts of
    one or two features, those of the pad, has far inputs among the others (see
    `far_inputs`). ``dim``, ``intercept`` and
    ``sigma`` fix what would otherwise be drawn, and what Bayes is in doubt of: a
    fixed sigma takes the place of ``sigmas``. ``w_seed`` fixes w as in `PlainPrior`;
    a task of fewer features has the first of its weights.
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
    far: float = 0.0

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
        if not 0 <= self.far <= 1:
            raise ValueError(f"far must lie between 0 and 1, not {self.far!r}.")
        if self.far and self.inputs == "plain":
            raise ValueError('far inputs are for "drawn" ones, not for "plain".')
        if not 0 < self.tau < math.inf:
            raise ValueError(f"tau must be finite and positive, not {self.tau!r}.")
        weights = self.dim_weights
        if weights is not None and (
            len(weights) != self.max_dim or min(weights) < 0 or not 0 < sum(weights) < math.inf
        ):
            raise ValueError(
                f"dim_weights must hold {self.max_dim} shares, none negative, not all zero."
            )

        if self.sigma is not None:
            object.__setattr__(self, "sigmas", (self.sigma,))

    @property
    def features(self) -> int:
        """Length of each x; features beyond the task's own are zero."""
        return self.max_dim

    @property
    def cells(self) -> tuple[Cell, ...]:
        """See `Prior.cells`; a single feature is never the constant."""
        shares = self.dim_weights or (1.0,) * self.max_dim
        drawn = [d for d, share in enumerate(shares, 1) if share > 0]
        return tuple(
            Cell(dim, intercept)
            for dim in (drawn if self.dim is None else [self.dim])
            for intercept in (self._intercept_choices() if dim > 1 else (False,))
        )

    def _intercept_choices(self) -> tuple[bool, ...]:
        if self.intercept is not None:
            return (self.intercept,)
        return tuple(
            choice
            for choice, share in ((False, 1 - self.p_intercept), (True, self.p_intercept))
            if share > 0
        )

    def describe(self) -> str:
        """See `Prior.describe`."""
        low, high = self.dims[0], self.dims[-1]
        d = f"{low} to {high}" if high > low else f"{low}"
        choices = {cell.intercept for cell in self.cells if cell.dim > 1}
        often = " in some" if len(choices) > 1 else ""
        constant = f" (the last the constant 1{often})" if True in choices else ""
        x = "x as people draw it" if self.inputs == "drawn" else "x ~ N(0, I)"
        if self.far:
            x += ", some far from the others"
        w = f"w ~ N(0, {self.tau:g}² I)" if self.w_seed is None else "w the same in every prompt"
        noise = ", ".join(f"{sigma:g}" for sigma in self.sigmas)
        hidden = "noise σ =" if len(self.sigmas) == 1 else "hidden noise σ of"
        return f"linear tasks of {d} features{constant}, {x}, {w}, {hidden} {noise}"

    def _dims(self, batch: int, gen: torch.Generator) -> Tensor:
        if self.dim is not None:
            return torch.full((batch,), self.dim, device=gen.device)
        shares = self.dim_weights or (1.0,) * self.max_dim
        weights = torch.tensor(shares, dtype=torch.float32, device=gen.device)
        return torch.multinomial(weights, batch, replacement=True, generator=gen) + 1

    def _intercepts(self, dims: Tensor, gen: torch.Generator) -> Tensor:
        drawn = torch.rand(len(dims), generator=gen, device=gen.device) < self.p_intercept
        wanted = drawn if self.intercept is None else torch.full_like(drawn, self.intercept)
        return wanted & (dims >= 2)

    def _inputs(self, batch: int, count: int, gen: torch.Generator) -> tuple[Tensor, Tensor]:
        """x (B, count, max_dim), and how many features are in use, (B,)."""
        dims = self._dims(batch, gen)
        constant = self._intercepts(dims, gen)
        if self.inputs == "plain":
            x = torch.randn(batch, count, self.max_dim, generator=gen, device=gen.device)
        else:
            x = drawn_inputs(batch, count, self.max_dim, gen)
        if self.far:
            x = far_inputs(x, self.far * (dims <= 2), gen)
        slot = torch.arange(self.max_dim, device=gen.device)
        x = x * (slot < dims[:, None])[:, None]
        is_constant = constant[:, None] & (slot == dims[:, None] - 1)
        return torch.where(is_constant[:, None], 1.0, x), dims

    def _noise(self, batch: int, gen: torch.Generator) -> Tensor:
        levels = torch.tensor(self.sigmas, dtype=torch.float32, device=gen.device)
        drawn = torch.randint(len(levels), (batch,), generator=gen, device=gen.device)
        return levels[drawn]

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x, dims = self._inputs(batch, exemplars, gen)
        w = torch.randn(batch, self.max_dim, generator=gen, device=gen.device) * self.tau
        if self.w_seed is not None:
            w = fixed_weights(self.w_seed, self.max_dim, self.tau).to(gen.device).expand_as(w)
        task = LinearTask(w * (torch.arange(self.max_dim, device=gen.device) < dims[:, None]))
        sigma = self._noise(batch, gen)
        clean, y = noisy_answers(x, task, sigma, gen)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        return self._inputs(batch, count, gen)[0]

    def bayes(self) -> LinearPredictor:
        """A mixture of ridges over the noise levels, or the one w where it is fixed.

        d and the intercept are visible, so a cell that fixes them changes nothing.
        """
        if self.w_seed is not None:
            return KnownWeights(tuple(fixed_weights(self.w_seed, self.max_dim, self.tau).tolist()))
        return Bayes(self.sigmas, self.tau)

    def given(
        self, dim: int | None = None, intercept: bool | None = None, sigma: float | None = None
    ) -> FlagshipPrior:
        """See `Prior.given`; an intercept without a d is for those tasks that can have one."""
        self._require_cell(dim, intercept, sigma)
        return replace(
            self,
            dim=self.dim if dim is None else dim,
            intercept=self.intercept if intercept is None else intercept,
            sigma=self.sigma if sigma is None else sigma,
        )

    def with_plain_inputs(self) -> FlagshipPrior:
        """See `Prior.with_plain_inputs`."""
        return replace(self, inputs="plain", far=0.0)

    def with_even_dims(self) -> FlagshipPrior:
        """See `Prior.with_even_dims`."""
        return replace(self, dim_weights=None)

    def with_free_weights(self) -> FlagshipPrior:
        """See `Prior.with_free_weights`."""
        return replace(self, w_seed=None)

    def with_dim_weights(self, weights: tuple[float, ...]) -> FlagshipPrior:
        """See `Prior.with_dim_weights`."""
        return replace(self, dim_weights=weights)
