"""What the chosen network answers under the chosen shift, and the stored figures."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core import load_prior
from icl_core.metrics import Interval, bootstrap_mean, bootstrap_ratio
from icl_core.priors import ShiftedPrior
from icl_core.priors.shifted import CLOSEST
from icl_core.priors.switches import SWITCHES
from icl_core.prompts import generator
from icl_core.studies.profiles import Table
from icl_core.studies.shift import (
    LEARNERS,
    Answered,
    answered,
    base_law,
    exemplars_of,
)
from ui.work.bounded_cache import BoundedCache
from ui.work.compute_thread import on_compute_thread

AVERAGED, AT_ONCE, SEED = 512, 64, 1_000_000
"""Prompts of the average, how many of them are answered in one go, and their seed."""
_averages: BoundedCache[tuple[str, ShiftedPrior, int], dict[str, Tensor]] = BoundedCache(256)


class OnePrompt(NamedTuple):
    """One prompt: what each learner answers to its last pair, the truth, and its inputs.

    x: (k + 1, d) as shifted, the question last; plain: the same at home; y: (k,).
    """

    told: dict[str, float]
    truth: float
    x: Tensor
    plain: Tensor
    y: Tensor


class Average(NamedTuple):
    """`AVERAGED` prompts: mean squared errors by learner, and whose fault they are.

    network: its error over that of Bayes under its training law, None where that Bayes makes
    none; upbringing: the latter over Bayes under the law that holds, None where that one makes
    no error; known: whether somebody knows the latter.
    """

    errors: dict[str, Interval]
    network: Interval | None
    upbringing: Interval | None
    known: bool = True


@lru_cache(maxsize=64)
def plain_law(network: str) -> ShiftedPrior:
    """What is shifted for a network. CheckpointError where it is missing."""
    return base_law(load_prior(network))


def exemplars(law: ShiftedPrior) -> int:
    """How many examples a prompt has."""
    return exemplars_of(law.inputs, law.dim)


@on_compute_thread
def one_prompt(network: str, law: ShiftedPrior, seed: int) -> OnePrompt:
    """The prompt of a seed, answered by all."""
    k, plain = exemplars(law), ShiftedPrior(law.dim, law.sigma)
    found = _answer(network, law, seed, 1)
    # `answered` draws the same from the same seed.
    prompt, home = (part.sample(1, k + 1, generator(seed, law.dim)) for part in (law, plain))
    told = {who: float(answer[0]) for who, answer in found.told.items()}
    return OnePrompt(told, float(found.clean[0]), prompt.x[0], home.x[0], prompt.y[0, :-1])


def average(network: str, law: ShiftedPrior) -> Average:
    """The errors on prompts of fixed seeds, the same at every strength of every switch."""
    key = (network, law, exemplars(law))
    errors = _averages.get(key)
    if errors is None:
        parts = [
            _answer(network, law, SEED + i, AT_ONCE).errors() for i in range(AVERAGED // AT_ONCE)
        ]
        errors = {who: torch.cat([part[who] for part in parts]) for who in LEARNERS}
        _averages.put(key, errors)
    known = law.bayes().name != CLOSEST
    return Average(
        {who: _mean(values) for who, values in errors.items()},
        _ratio(errors["network"], errors["trained"]),
        _ratio(errors["trained"], errors["shifted"]) if known else None,
        known,
    )


NO_ERROR = 1e-8
"""Below this a mean squared error is rounding: without noise Bayes makes none."""


def _ratio(over: Tensor, under: Tensor) -> Interval | None:
    if float(under.mean()) < NO_ERROR:
        return None
    return bootstrap_ratio(over, under, seed=SEED)


@on_compute_thread
def _answer(network: str, law: ShiftedPrior, seed: int, prompts: int) -> Answered:
    return answered(law, network, exemplars(law), prompts, seed)


def _mean(values: Tensor) -> Interval:
    return Interval(*(float(bound) for bound in bootstrap_mean(values, seed=SEED)))


# --- the stored study ---------------------------------------------------------------------------


def member(table: Table, upbringing: str) -> Table:
    """The row of one upbringing."""
    return next(row for row in table["members"] if row["label"] == upbringing)


def steps_from_home(switch: str) -> list[int]:
    """Where each strength of a switch stands on the map: at home 0, outward 1, 2, and so on."""
    known = SWITCHES[switch]
    home = known.strengths.index(known.home)
    return [place - home for place in range(len(known.strengths))]


def reached(row: Table, switch: str) -> list[float | None]:
    """The strength at which the excess has doubled, with its interval; None where it never has."""
    return row["switches"][switch]["doubles"]


def logged(value: float) -> float:
    """The colour of a figure: powers of ten."""
    return math.log10(max(value, 0.1))
