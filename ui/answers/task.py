"""From the screen to a prompt: the exemplars, and the truth behind them when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from icl_core.evaluation import with_constant
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import Prompt, generator
from ui.visitor.screen import MAX_POINTS, Screen


@dataclass(frozen=True)
class Task:
    """One prompt of the page: x (1, k, d), y (1, k); w (d,) and clean (1, k) when known."""

    x: Tensor
    y: Tensor
    w: Tensor | None
    clean: Tensor | None


def prior_of(screen: Screen) -> FlagshipPrior:
    """The cell of the flagship prior that the visitor samples from."""
    return FlagshipPrior(
        dim=screen.d, intercept=screen.has_intercept, sigma=screen.sigma, inputs="plain"
    )


@lru_cache(maxsize=256)
def _sampled(d: int, intercept: bool, seed: int) -> Prompt:
    """A task with unit noise, so that noise and k can change while the task stays."""
    prior = FlagshipPrior(dim=d, intercept=intercept, sigma=1.0, inputs="plain")
    return prior.sample(1, MAX_POINTS, generator(seed))


def make_task(screen: Screen) -> Task:
    """The exemplars on screen: drawn, re-drawn around a line, or sampled."""
    if screen.is_drawn and screen.points is not None:
        points = torch.tensor(screen.points, dtype=torch.float32).reshape(-1, 2)
        return Task(features(screen, points[:, 0])[None], points[None, :, 1], None, None)
    prompt = _sampled(screen.d, screen.has_intercept, screen.seed)
    assert prompt.clean is not None
    assert prompt.w is not None
    noise = prompt.y - prompt.clean
    x, w = prompt.x[:, :, : screen.d], prompt.w[0, : screen.d]
    if screen.is_plane and screen.line is not None:
        w = torch.tensor(screen.line)[: screen.d]
    clean = (x @ w)[:, : screen.k]
    y = clean + screen.sigma * noise[:, : screen.k]
    return Task(x[:, : screen.k], y, w, clean)


def features(screen: Screen, abscissae: Tensor) -> Tensor:
    """Abscissae (k,) of the plane as the task's features (k, d)."""
    return with_constant(abscissae) if screen.has_intercept else abscissae[:, None]
