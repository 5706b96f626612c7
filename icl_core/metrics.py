"""How far apart two predictors are, and how sure we are of it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


def squared_error(predicted: Tensor, target: Tensor) -> Tensor:
    """(predicted − target)², entry by entry; shapes must agree."""
    if predicted.shape != target.shape:
        raise ValueError(f"Shapes differ: {tuple(predicted.shape)} and {tuple(target.shape)}.")
    return (predicted - target).square()


def spd(first: Tensor, second: Tensor) -> Tensor:
    """Squared prediction difference, averaged over queries: (B, q), (B, q) -> (B,).

    The mean over prompts is SPD as Akyürek et al. (2023, §4.1) define it.
    """
    return squared_error(first, second).mean(-1)


class ImplicitWeights(NamedTuple):
    """A predictor seen as a linear one.

    w: (B, d) least-squares weights over the queries; r2: (B,) how much of the
    predictions' variation those weights explain (1 for a linear predictor).
    """

    w: Tensor
    r2: Tensor


def implicit_weights(queries: Tensor, predicted: Tensor) -> ImplicitWeights:
    """Fit ŵ = argmin_w Σ (prediction − wᵀx)² over the queries (Akyürek et al., §4.1).

    queries: (B, q, d) with q >= d, predicted: (B, q). R² is taken about zero, as
    the fit has no offset of its own.
    """
    if queries.shape[:2] != predicted.shape:
        raise ValueError(
            f"predicted must have shape {tuple(queries.shape[:2])}, not {tuple(predicted.shape)}."
        )
    q, p = queries.double(), predicted.double()
    if queries.shape[1] < queries.shape[2]:
        raise ValueError(
            f"{queries.shape[1]} queries do not fix {queries.shape[2]} weights: "
            "give at least as many queries as features."
        )
    w = torch.linalg.lstsq(q, p.unsqueeze(-1), driver="gelsd").solution.squeeze(-1)
    left = (p - torch.einsum("bqd,bd->bq", q, w)).square().sum(-1)
    energy = p.square().sum(-1)
    r2 = torch.where(energy > 0, 1 - left / energy.clamp(min=1e-300), 1.0)
    return ImplicitWeights(w, r2)


def ilwd(first: ImplicitWeights, second: ImplicitWeights) -> Tensor:
    """Squared distance of implicit weights, (B,). Read it beside both R²."""
    return (first.w - second.w).square().sum(-1)


NO_ERROR = 1e-10
"""A mean squared error below this share of the answers' energy is rounding (float32 prompts)."""


def is_error(errors: Tensor, clean: Tensor) -> bool:
    """Whether mean squared errors on the answers ``clean`` are more than rounding."""
    return bool(errors.double().mean() > NO_ERROR * clean.double().square().mean())


def excess_over_bayes(model: Tensor, bayes: Tensor, clean: Tensor) -> float:
    """1 + E(model − Bayes)² / E(Bayes − clean)² over prompts and k >= 1.

    model, bayes, clean: (B, k) predictions of the next answer and its noiseless
    value. Since Bayes is the conditional mean, this is E(model − clean)² over
    E(Bayes − clean)² without the cross term's sampling noise. Infinite where Bayes
    makes no error, as when w is known: there the gap itself is what to look at.
    """
    gap = squared_error(model.double(), bayes.double())[:, 1:].mean()
    floor = squared_error(bayes.double(), clean.double())[:, 1:]
    return float(1 + gap / floor.mean()) if is_error(floor, clean[:, 1:]) else math.inf


class Interval(NamedTuple):
    """A statistic with a percentile bootstrap interval."""

    value: float
    low: float
    high: float


