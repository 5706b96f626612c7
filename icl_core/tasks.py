"""Priors over linear tasks, and the prompts they make.

Every prior samples on the CPU from a seeded generator and then moves the
prompt, so a seed gives the same numbers on any device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

SIGMAS = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Noise levels of the flagship prior; the model is never told which one holds."""


@dataclass(frozen=True)
class Prompt:
    """A batch of prompts: what the learner sees and, when known, what made it.

    x: (B, k, d) features, y: (B, k) noisy answers, w: (B, d) true weights,
    sigma: (B,) noise standard deviation, clean: (B, k) = x·w, dims: (B,) number
    of features in use (a constant one included; the others are zero).
    """

    x: Tensor
    y: Tensor
    w: Tensor | None = None
    sigma: Tensor | None = None
    clean: Tensor | None = None
    dims: Tensor | None = None

    def to(self, device: torch.device | str) -> Prompt:
        """The same prompts on another device."""
        moved = {k: v.to(device) for k, v in vars(self).items() if v is not None}
        return replace(self, **moved)

    def __getitem__(self, rows: slice) -> Prompt:
        """Some prompts of the batch."""
        return replace(self, **{k: v[rows] for k, v in vars(self).items() if v is not None})


def generator(*seed: int) -> torch.Generator:
    """A CPU generator for a tuple of whole numbers, e.g. (run seed, step)."""
    mixed = 0
    for part in seed:
        mixed = (mixed * 0x9E3779B97F4A7C15 + int(part) + 1) % 2**63
    return torch.Generator().manual_seed(mixed)


def _uniform(gen: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=gen) * (high - low) + low


def _log_uniform(gen: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return _uniform(gen, math.log(low), math.log(high), *shape).exp()


def _answers(x: Tensor, w: Tensor, sigma: Tensor, gen: torch.Generator) -> tuple[Tensor, Tensor]:
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
        clean, y = _answers(x, w, sigma, gen)
        return Prompt(x, y, w, sigma, clean, torch.full((batch,), used))


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
        clean, y = _answers(x, w, sigma, gen)
        return Prompt(x, y, w, sigma, clean, dims)


def drawn_inputs(batch: int, exemplars: int, dim: int, gen: torch.Generator) -> Tensor:
    """Inputs as people draw them, (B, k, dim).

    Four kinds of prompt, each standing for a habit seen at the pad: plain
    N(0, I) (40 %); shifted and scaled, so that all points lie on one side or
    close together (25 %); clumps visited in runs, so that the step to a new
    clump asks for an extrapolation (20 %); drawn from one side to the other up
    to some point (15 %). The law of x does not move the Bayes predictor, whose
    posterior depends only on the x that were seen.
    """
    noise = torch.randn(batch, exemplars, dim, generator=gen)
    kind = torch.rand(batch, 1, 1, generator=gen)
    shift = _uniform(gen, -1.5, 1.5, batch, 1, dim)
    scale = _log_uniform(gen, 0.3, 1.5, batch, 1, 1)
    moved = shift + scale * noise
    clumped = _clumps(noise, gen)
    swept = _swept(torch.where(torch.rand(batch, 1, 1, generator=gen) < 0.5, noise, moved), gen)
    x = torch.where(kind < 0.65, moved, torch.where(kind < 0.85, clumped, swept))
    return torch.where(kind < 0.40, noise, x)


def _clumps(noise: Tensor, gen: torch.Generator) -> Tensor:
    batch, exemplars, dim = noise.shape
    centres = 1.2 * torch.randn(batch, 3, dim, generator=gen)
    spread = _log_uniform(gen, 0.02, 0.5, batch, 1, 1)
    leave = _log_uniform(gen, 0.03, 1.0, batch, 1)
    run = (torch.rand(batch, exemplars, generator=gen) < leave).cumsum(1).clamp(max=exemplars - 1)
    clump_of_run = torch.randint(3, (batch, exemplars), generator=gen)
    clump = clump_of_run.gather(1, run)
    return centres.gather(1, clump[:, :, None].expand(-1, -1, dim)) + spread * noise


def _swept(x: Tensor, gen: torch.Generator) -> Tensor:
    """The first m inputs in order of their first coordinate, m and direction random."""
    batch, exemplars, dim = x.shape
    index = torch.arange(exemplars)
    until = torch.randint(exemplars + 1, (batch, 1), generator=gen)
    direction = torch.randint(2, (batch, 1), generator=gen) * 2 - 1
    key = torch.where(index < until, (direction * x[:, :, 0]).clamp(-1e3, 1e3), 1e4 + index)
    return x.gather(1, key.argsort(1)[:, :, None].expand(-1, -1, dim))
