"""Where the points come from: a family of the law, or a shape that no family has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from icl_core.priors import CurvePrior
from icl_core.priors.curves import FAMILIES
from icl_core.prompts import TaskTruth, generator
from ui.answers.task import Task, even_abscissae, make_task
from ui.visitor.screen import MAX_POINTS, Screen

ANY = "any"
FAMILY_NAMES: Mapping[str, str] = {
    "line": "Line",
    "cubic": "Cubic",
    "rbf-0.4": "Wiggly",
    "rbf-0.8": "Smooth",
    "rbf-1.6": "Gentle",
    "periodic-1.5": "Repeats every 1.5",
    "periodic-3": "Repeats every 3",
}
"""What the families are called on screen."""
assert set(FAMILY_NAMES) == set(FAMILIES)

SHAPES: Mapping[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "sine": ("Sine", lambda x: 2 * torch.sin(1.5 * x)),
    "step": ("Step", lambda x: torch.where(x < 0, -1.5, 1.5)),
    "parabola": ("Parabola", lambda x: 0.6 * x.square() - 2),
    "bump": ("Bump", lambda x: 3 * torch.exp(-2 * x.square()) - 0.5),
    "v": ("V", lambda x: 1.5 * x.abs() - 2),
    "staircase": ("Staircase", lambda x: 1.2 * torch.floor(x) + 0.6),
}
"""Shapes by their names in links: what each is called, and the function."""
SOURCES = {ANY: "Any family", **FAMILY_NAMES, **{name: shape[0] for name, shape in SHAPES.items()}}
"""All that points can be sampled from."""


@dataclass(frozen=True)
class ShapeTask:
    """The one task of a shape."""

    name: str

    def answer(self, x: Tensor) -> Tensor:
        """x: (1, q, 1) -> (1, q)."""
        return SHAPES[self.name][1](x[..., 0])

    def to(self, device: torch.device | str) -> ShapeTask:
        """The same on another device: it holds no tensor."""
        return self

    def __getitem__(self, rows: slice) -> ShapeTask:
        """The same: there is one."""
        return self


def curve_task(screen: Screen, source: str, law: CurvePrior) -> Task:
    """The exemplars on screen: the visitor's points, or a function of a source, sampled."""
    if screen.is_drawn:
        return make_task(screen)
    x, truth, noise = _sampled(source, screen.seed, law)
    y = truth.answer(x) + screen.sigma * noise
    return Task(x[:, : screen.k], y[:, : screen.k], truth)


@lru_cache(maxsize=256)
def _sampled(source: str, seed: int, law: CurvePrior) -> tuple[Tensor, TaskTruth, Tensor]:
    """x (1, k, 1), the truth, and noise of unit size (1, k): k and sigma can change."""
    gen = generator(seed)
    x = even_abscissae(gen)
    noise = torch.randn(1, MAX_POINTS, generator=gen)
    if source in SHAPES:
        return x, ShapeTask(source), noise
    part = law if source == ANY else law.of(source)
    return x, part.sample(1, 1, gen).task, noise
