"""Who answers on the pad, what the points are sampled from, and rows of the stored table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.added_layers import ALONE as ON_X
from icl_core.added_layers import EXEMPLARS, ON, Run, load_run, stored_runs
from icl_core.arrays import ArrayLike, PromptLimits
from icl_core.models.base import InContextModel
from icl_core.models.trunk import trunk
from icl_core.predictors.bayes import KnownWeights
from icl_core.predictors.features import OnFeatures
from icl_core.priors import TrunkPrior
from icl_core.prompts import TaskTruth, generator
from icl_core.studies.two_layers import readout
from icl_core.training.trainer import initial_model
from ui.answers.task import Task, even_abscissae, make_task
from ui.two_layers.settings import ALONE, BAYES, TwoLayers
from ui.visitor.methods import NETWORK, Method, style_of
from ui.visitor.screen import MAX_POINTS, Screen

UNTRAINED = "before any training"
SEED, TWO = 0, 2
"""The runs on the pad are those of the first seed; beside them stand two layers on x."""


@dataclass(frozen=True)
class WithoutLayers:
    """A trunk and a linear readout: an `InContextModel` that looks at no example."""

    rule: OnFeatures

    @property
    def limits(self) -> PromptLimits:
        """See `InContextModel.limits`."""
        return PromptLimits(1, EXEMPLARS)

    @property
    def device(self) -> torch.device:
        """See `InContextModel.device`."""
        return torch.device("cpu")

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict`."""
        return self.rule.predict(x, y, queries)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict_next`."""
        return self.rule.predict_next(x, y)


class Answering(NamedTuple):
    """A network, and the state of its weights in words."""

    model: InContextModel
    weights: str


@lru_cache(maxsize=16)
def network_of(name: str, layers: int) -> Answering:
    """A trunk with so many added layers; untrained ones where none come along.

    CheckpointError where the trunk is missing, or all weights.
    """
    if not layers:
        blind = KnownWeights(tuple(readout(TrunkPrior(name)).tolist()))
        return Answering(WithoutLayers(OnFeatures(trunk(name), blind)), "all fixed")
    run = Run(name, ON, layers, SEED)
    if run in stored_runs():
        return Answering(load_run(run), "all fixed")
    return Answering(initial_model(run.recipe).eval().requires_grad_(False), UNTRAINED)


def learners(state: TwoLayers) -> tuple[Method, ...]:
    """The methods of the pad, the page's network first."""
    added = "no layer" if not state.layers else f"{state.layers} layer{'s' * (state.layers > 1)}"
    alone = Run(state.trunk, ON_X, TWO, SEED)
    found = (
        Method(
            NETWORK,
            replace(style_of(NETWORK), label=f"Trunk + {added}", says="the trunk stays frozen"),
            make=None,
            kind="network",
        ),
        Method(
            ALONE,
            replace(style_of("gd"), label="2 layers on x", says="the same, without the trunk"),
            make=lambda _, __: load_run(alone),
            kind="network",
        ),
        Method(
            BAYES,
            replace(style_of("bayes"), label="Ridge on Φ", says="exact Bayes, which knows Φ"),
            make=lambda _, law: law.bayes(),
        ),
    )
    return tuple(one for one in found if one.id != ALONE or alone in stored_runs())


def sampled_task(screen: Screen, law: TrunkPrior) -> Task:
    """The exemplars on screen: the visitor's points, or a curve of the law, sampled."""
    if screen.is_drawn:
        return make_task(screen)
    x, truth, noise = _sampled(screen.seed, law)
    y = truth.answer(x) + screen.sigma * noise
    return Task(x[:, : screen.k], y[:, : screen.k], truth)


@lru_cache(maxsize=256)
def _sampled(seed: int, law: TrunkPrior) -> tuple[Tensor, TaskTruth, Tensor]:
    """x (1, k, 1), the truth, and noise of unit size (1, k): k and sigma can change."""
    gen = generator(seed)
    x = even_abscissae(gen)
    noise = torch.randn(1, MAX_POINTS, generator=gen)
    return x, law.sample(1, 1, gen).task, noise
