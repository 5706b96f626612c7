"""How far apart two predictors are, and how sure we are of it.

NumPy or torch in, the same kind out. ValueError for masked arrays, and for what
is not an array of real numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Generic, NamedTuple

import numpy as np
import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_tensor, like_input


def squared_error(predicted: ArrayLike, target: ArrayLike) -> ArrayLike:
    """(predicted − target)², entry by entry; shapes must agree."""
    a, b = as_tensor(predicted, "predicted"), as_tensor(target, "target")
    if a.shape != b.shape:
        raise ValueError(f"Shapes differ: {tuple(a.shape)} and {tuple(b.shape)}.")
    return like_input((a - b).square(), predicted)


def spd(first: ArrayLike, second: ArrayLike) -> ArrayLike:
    """Squared prediction difference, averaged over queries: (B, q), (B, q) -> (B,).

    The mean over prompts is SPD as Akyürek et al. (2023, §4.1) define it.
    """
    return squared_error(first, second).mean(-1)


class ImplicitWeights(NamedTuple, Generic[ArrayLike]):
    """A predictor seen as a linear one.

    w: (B, d) least-squares weights over the queries; r2: (B,) how much of the
    predictions' variation those weights explain (1 for a linear predictor).
    """

    w: ArrayLike
    r2: ArrayLike


def implicit_weights(queries: ArrayLike, predicted: ArrayLike) -> ImplicitWeights[ArrayLike]:
    """Fit ŵ = argmin_w Σ (prediction − wᵀx)² over the queries (Akyürek et al., §4.1).

    queries: (B, q, d) with q >= d, predicted: (B, q). R² is taken about zero, as
    the fit has no offset of its own.
    """
    q, p = as_tensor(queries, "queries").double(), as_tensor(predicted, "predicted").double()
    if q.shape[:2] != p.shape:
        raise ValueError(f"predicted must have shape {tuple(q.shape[:2])}, not {tuple(p.shape)}.")
    if q.shape[1] < q.shape[2]:
        raise ValueError(
            f"{q.shape[1]} queries do not fix {q.shape[2]} weights: "
            "give at least as many queries as features."
        )
    w = torch.linalg.lstsq(q, p.unsqueeze(-1), driver="gelsd").solution.squeeze(-1)
    left = (p - torch.einsum("bqd,bd->bq", q, w)).square().sum(-1)
    energy = p.square().sum(-1)
    r2 = torch.where(energy > 0, 1 - left / energy.clamp(min=1e-300), 1.0)
    return ImplicitWeights(like_input(w, predicted), like_input(r2, predicted))


def ilwd(first: ImplicitWeights[ArrayLike], second: ImplicitWeights[ArrayLike]) -> ArrayLike:
    """Squared distance of implicit weights, (B,). Read it beside both R²."""
    return squared_error(first.w, second.w).sum(-1)


NO_ERROR = 1e-10
"""A mean squared error below this share of the answers' energy is rounding (float32 prompts)."""


def is_error(errors: ArrayLike, clean: ArrayLike) -> bool:
    """Whether mean squared errors on the answers ``clean`` are more than rounding."""
    found = as_tensor(errors, "errors").double().mean()
    return bool(found > NO_ERROR * as_tensor(clean, "clean").double().square().mean())


def excess_over_bayes(model: ArrayLike, bayes: ArrayLike, clean: ArrayLike) -> float:
    """1 + E(model − Bayes)² / E(Bayes − clean)² over prompts and k >= 1.

    model, bayes, clean: (B, k) predictions of the next answer and its noiseless
    value. Since Bayes is the conditional mean, this is E(model − clean)² over
    E(Bayes − clean)² without the cross term's sampling noise. Infinite where Bayes
    makes no error, as when w is known: there the gap itself is what to look at.
    """
    told, best = as_tensor(model, "model").double(), as_tensor(bayes, "bayes").double()
    truth = as_tensor(clean, "clean").double()
    gap = squared_error(told, best)[:, 1:].mean()
    floor = squared_error(best, truth)[:, 1:]
    return float(1 + gap / floor.mean()) if is_error(floor, truth[:, 1:]) else math.inf


class Interval(NamedTuple):
    """A statistic with a percentile bootstrap interval."""

    value: float
    low: float
    high: float


Bounds = tuple[ArrayLike, ArrayLike, ArrayLike]
"""A statistic, and the low and the high end of its interval."""


