"""Errors averaged over fresh tasks like the one on screen, with a band."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from icl_core import load_model, load_prior
from icl_core.metrics import bootstrap_mean, squared_error
from icl_core.prompts import Prompt, SampledPrompt, generator
from ui.answers.task import prior_of
from ui.visitor import methods
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import MAX_POINTS, Screen
from ui.work.bounded_cache import BoundedCache

TASKS, BATCH, SEED = 256, 32, 97


@dataclass(frozen=True)
class Curve:
    """Mean squared error after k = 0…40 exemplars, with its 95 % bootstrap interval."""

    mean: list[float]
    low: list[float]
    high: list[float]


Key = tuple[str, int, bool, float, tuple[Any, ...]]
_curves: BoundedCache[Key, Curve] = BoundedCache(512)


def _used(screen: Screen, name: str) -> dict[str, Any]:
    return methods.method_of(name).resolved(screen.settings, screen.sigma)


def _key(screen: Screen, name: str) -> Key:
    used = tuple(_used(screen, name).values())
    return (name, screen.d, screen.has_intercept, screen.sigma, used)


def settings_key(screen: Screen) -> tuple[Key, ...]:
    """Two screens with the same key have the same averages."""
    return tuple(_key(screen, method) for method in screen.show)


@lru_cache(maxsize=8)
def _fresh(d: int, intercept: bool, sigma: float) -> SampledPrompt:
    screen = Screen(points=None, d=d, intercept=intercept, sigma=sigma)
    prompt = prior_of(screen).sample(TASKS, MAX_POINTS + 1, generator(SEED, d))
    return replace(prompt, x=prompt.x[..., :d])


def _predicted(screen: Screen, name: str, prompt: Prompt) -> Iterator[Tensor]:
    """Next-answer predictions, a batch of tasks at a time."""
    make = methods.method_of(name).make
    asked = make(_used(screen, name), load_prior(SHIPPED)) if make else load_model(SHIPPED)
    for start in range(0, TASKS, BATCH):
        x, y = prompt.x[start : start + BATCH], prompt.y[start : start + BATCH]
        yield asked.predict_next(x, y)


def known_curves(screen: Screen) -> dict[str, Curve] | None:
    """A curve for each method shown, or None when some are still to be computed."""
    found = {method: _curves.get(_key(screen, method)) for method in screen.show}
    complete = {method: curve for method, curve in found.items() if curve is not None}
    return complete if len(complete) == len(found) else None


def compute_curves(screen: Screen, progress: Callable[[float], None]) -> None:
    """Fill in the curves that are missing; ``progress`` is told the share done."""
    missing = [method for method in screen.show if _curves.get(_key(screen, method)) is None]
    prompt = _fresh(screen.d, screen.has_intercept, screen.sigma)
    steps = len(missing) * TASKS // BATCH
    done = 0
    for method in missing:
        parts = []
        for part in _predicted(screen, method, prompt):
            parts.append(part)
            done += 1
            progress(done / steps)
        error = squared_error(torch.cat(parts), prompt.clean).nan_to_num(1e9, 1e9, 1e9)
        mean, low, high = bootstrap_mean(error, seed=SEED)
        curve = Curve(mean.tolist(), low.tolist(), high.tolist())
        _curves.put(_key(screen, method), curve)
