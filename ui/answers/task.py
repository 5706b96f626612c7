"""From the screen to a prompt: the exemplars, and the truth behind them when there is one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from icl_core.evaluation import with_constant
from icl_core.priors import FlagshipPrior
from icl_core.prompts import LinearTask, SampledPrompt, TaskTruth, generator, linear_weights
from ui.visitor.screen import MAX_POINTS, Screen

TASKS = FlagshipPrior(inputs="plain")
"""The law that a screen's tasks are sampled from: every linear task, on x ~ N(0, I)."""
WIDEST = 2.9
GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Task:
    """One prompt of the page: x (1, k, d), y (1, k), and the truth behind it when it is known.

    clean: (1, k), the true answers at x; like ``truth`` None for points drawn by hand.
    """

    x: Tensor
    y: Tensor
    truth: TaskTruth | None = None

    @property
    def clean(self) -> Tensor | None:
        """(1, k): what y would be without noise."""
        return None if self.truth is None else self.truth.answer(self.x)

    @property
    def weights(self) -> Tensor | None:
        """(d,): the true weights, where the truth is known and linear."""
        known = linear_weights(self.truth)
        return None if known is None else known[0, : self.x.shape[-1]]


def prior_of(screen: Screen) -> FlagshipPrior:
    """The cell of `TASKS` that the visitor samples from."""
    return TASKS.given(screen.d, screen.has_intercept, screen.sigma)


@lru_cache(maxsize=256)
def _sampled(d: int, intercept: bool, seed: int) -> SampledPrompt:
    """A task with unit noise, so that noise and k can change while the task stays."""
    return TASKS.given(d, intercept, sigma=1.0).sample(1, MAX_POINTS, generator(seed))


def make_task(screen: Screen) -> Task:
    """The exemplars on screen: drawn, re-drawn around a line, or sampled."""
    if screen.is_drawn and screen.points is not None:
        points = torch.tensor(screen.points, dtype=torch.float32).reshape(-1, 2)
        return Task(features(screen, points[:, 0])[None], points[None, :, 1])
    prompt = _sampled(screen.d, screen.has_intercept, screen.seed)
    noise = prompt.y - prompt.clean
    x, task = prompt.x[:, :, : screen.d], prompt.task
    if screen.is_plane and screen.line is not None:
        task = LinearTask(torch.tensor(screen.line)[None, : screen.d])
    if not screen.is_plane and screen.weights is not None:
        task = LinearTask(_set(linear_weights(task), screen.weights))
    y = task.answer(x) + screen.sigma * noise
    return Task(x[:, : screen.k], y[:, : screen.k], task)


def _set(sampled: Tensor | None, weights: tuple[float, ...]) -> Tensor:
    """Weights (1, d) of which the first are set, as far as the task has as many."""
    assert sampled is not None  # every task of `TASKS` is linear
    held = torch.tensor(weights)[None, : sampled.shape[-1]]
    return torch.cat([held, sampled[:, held.shape[-1] :]], dim=-1)


def features(screen: Screen, abscissae: Tensor) -> Tensor:
    """Abscissae (k,) of the plane as the task's features (k, d)."""
    return with_constant(abscissae) if screen.has_intercept else abscissae[:, None]


def even_abscissae(gen: torch.Generator) -> Tensor:
    """x of a sampled curve, (1, k, 1), so even that the first k cover the plane, whatever k is."""
    turns = torch.arange(MAX_POINTS) * GOLDEN + torch.rand(1, generator=gen)
    return ((2 * (turns % 1) - 1) * WIDEST)[None, :, None]
