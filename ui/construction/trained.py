"""Trained meets constructed: linear attention trained in the background, then compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from icl_core.constructions import (
    GAUSSIAN,
    UNIFORM,
    Agreement,
    LinearTransformer,
    agreement,
    ahn_preconditioner,
    best_construction,
    best_rate,
    held_out_tasks,
    interpolate,
    merged,
    one_step_loss,
    path,
    train,
)
from ui.work.bounded_cache import BoundedCache

DIM = PAIRS = 10
STEPS = 1000
"""Optimiser steps for each layer, the default of `train`."""

TASKS = 4000
POINTS = 21
Key = tuple[int, int]


@dataclass(frozen=True)
class Meeting:
    """A trained model beside the best construction of the same depth.

    curve: (optimiser step, mean training loss since the one before); path: (t, loss)
    of the mixtures, t = 0 trained, t = 1 constructed; alike: on the same held-out tasks.
    """

    trained: LinearTransformer
    constructed: LinearTransformer
    curve: list[tuple[int, float]]
    alike: Agreement
    path: list[tuple[float, float]]
    seconds: float


_known: BoundedCache[Key, Meeting] = BoundedCache(32)


def known_meeting(depth: int, seed: int) -> Meeting | None:
    """The finished comparison, or None when it is still to be made."""
    return _known.get((depth, seed))


def meet(
    depth: int, seed: int, progress: Callable[[float], None], steps: int | None = None
) -> None:
    """Train ``depth`` layers from ``seed`` and compare; ``progress`` is told the share done."""
    steps = STEPS * depth if steps is None else steps
    begun = time.monotonic()
    done = train(
        depth,
        d=DIM,
        n=PAIRS,
        steps=steps,
        seed=seed,
        report=lambda step, _: progress(0.9 * step / steps),
        report_every=20,
    )
    constructed = best_construction(depth, d=DIM, n=PAIRS)
    progress(0.95)
    tasks = held_out_tasks(PAIRS, DIM, TASKS, seed)
    alike = agreement(done.model, constructed, tasks)
    mixed = path(done.model, constructed, tasks, POINTS)
    seconds = time.monotonic() - begun
    _known.put((depth, seed), Meeting(done.model, constructed, done.curve, alike, mixed, seconds))


def mixture(meeting: Meeting, seed: int, t: float) -> Agreement:
    """The model between the two, compared with the construction on the same tasks."""
    between = interpolate(meeting.trained, meeting.constructed, t)
    return agreement(between, meeting.constructed, held_out_tasks(PAIRS, DIM, TASKS, seed))


def mixed_weights(meeting: Meeting, t: float) -> tuple[Tensor, Tensor]:
    """The first layer's W_KᵀW_Q and n P W_V of the mixture, both (d + 1, d + 1)."""
    first = merged(interpolate(meeting.trained, meeting.constructed, t))[0]
    return first.match, PAIRS * first.write


def trained_rate(meeting: Meeting) -> float:
    """The learning rate η that a trained layer's weights come to: −n times P W_V's last entry."""
    return float(-PAIRS * merged(meeting.trained)[0].write[-1, -1])


# --- in closed form ------------------------------------------------------------------


@dataclass(frozen=True)
class Optimum:
    """Loss of one gradient step for each rate, and its lowest point, in closed form."""

    rates: list[float]
    losses: list[float]
    rate: float
    loss: float


@lru_cache(maxsize=1)
def one_step_optimum() -> Optimum:
    """One step on von Oswald et al.'s law at d = n = 10."""
    rate = best_rate(DIM, PAIRS, UNIFORM)
    rates = [rate * i / 40 for i in range(81)]
    losses = [one_step_loss(eta, DIM, PAIRS, UNIFORM) for eta in rates]
    return Optimum(rates, losses, rate, one_step_loss(rate, DIM, PAIRS, UNIFORM))


def preconditioner_rows(n: int = PAIRS) -> list[dict[str, float]]:
    """Ahn et al.'s best single layer for Gaussian inputs with variances 1, ½, … ⅕.

    One row a direction: its variance, the preconditioner's entry (a learning rate of
    its own), and the entry if all variances were 1, the same in every direction.
    """
    variances = torch.tensor([1 / i for i in range(1, 6)], dtype=torch.float64)
    entries = ahn_preconditioner(torch.diag(variances), n).diagonal()
    plain = best_rate(len(variances), n, GAUSSIAN)
    return [
        {"variance": float(v), "its own rate": float(a), "if all variances were 1": plain}
        for v, a in zip(variances, entries, strict=True)
    ]
