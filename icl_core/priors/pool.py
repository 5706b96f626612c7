"""A pool of M linear tasks: what a network can learn by heart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from icl_core.predictors.base import LinearPredictor
from icl_core.predictors.bayes import Bayes, PoolBayes
from icl_core.priors.base import Cell, Prior
from icl_core.priors.inputs import drawn_inputs
from icl_core.priors.linear import noisy_answers
from icl_core.prompts import LinearTask, SampledPrompt, generator

STORED = Path(__file__).resolve().parent.parent / "data" / "pools.safetensors"
"""Pools that a seed of ours cannot draw again: those of networks trained elsewhere."""
BLOCK = 1024
"""Tasks drawn at once, so that a small pool is the beginning of every larger one."""
MOST = 2**15
"""Tasks of the largest pool: recipes come from strangers, too."""


@lru_cache(maxsize=16)
def drawn_pool(seed: int, tasks: int, dim: int) -> Tensor:
    """The first ``tasks`` of the tasks that a seed draws: (M, dim), N(0, I), on the CPU."""
    blocks = [
        torch.randn(BLOCK, dim, generator=generator(seed, block), device="cpu")
        for block in range(-(-tasks // BLOCK))
    ]
    return torch.cat(blocks)[:tasks].clone()


@lru_cache(maxsize=16)
def stored_pool(name: str) -> Tensor:
    """A pool that comes with the package, (M, d); ValueError where there is none of this name."""
    try:
        with safe_open(STORED, "pt") as file:
            known = list(file.keys())
            if name in known:
                return file.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{STORED.name} cannot be read ({error}).") from None
    raise ValueError(f"There is no stored pool {name!r}. Known: {', '.join(sorted(known))}.")


@lru_cache(maxsize=16)
def pool_bayes(law: PoolPrior) -> PoolBayes:
    """Bayes of a law that has a pool, one for all who ask."""
    assert law.pool is not None
    return PoolBayes(law.pool, law.sigma)


@dataclass(frozen=True)
class PoolPrior(Prior):
    """M linear tasks, drawn once; every prompt is of one of them (Raventós et al. 2023, §2).

    The M tasks are w ~ N(0, I), drawn from ``seed``: the smaller of two pools of
    one seed is the beginning of the larger. ``stored`` names a pool that comes with
    the package instead. Without ``tasks`` every prompt has a task of its own.
    ``inputs`` is "plain" or "drawn", ``intercept`` makes the last feature the constant
    1, as in `FlagshipPrior`. sigma is known.
    """

    dim: int
    tasks: int | None = None
    sigma: float = 0.5
    inputs: str = "plain"
    intercept: bool = False
    seed: int = 0
    stored: str | None = None

    def __post_init__(self) -> None:
        if self.dim not in range(1, 65):
            raise ValueError(f"dim must be a whole number from 1 to 64, not {self.dim!r}.")
        if self.tasks is not None and self.tasks not in range(1, MOST + 1):
            raise ValueError(f"tasks must be a whole number from 1 to {MOST}, not {self.tasks!r}.")
        if not (math.isfinite(self.sigma) and self.sigma >= 0):
            raise ValueError(f"sigma must be finite and not negative, not {self.sigma!r}.")
        if self.inputs not in ("drawn", "plain"):
            raise ValueError(f'inputs must be "drawn" or "plain", not {self.inputs!r}.')
        if self.intercept and self.dim < 2:
            raise ValueError("A constant takes the last of at least 2 features.")
        if self.stored is not None:
            tasks, dim = stored_pool(self.stored).shape
            if (tasks, dim) != (self.tasks, self.dim):
                raise ValueError(f"The pool {self.stored!r} holds {tasks} tasks of d = {dim}.")

    @property
    def pool(self) -> Tensor | None:
        """See `Prior.pool`."""
        if self.tasks is None:
            return None
        if self.stored is not None:
            return stored_pool(self.stored)
        return drawn_pool(self.seed, self.tasks, self.dim)

    @property
    def features(self) -> int:
        """Length of each x."""
        return self.dim

    @property
    def cells(self) -> tuple[Cell, ...]:
        """See `Prior.cells`."""
        return (Cell(self.dim, self.intercept),)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See `Prior.sigmas`."""
        return (self.sigma,)

    def describe(self) -> str:
        """See `Prior.describe`."""
        if self.tasks is None:
            which = "linear tasks, each drawn anew,"
        else:
            which = "one linear task" if self.tasks == 1 else f"one of {self.tasks:,} linear tasks"
        constant = " (the last the constant 1)" if self.intercept else ""
        x = "x as people draw it" if self.inputs == "drawn" else "x ~ N(0, I)"
        return f"{which} of {self.dim} features{constant}, {x}, noise σ = {self.sigma:g}"

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        task = LinearTask(self._weights(batch, gen))
        sigma = torch.full((batch,), float(self.sigma), device=gen.device)
        clean, y = noisy_answers(x, task, sigma, gen)
        dims = torch.full((batch,), self.dim, device=gen.device)
        return SampledPrompt(x, y, task, sigma, clean, dims)

    def _weights(self, batch: int, gen: torch.Generator) -> Tensor:
        if self.pool is None:
            return torch.randn(batch, self.dim, generator=gen, device=gen.device)
        which = torch.randint(len(self.pool), (batch,), generator=gen, device=gen.device)
        return self.pool.to(gen.device)[which]

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        if self.inputs == "drawn":
            x = drawn_inputs(batch, count, self.dim, gen)
        else:
            x = torch.randn(batch, count, self.dim, generator=gen, device=gen.device)
        if self.intercept:
            x[..., -1] = 1.0
        return x

    def bayes(self) -> LinearPredictor:
        """The mean of the pool's tasks, each as likely as the prompt makes it; else ridge."""
        return Bayes(self.sigmas) if self.pool is None else pool_bayes(self)

    def with_plain_inputs(self) -> PoolPrior:
        """See `Prior.with_plain_inputs`."""
        return replace(self, inputs="plain")

    def with_free_weights(self) -> PoolPrior:
        """See `Prior.with_free_weights`."""
        return replace(self, tasks=None, stored=None)