def bootstrap_ratio(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Interval:
    """mean(numerator)/mean(denominator) over prompts, resampled as pairs.

    numerator, denominator: (B,). Efron (1979), percentile interval.
    """
    if numerator.shape != denominator.shape or numerator.ndim != 1 or not len(numerator):
        raise ValueError("bootstrap_ratio needs two non-empty vectors of one length.")
    bounds = bootstrap_ratios(numerator, denominator, seed=seed, draws=draws, level=level)
    return Interval(*(float(bound) for bound in bounds))


def bootstrap_ratios(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Bounds[ArrayLike]:
    """`bootstrap_ratio` for many ratios on the same prompts: value, low, high, each (…).

    numerator, denominator: (B, …), shapes that broadcast; every ratio sees the
    same resampled prompts.
    """
    over, under = _float64(numerator, "numerator"), _float64(denominator, "denominator")
    if not len(over) or len(over) != len(under):
        raise ValueError("bootstrap_ratios needs the same prompts, at least one, in both parts.")
    counts = _counts(len(over), seed, draws)

    def sums(values: Tensor) -> np.ndarray:
        drawn = counts @ values.reshape(len(values), -1).numpy()
        return drawn.reshape(draws, *values.shape[1:])

    return _bounds(over.mean(0) / under.mean(0), sums(over) / sums(under), level, numerator)


def bootstrap_mean(
    values: ArrayLike, *, seed: int, draws: int = 1000, level: float = 0.95
) -> Bounds[ArrayLike]:
    """Mean over prompts with a percentile interval: (B, …) -> three arrays (…)."""
    given = _float64(values, "values")
    if not len(given):
        raise ValueError("bootstrap_mean needs at least one prompt.")
    counts = _counts(len(given), seed, draws)
    drawn = counts @ given.reshape(len(given), -1).numpy() / len(given)
    return _bounds(given.mean(0), drawn, level, values)


def resampled_least(
    values: Tensor, *, seed: int, draws: int = 1000, level: float = 0.95
) -> tuple[int, int, int]:
    """Which column has the least mean over prompts, with a percentile interval.

    values: (B, C), columns in order, as the steps of an algorithm are. Three indices.
    """
    given = _float64(values, "values")
    least = np.sort((_counts(len(given), seed, draws) @ given.numpy()).argmin(1))
    ends = [int(least[round(share * (draws - 1))]) for share in ((1 - level) / 2, (1 + level) / 2)]
    return int(given.mean(0).argmin()), ends[0], ends[1]


def resampled_crossings(
    numerator: Tensor,
    denominator: Tensor,
    at: Sequence[float],
    *,
    times: float = 2.0,
    seed: int,
    draws: int = 1000,
) -> np.ndarray:
    """Where along ``at`` mean(numerator)/mean(denominator) first is ``times`` its first value.

    numerator, denominator: (B, S), a column for each of the S places. (draws + 1,): as
    measured, then for every resampling of the prompts. Between two places the logarithm of
    the ratio is taken as straight. Infinite where it stays below.
    """
    over, under = _float64(numerator, "numerator").numpy(), _float64(denominator, "d").numpy()
    if over.shape != under.shape or over.shape[1:] != (len(at),) or not len(over):
        raise ValueError(f"Both must be (B, {len(at)}), with at least one prompt.")
    counts = np.concatenate([np.ones((1, len(over))), _counts(len(over), seed, draws)])
    rise = np.log((counts @ over) / (counts @ under))
    rise = rise - rise[:, :1] - math.log(times)
    places, found = np.asarray(at, dtype=float), np.full(len(rise), math.inf)
    for left in reversed(range(len(places) - 1)):
        low, high = rise[:, left], rise[:, left + 1]
        crosses = (low < 0) & (high >= 0)
        share = low / np.where(crosses, low - high, -1.0)
        there = places[left] + share * (places[left + 1] - places[left])
        found = np.where(crosses, there, found)
    return found


def percentile_interval(drawn: np.ndarray, level: float = 0.95) -> Interval:
    """A statistic as measured, first of ``drawn``, with the percentiles of the rest.

    Infinite values count as the largest there are.
    """
    rest = np.sort(drawn[1:])
    low, high = (int(share * (len(rest) - 1)) for share in ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(drawn[0]), float(rest[low]), float(rest[high]))


def _float64(values: object, name: str) -> Tensor:
    """On the CPU, where the resampling is."""
    return as_tensor(values, name).detach().double().cpu()


def _counts(prompts: int, seed: int, draws: int) -> np.ndarray:
    """How often each prompt is drawn, (draws, B)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=draws)


def _bounds(value: Tensor, drawn: np.ndarray, level: float, given: ArrayLike) -> Bounds[ArrayLike]:
    """The value (…) and the percentiles of drawn (draws, …), in the kind of what was given."""
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    low, high = (torch.as_tensor(end).reshape(value.shape) for end in ends)
    return like_input(value, given), like_input(low, given), like_input(high, given)


class Gauge(NamedTuple):
    """Where a predictor lies between two others; see `gauge`.

    share: with its interval; apart: E(first − second)², how far those two lie apart;
    off: the share of that by which the predictor lies beside the way between them.
    """

    share: Interval
    apart: float
    off: float

    @property
    def tells(self) -> bool:
        """Whether the predictor lies nearer to the way than the two lie to each other."""
        return self.off < 1


def gauge(model: ArrayLike, learner: ArrayLike, memoriser: ArrayLike, *, seed: int) -> Gauge:
    """How far from a learner (0) to a memoriser (1) a model's answers lie.

    ((d(model, learner) − d(model, memoriser))/d(learner, memoriser) + 1)/2 with d the
    mean squared difference (Wurgaft et al. 2025): where the model mixes the two,
    (1 − t) learner + t memoriser, it is t. All three (B, …), answers to the same
    prompts; the interval is over prompts. ValueError where the two always agree.
    """
    answers = [_float64(part, "answers") for part in (model, learner, memoriser)]
    told, first, second = (part.reshape(len(part), -1) for part in answers)
    to_first, to_second, apart = (
        squared_error(a, b).mean(-1) for a, b in ((told, first), (told, second), (first, second))
    )
    whole = float(apart.mean())
    if not whole > 0:
        raise ValueError("The learner and the memoriser answer the same: there is no between.")
    share = bootstrap_ratio((to_first - to_second + apart) / 2, apart, seed=seed)
    return Gauge(share, whole, float(to_first.mean()) / whole - share.value**2)


HEAVY, LARGEST = 0.2, 0.01
"""A mean is heavy-tailed where the largest hundredth of its values make up a fifth of it."""


def is_heavy(values: ArrayLike) -> bool:
    """Whether few of the values (…) carry their mean, so that its interval means little.

    Of values ≥ 0. Where the mean itself is infinite, as that of the distance to least
    squares near k = d with noise, a percentile interval of 1,000 prompts holds it far
    less often than it says; then the median is what to read.
    """
    given = _float64(values, "values").flatten()
    largest = given.topk(max(1, round(LARGEST * len(given)))).values
    return bool(largest.sum() > HEAVY * given.sum())


@lru_cache(maxsize=4)
def _shares(runs: int, prompts: int, seed: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each run and each prompt is drawn, as shares: (draws, S), (draws, B)."""
    rng = np.random.default_rng(seed)
    of_runs = rng.multinomial(runs, np.full(runs, 1 / runs), size=draws) / runs
    return of_runs, rng.multinomial(prompts, np.full(prompts, 1 / prompts), size=draws) / prompts


def bootstrap_runs(
    values: ArrayLike,
    denominator: ArrayLike | None = None,
    *,
    seed: int,
    draws: int = 1000,
    level: float = 0.95,
) -> Bounds[ArrayLike]:
    """Mean over training runs and prompts, with an interval over both: three arrays (…).

    values: (S, B, …) of S runs on the same B prompts. With ``denominator``, of the
    same shape, the ratio of the two means. Runs and prompts are resampled
    independently; with one run the interval says nothing about other runs.
    """
    given = _float64(values, "values")
    if given.ndim < 2 or not given.shape[0] or not given.shape[1]:
        raise ValueError("bootstrap_runs needs at least one run and one prompt.")
    runs, prompts = given.shape[:2]
    of_runs, of_prompts = _shares(runs, prompts, seed, draws)

    def means(part: Tensor) -> np.ndarray:
        flat = part.reshape(runs, prompts, -1).numpy()
        return np.einsum("ns,snf->nf", of_runs, np.stack([of_prompts @ run for run in flat]))

    drawn, value = means(given), given.mean((0, 1))
    if denominator is not None:
        under = _float64(denominator, "denominator")
        drawn, value = drawn / means(under), value / under.mean((0, 1))
    return _bounds(value, drawn, level, values)
