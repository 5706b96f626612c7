"""Distances between predictors, and their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from icl_core import predictors
from icl_core.metrics import (
    ImplicitWeights,
    Interval,
    bootstrap_mean,
    bootstrap_ratio,
    bootstrap_ratios,
    bootstrap_runs,
    excess_over_bayes,
    ilwd,
    implicit_weights,
    is_heavy,
    resampled_least,
    spd,
    squared_error,
)
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import generator


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- SPD -------------------------------------------------------------------


def test_squared_error_is_entry_by_entry() -> None:
    error = squared_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[4.0, 0.0]]))
    assert error.tolist() == [[9.0, 4.0]]


def test_squared_error_does_not_broadcast() -> None:
    with pytest.raises(ValueError, match=r"Shapes differ: \(2, 3\) and \(3,\)"):
        squared_error(torch.zeros(2, 3), torch.zeros(3))


def test_spd_is_the_mean_over_queries() -> None:
    distance = spd(torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[1.0, 4.0], [3.0, 1.0]]))
    assert distance.tolist() == [2.0, 5.0]


def test_spd_is_symmetric_and_zero_only_between_equals() -> None:
    a, b = normal(5, 4), normal(5, 4, seed=1)
    assert torch.equal(spd(a, b), spd(b, a))
    assert (spd(a, a) == 0).all()
    assert (spd(a, b) > 0).all()


# --- implicit weights ------------------------------------------------------


@pytest.mark.parametrize("count", [3, 20])
def test_implicit_weights_of_a_linear_predictor_are_its_weights(count: int) -> None:
    queries, w = normal(6, count, 3).double(), normal(6, 3, seed=1).double()
    fitted = implicit_weights(queries, torch.einsum("bqd,bd->bq", queries, w))
    torch.testing.assert_close(fitted.w, w)
    torch.testing.assert_close(fitted.r2, torch.ones(6).double())


def test_implicit_weights_are_those_of_least_squares() -> None:
    queries, predicted = normal(4, 12, 3), normal(4, 12, seed=1)
    expected = [
        np.linalg.lstsq(q.double().numpy(), p.double().numpy(), rcond=None)[0]
        for q, p in zip(queries, predicted, strict=True)
    ]
    np.testing.assert_allclose(implicit_weights(queries, predicted).w, expected, atol=1e-10)


def test_unused_slots_get_no_implicit_weight() -> None:
    queries, w = normal(2, 12, 3), normal(2, 3, seed=1)
    padded = torch.nn.functional.pad(queries, (0, 2))
    fitted = implicit_weights(padded, torch.einsum("bqd,bd->bq", queries, w))
    torch.testing.assert_close(fitted.w[:, :3], w.double(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(fitted.w[:, 3:], torch.zeros(2, 2).double(), atol=1e-12, rtol=0)


def test_r2_is_lower_for_a_predictor_that_is_not_linear() -> None:
    queries = normal(5, 50, 2)
    linear = queries[..., 0]
    bent = implicit_weights(queries, linear + queries[..., 1].square()).r2
    assert (bent < 0.9).all()
    assert (bent > 0).all()
    assert (implicit_weights(queries, linear).r2 > bent).all()


def test_r2_is_the_share_of_energy_about_zero() -> None:
    """Queries ±1, predictions 3 and 1: slope 1, left over 2² + 2² of 3² + 1²."""
    fitted = implicit_weights(torch.tensor([[[1.0], [-1.0]]]), torch.tensor([[3.0, 1.0]]))
    assert fitted.w.item() == pytest.approx(1.0)
    assert fitted.r2.item() == pytest.approx(1 - 8 / 10)


def test_a_predictor_that_always_says_zero_is_linear() -> None:
    fitted = implicit_weights(normal(2, 6, 3), torch.zeros(2, 6))
    assert (fitted.w == 0).all()
    assert (fitted.r2 == 1).all()


def test_implicit_weights_need_one_prediction_for_each_query() -> None:
    with pytest.raises(ValueError, match=r"predicted must have shape \(2, 6\), not \(2, 5\)"):
        implicit_weights(normal(2, 6, 3), normal(2, 5))


def test_implicit_weights_need_as_many_queries_as_features() -> None:
    with pytest.raises(ValueError, match="queries"):
        implicit_weights(normal(2, 2, 5), normal(2, 2))


def test_ilwd_is_the_squared_distance_of_weights() -> None:
    r2 = torch.ones(2)
    first = ImplicitWeights(torch.tensor([[1.0, 2.0], [0.0, 1.0]]), r2)
    second = ImplicitWeights(torch.tensor([[1.0, 0.0], [3.0, 5.0]]), r2)
    assert ilwd(first, second).tolist() == [4.0, 25.0]


def test_ilwd_of_two_linear_rules_is_the_distance_of_their_weights() -> None:
    prompt = FlagshipPrior(max_dim=3).sample(6, 8, generator(1))
    queries = normal(6, 15, 3)
    rules = (predictors.ols(), predictors.ridge(0.5))
    fitted = [
        implicit_weights(queries, rule.predict(prompt.x, prompt.y, queries)) for rule in rules
    ]
    ols, ridge = (rule.weights(prompt.x, prompt.y)[:, -1].double() for rule in rules)
    torch.testing.assert_close(ilwd(*fitted), (ols - ridge).square().sum(1), atol=1e-5, rtol=1e-4)


# --- excess over Bayes -----------------------------------------------------


def test_the_excess_of_bayes_itself_is_one() -> None:
    bayes, clean = normal(9, 5), normal(9, 5, seed=1)
    assert excess_over_bayes(bayes, bayes, clean) == 1.0


def test_the_excess_of_a_shifted_bayes_is_known() -> None:
    """A gap of ½ everywhere over a floor of 1 everywhere: 1 + ¼."""
    bayes = torch.zeros(3, 4)
    assert excess_over_bayes(bayes + 0.5, bayes, bayes + 1) == pytest.approx(1.25)


def test_where_bayes_makes_no_error_the_excess_is_infinite_and_rounding_is_no_error() -> None:
    clean = torch.randn(4, 6, generator=generator(0))
    for bayes in (clean, clean * (1 + 1e-6)):
        assert excess_over_bayes(clean + 0.1, bayes, clean) == math.inf
    assert excess_over_bayes(clean + 0.1, clean + 1e-3, clean) == pytest.approx(9802, rel=1e-3)


def test_the_excess_leaves_out_the_answer_before_the_first_pair() -> None:
    bayes, clean = normal(9, 5), normal(9, 5, seed=1)
    model = bayes.clone()
    model[:, 0] += 100
    assert excess_over_bayes(model, bayes, clean) == 1.0


def test_the_excess_is_the_ratio_of_errors_where_bayes_is_bayes() -> None:
    prior = FlagshipPrior(max_dim=3)
    prompt = prior.sample(4000, 10, generator(5))
    bayes = predictors.bayes(prior).predict_next(prompt.x, prompt.y)
    other = predictors.ridge(1.0).predict_next(prompt.x, prompt.y)
    error = [squared_error(p, prompt.clean)[:, 1:].mean() for p in (other, bayes)]
    excess = excess_over_bayes(other, bayes, prompt.clean)
    assert excess > 1.05
    assert excess == pytest.approx(float(error[0] / error[1]), rel=0.05)


# --- the bootstrap ---------------------------------------------------------


def test_a_bootstrap_ratio_is_the_ratio_of_means() -> None:
    interval = bootstrap_ratio(torch.tensor([1.0, 2.0, 6.0]), torch.tensor([1.0, 1.0, 4.0]), seed=0)
    assert interval.value == pytest.approx(1.5)
    assert interval.low <= interval.value <= interval.high


def test_a_ratio_that_is_the_same_in_every_prompt_has_no_spread() -> None:
    """It is resampled as pairs: the spread of the denominator cancels."""
    bottom = normal(40).exp()
    interval = bootstrap_ratio(3 * bottom, bottom, seed=0)
    assert interval == pytest.approx((3.0, 3.0, 3.0))


def test_the_same_seed_gives_the_same_interval() -> None:
    values = normal(30).exp()
    first, second, other = (bootstrap_ratio(values, values**2, seed=s) for s in (1, 1, 2))
    assert first == second
    assert first.value == other.value
    assert (first.low, first.high) != (other.low, other.high)


def test_a_higher_level_gives_a_wider_interval() -> None:
    values = normal(50).exp()
    narrow, wide = (
        bootstrap_ratio(values, torch.ones(50), seed=1, level=level) for level in (0.5, 0.99)
    )
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_of_a_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    """Numerator 2·b + noise over denominator b: the truth is 2."""
    rng = np.random.default_rng(3)
    hits = 0
    for seed in range(300):
        bottom = rng.exponential(size=60)
        top = torch.tensor(2 * bottom + rng.normal(size=60))
        interval = bootstrap_ratio(top, torch.tensor(bottom), seed=seed, draws=200)
        hits += interval.low <= 2.0 <= interval.high
    assert 0.89 < hits / 300 < 0.99


def test_the_interval_of_a_mean_covers_the_truth_about_as_often_as_it_says() -> None:
    """500 columns are 500 studies of 60 prompts each; the truth is 1."""
    values = torch.tensor(np.random.default_rng(4).exponential(size=(60, 500)))
    _, low, high = bootstrap_mean(values, seed=0, draws=500, level=0.9)
    covered = ((low <= 1) & (high >= 1)).double().mean()
    assert 0.83 < covered < 0.95


def test_a_bootstrap_mean_keeps_the_other_axes() -> None:
    values = normal(20, 3, 4)
    mean, low, high = bootstrap_mean(values, seed=0)
    torch.testing.assert_close(mean, values.double().mean(0))
    assert low.shape == high.shape == (3, 4)
    assert (low <= mean).all()
    assert (mean <= high).all()


def test_a_bootstrap_mean_of_a_vector_is_a_number() -> None:
    mean, low, high = bootstrap_mean(normal(20), seed=0)
    assert mean.shape == low.shape == high.shape == ()
    assert low < mean < high


def test_many_ratios_are_each_the_single_one() -> None:
    tops, bottom = normal(20, 2, 3).exp(), normal(20, seed=1).exp()
    value, low, high = bootstrap_ratios(tops, bottom[:, None, None], seed=4)
    for i in range(2):
        for j in range(3):
            alone = bootstrap_ratio(tops[:, i, j], bottom, seed=4)
            assert (value[i, j], low[i, j], high[i, j]) == pytest.approx(alone)


def test_many_ratios_need_the_same_prompts() -> None:
    with pytest.raises(ValueError, match="the same prompts"):
        bootstrap_ratios(torch.ones(3, 2), torch.ones(4, 1), seed=0)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap_ratios(torch.ones(0, 2), torch.ones(0, 1), seed=0)


@pytest.mark.parametrize(("top", "bottom"), [((0,), (0,)), ((3,), (2,)), ((3, 2), (3, 2))])
def test_a_bootstrap_ratio_refuses(top: tuple[int, ...], bottom: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="two non-empty vectors of one length"):
        bootstrap_ratio(torch.ones(top), torch.ones(bottom), seed=0)


@pytest.mark.parametrize("shape", [(0,), (0, 4)])
def test_a_bootstrap_mean_refuses_no_prompts(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one prompt"):
        bootstrap_mean(torch.zeros(shape), seed=0)


# --- both kinds of array ----------------------------------------------------

BOTH_KINDS: dict[str, Callable[..., Any]] = {
    "squared_error": squared_error,
    "spd": spd,
    "implicit_weights": lambda a, b: implicit_weights(a[..., None], b),
    "ilwd": lambda a, b: ilwd(implicit_weights(a[..., None], b), implicit_weights(b[..., None], a)),
    "excess_over_bayes": lambda a, b: excess_over_bayes(a, b, a + b),
    "bootstrap_ratio": lambda a, b: bootstrap_ratio(a[:, 0], b[:, 0], seed=0),
    "bootstrap_ratios": lambda a, b: bootstrap_ratios(a, b, seed=0),
    "bootstrap_mean": lambda a, b: bootstrap_mean(a, seed=0),
    "bootstrap_runs": lambda a, b: bootstrap_runs(a, b, seed=0),
}


@pytest.mark.parametrize("name", list(BOTH_KINDS))
def test_numpy_gets_the_numbers_that_torch_gets_in_its_own_kind(name: str) -> None:
    measure = BOTH_KINDS[name]
    a, b = normal(4, 5).exp(), normal(4, 5, seed=1).exp()
    with_torch, with_numpy = measure(a, b), measure(a.numpy(), b.numpy())
    if isinstance(with_torch, float | Interval):
        assert with_numpy == with_torch
        return
    if isinstance(with_torch, torch.Tensor):
        with_torch, with_numpy = (with_torch,), (with_numpy,)
    for one, other in zip(with_torch, with_numpy, strict=True):
        assert isinstance(one, torch.Tensor)
        assert isinstance(other, np.ndarray)
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-6)


@pytest.mark.parametrize("name", list(BOTH_KINDS))
def test_masked_arrays_are_refused(name: str) -> None:
    values = np.ma.masked_greater(normal(4, 5).double().numpy(), 0)
    with pytest.raises(ValueError, match="is a masked array: fill in or leave out"):
        BOTH_KINDS[name](values, values)


# --- what intervals hold ------------------------------------------------------------------


def covered(draw: Callable[[int], Tensor], truth: float, times: int = 100) -> float:
    """How often a 95 % interval of `bootstrap_runs` holds the true mean."""
    held = 0
    for seed in range(times):
        _, low, high = bootstrap_runs(draw(seed), seed=seed, draws=200)
        held += float(low) <= truth <= float(high)
    return held / times


def lognormal(seed: int, spread: float) -> Tensor:
    return (spread * torch.randn(1, 500, generator=generator(seed)).double()).exp()


def pareto(seed: int) -> Tensor:
    return torch.rand(1, 500, generator=generator(seed)).double().clamp(min=1e-12) ** (-1 / 1.1)


def test_an_interval_over_prompts_holds_the_mean_unless_few_prompts_carry_it() -> None:
    assert covered(lambda seed: lognormal(seed, 1.0), math.exp(0.5)) >= 0.88
    assert covered(pareto, 11.0) <= 0.7  # of a Pareto law of index 1.1 the mean is 1.1/0.1
    flagged = [
        sum(is_heavy(draw(seed)) for seed in range(50)) / 50
        for draw in (lambda seed: lognormal(seed, 1.0), pareto)
    ]
    assert flagged[0] == 0
    assert flagged[1] > 0.8


def test_three_runs_hold_the_mean_of_all_runs_about_four_times_in_five() -> None:
    def three(seed: int) -> Tensor:
        gen = generator(seed)
        return torch.randn(3, 1, generator=gen).double() + torch.randn(3, 400, generator=gen)

    assert 0.65 <= covered(three, 0.0) <= 0.87  # said on the page: `ui.algorithm.words.INTERVALS`


def test_the_least_column_is_found_with_its_neighbours_where_they_are_close() -> None:
    gen = generator(3)
    noise = torch.randn(400, 5, generator=gen).double()
    clear = noise + torch.tensor([9.0, 4.0, 0.0, 4.0, 9.0])
    assert resampled_least(clear, seed=1) == (2, 2, 2)
    best, low, high = resampled_least(noise + torch.tensor([9.0, 0.0, 0.0, 0.0, 9.0]), seed=1)
    assert 1 <= low <= best <= high <= 3
    assert low < high