def bootstrap_ratio(
    numerator: Tensor, denominator: Tensor, *, seed: int, draws: int = 1000, level: float = 0.95
) -> Interval:
    """mean(numerator)/mean(denominator) over prompts, resampled as pairs.

    numerator, denominator: (B,). Efron (1979), percentile interval.
    """
    if numerator.shape != denominator.shape or numerator.ndim != 1 or not len(numerator):
        raise ValueError("bootstrap_ratio needs two non-empty vectors of one length.")
    bounds = bootstrap_ratios(numerator, denominator, seed=seed, draws=draws, level=level)
    return Interval(*(float(bound) for bound in bounds))


def bootstrap_ratios(
    numerator: Tensor, denominator: Tensor, *, seed: int, draws: int = 1000, level: float = 0.95
) -> tuple[Tensor, Tensor, Tensor]:
    """`bootstrap_ratio` for many ratios on the same prompts: value, low, high, each (…).

    numerator, denominator: (B, …), shapes that broadcast; every ratio sees the
    same resampled prompts.
    """
    if not len(numerator) or len(numerator) != len(denominator):
        raise ValueError("bootstrap_ratios needs the same prompts, at least one, in both parts.")
    shape = torch.broadcast_shapes(numerator.shape[1:], denominator.shape[1:])
    counts = np.random.default_rng(seed).multinomial(
        len(numerator), np.full(len(numerator), 1 / len(numerator)), size=draws
    )

    def sums(values: Tensor, weights: np.ndarray) -> np.ndarray:
        flat = np.asarray(values, float).reshape(len(values), -1)
        return (weights @ flat).reshape(len(weights), *values.shape[1:])

    ratios = sums(numerator, counts) / sums(denominator, counts)
    bounds = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2], axis=0)
    value = numerator.double().mean(0) / denominator.double().mean(0)
    low, high = (torch.from_numpy(np.asarray(bound)).expand(shape) for bound in bounds)
    return value.expand(shape), low, high


def bootstrap_mean(
    values: Tensor, *, seed: int, draws: int = 1000, level: float = 0.95
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean over prompts with a percentile interval: (B, …) -> three tensors (…)."""
    if not len(values):
        raise ValueError("bootstrap_mean needs at least one prompt.")
    flat = np.asarray(values, float).reshape(len(values), -1)
    counts = np.random.default_rng(seed).multinomial(
        len(flat), np.full(len(flat), 1 / len(flat)), size=draws
    )
    means = counts @ flat / len(flat)
    bounds = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    shape = values.shape[1:]
    return (
        values.double().mean(0),
        torch.from_numpy(bounds[0]).reshape(shape),
        torch.from_numpy(bounds[1]).reshape(shape),
    )


@lru_cache(maxsize=4)
def _shares(runs: int, prompts: int, seed: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each run and each prompt is drawn, as shares: (draws, S), (draws, B)."""
    rng = np.random.default_rng(seed)
    of_runs = rng.multinomial(runs, np.full(runs, 1 / runs), size=draws) / runs
    return of_runs, rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=draws) / prompts


def bootstrap_runs(
    values: Tensor,
    denominator: Tensor | None = None,
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean over training runs and prompts, with an interval over both: three tensors (…).

    values: (S, B, …) of S runs on the same B prompts. With ``denominator``, of the
    same shape, the ratio of the two means. Runs and prompts are resampled
    independently; with one run the interval says nothing about other runs.
    """
    if values.ndim < 2 or not values.shape[0] or not values.shape[1]:
        raise ValueError("bootstrap_runs needs at least one run and one prompt.")
    runs, prompts, *rest = values.shape
    of_runs, of_prompts = _shares(runs, prompts, seed, draws)

    def means(part: Tensor) -> np.ndarray:
        flat = np.asarray(part, float).reshape(runs, prompts, -1)
        return np.einsum("ns,snf->nf", of_runs, np.stack([of_prompts @ run for run in flat]))

    drawn, value = means(values), values.double().mean((0, 1))
    if denominator is not None:
        drawn, value = drawn / means(denominator), value / denominator.double().mean((0, 1))
    bounds = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    low, high = (torch.from_numpy(bound.reshape(rest)) for bound in bounds)
    return value, low, high
