"""The textbook algorithms against independent implementations, and what must hold of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import multivariate_normal
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor

from icl_core import predictors
from icl_core.predictors.base import LinearPredictor, Predictor
from icl_core.predictors.bayes import Bayes
from icl_core.predictors.spectrum import spectrum
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import generator
from tests.support.tolerance import Tolerance

Array = np.ndarray
CLOSE: Tolerance = {"atol": 1e-8, "rtol": 1e-8}
MIXED = FlagshipPrior(max_dim=3)

LINEAR: dict[str, LinearPredictor] = {
    "ols": predictors.ols(),
    "ridge": predictors.ridge(0.3),
    "gd": predictors.gd(7),
    "gd, own rate": predictors.gd(7, lr=0.01),
    "sgd": predictors.sgd(0.03),
    "sgd, decay": predictors.sgd(0.03, decay=0.4),
    "newton": predictors.newton(4),
    "bayes": predictors.bayes(MIXED),
}
EVERY: dict[str, Predictor] = {
    **LINEAR,
    "knn": predictors.knn(3),
    "knn, weighted": predictors.knn(3, weighted=True),
}
every_linear = pytest.mark.parametrize("rule", LINEAR.values(), ids=list(LINEAR))
every_rule = pytest.mark.parametrize("rule", EVERY.values(), ids=list(EVERY))


def sample(
    batch: int = 3, pairs: int = 7, dim: int = 3, seed: int = 0
) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(batch, pairs, dim))
    return x, rng.normal(size=(batch, pairs)), rng.normal(size=(batch, 4, dim))


def mixture(prior: FlagshipPrior) -> Bayes:
    """The law's Bayes where w is free: it has a posterior over sigma."""
    rule = predictors.bayes(prior)
    assert isinstance(rule, Bayes)
    return rule


def each_prefix(rule: Callable[[Array, Array], Array], x: Array, y: Array) -> Array:
    """A rule for one data set, run on every prefix of every prompt: (B, k+1, d)."""
    return np.stack(
        [[rule(x[b, :j], y[b, :j]) for j in range(x.shape[1] + 1)] for b in range(len(x))]
    )


# --- references, one data set at a time: x (k, d), y (k,) -> w (d,) ----------


def reference_ols(x: Array, y: Array) -> Array:
    return np.linalg.lstsq(x, y, rcond=1e-6)[0]


def reference_ridge(lam: float) -> Callable[[Array, Array], Array]:
    def fit(x: Array, y: Array) -> Array:
        if not len(x):
            return np.zeros(x.shape[1])
        return Ridge(alpha=lam, fit_intercept=False, solver="svd").fit(x, y).coef_

    return fit


def reference_gd_path(x: Array, y: Array, steps: int, lr: float) -> Array:
    path = [np.zeros(x.shape[1])]
    for _ in range(steps):
        gradient = 2 * x.T @ (x @ path[-1] - y)
        path.append(path[-1] - lr * gradient)
    return np.stack(path)


def reference_sgd(lr: float, decay: float) -> Callable[[Array, Array], Array]:
    def fit(x: Array, y: Array) -> Array:
        w = np.zeros(x.shape[1])
        for xi, yi in zip(x, y, strict=True):
            w = w - 2 * lr * (xi * (xi @ w - yi) + decay * w)
        return w

    return fit


def reference_newton(steps: int) -> Callable[[Array, Array], Array]:
    def fit(x: Array, y: Array) -> Array:
        s = x.T @ x
        if not s.any():
            return np.zeros(x.shape[1])
        m = s / np.linalg.norm(s @ s.T)
        for _ in range(steps):
            m = 2 * m - m @ s @ m
        return m @ x.T @ y

    return fit


def reference_posterior(x: Array, y: Array, sigmas: tuple[float, ...], tau: float) -> Array:
    logs = [
        multivariate_normal(
            np.zeros(len(x)), tau**2 * x @ x.T + max(sigma, 1e-5) ** 2 * np.eye(len(x))
        ).logpdf(y)
        if len(x)
        else 0.0
        for sigma in sigmas
    ]
    shares = np.exp(np.array(logs) - max(logs))
    return shares / shares.sum()


def reference_bayes(sigmas: tuple[float, ...], tau: float) -> Callable[[Array, Array], Array]:
    def fit(x: Array, y: Array) -> Array:
        posterior = reference_posterior(x, y, sigmas, tau)
        means = [reference_ridge(max(s, 1e-5) ** 2 / tau**2)(x, y) for s in sigmas]
        return posterior @ np.stack(means)

    return fit


# --- against the references ------------------------------------------------


@pytest.mark.parametrize("dim", [1, 3, 8])
def test_ols_is_the_minimum_norm_least_squares_solution(dim: int) -> None:
    x, y, _ = sample(pairs=10, dim=dim)
    np.testing.assert_allclose(
        predictors.ols().weights(x, y), each_prefix(reference_ols, x, y), **CLOSE
    )


def test_ols_is_linear_regression_without_an_intercept() -> None:
    x, y, queries = sample(batch=1, pairs=9)
    fitted = LinearRegression(fit_intercept=False).fit(x[0], y[0])
    np.testing.assert_allclose(
        predictors.ols().predict(x, y, queries)[0], fitted.predict(queries[0]), **CLOSE
    )


@pytest.mark.parametrize("lam", [1e-3, 0.3, 5.0])
@pytest.mark.parametrize("dim", [1, 3, 8])
def test_ridge_is_the_ridge_of_scikit_learn(lam: float, dim: int) -> None:
    x, y, _ = sample(dim=dim)
    np.testing.assert_allclose(
        predictors.ridge(lam).weights(x, y), each_prefix(reference_ridge(lam), x, y), **CLOSE
    )


def test_ridge_without_a_penalty_is_ols() -> None:
    x, y, _ = sample(dim=5)
    np.testing.assert_array_equal(
        predictors.ridge(0.0).weights(x, y), predictors.ols().weights(x, y)
    )


@pytest.mark.parametrize("steps", [0, 1, 2, 9])
def test_gd_is_its_loop(steps: int) -> None:
    x, y, _ = sample()
    loop = each_prefix(lambda a, b: reference_gd_path(a, b, steps, 0.01)[-1], x, y)
    np.testing.assert_allclose(predictors.gd(steps, lr=0.01).weights(x, y), loop, **CLOSE)


def test_gd_may_overshoot_as_its_loop_does() -> None:
    x, y, _ = sample(batch=1)
    lr = 0.8 / float(np.linalg.norm(x[0], 2)) ** 2
    loop = reference_gd_path(x[0], y[0], 20, lr)[-1]
    np.testing.assert_allclose(predictors.gd(20, lr).weights(x, y)[0, -1], loop, **CLOSE)


def test_the_default_rate_of_gd_is_half_over_the_largest_eigenvalue_of_each_prefix() -> None:
    x, y, _ = sample()

    def loop(a: Array, b: Array) -> Array:
        top = float(np.linalg.norm(a, 2)) ** 2 if len(a) else 1.0
        return reference_gd_path(a, b, 6, 0.5 / top)[-1]

    np.testing.assert_allclose(predictors.gd(6).weights(x, y), each_prefix(loop, x, y), **CLOSE)


def test_the_path_of_gd_is_every_step_of_its_loop() -> None:
    x, y, _ = sample()
    expected = np.stack([reference_gd_path(x[b], y[b], 12, 0.01) for b in range(3)])
    np.testing.assert_allclose(predictors.gd(12, lr=0.01).path(x, y), expected, **CLOSE)


@pytest.mark.parametrize("decay", [0.0, 0.4])
@pytest.mark.parametrize("lr", [0.02, 0.2])
def test_sgd_is_its_loop(lr: float, decay: float) -> None:
    x, y, _ = sample(dim=4)
    loop = each_prefix(reference_sgd(lr, decay), x, y)
    np.testing.assert_allclose(predictors.sgd(lr, decay).weights(x, y), loop, **CLOSE)


@pytest.mark.parametrize("steps", [0, 1, 3, 8])
def test_newton_is_its_matrix_iteration(steps: int) -> None:
    x, y, _ = sample(dim=4)
    loop = each_prefix(reference_newton(steps), x, y)
    np.testing.assert_allclose(predictors.newton(steps).weights(x, y), loop, **CLOSE)


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("tau", [1.0, 0.5])
def test_bayes_is_the_mixture_of_ridges_weighted_by_marginal_likelihood(
    dim: int, tau: float
) -> None:
    prior = FlagshipPrior(max_dim=dim, sigmas=(0.1, 0.25, 0.5, 1.0), tau=tau)
    x, y, _ = sample(pairs=8, dim=dim)
    expected = each_prefix(reference_bayes(prior.sigmas, tau), x, y)
    np.testing.assert_allclose(predictors.bayes(prior).weights(x, y), expected, **CLOSE)


def test_bayes_counts_sigma_zero_up_to_as_many_pairs_as_features() -> None:
    """With more pairs the reference's covariance is singular at sigma = 0."""
    x, y, _ = sample(pairs=4, dim=4)
    expected = each_prefix(reference_bayes(FlagshipPrior().sigmas, 1.0), x, y)
    np.testing.assert_allclose(
        predictors.bayes(FlagshipPrior(max_dim=4)).weights(x, y), expected, atol=1e-5, rtol=1e-5
    )


def test_the_posterior_over_sigma_is_that_of_the_marginal_likelihoods() -> None:
    prior = FlagshipPrior(max_dim=3, sigmas=(0.1, 0.5, 1.0))
    x, y, _ = sample(pairs=6)
    posterior = mixture(prior).sigma_posterior(spectrum(x, y))
    expected = [
        [reference_posterior(x[b, :j], y[b, :j], prior.sigmas, 1.0) for j in range(7)]
        for b in range(3)
    ]
    np.testing.assert_allclose(posterior.permute(1, 2, 0), expected, **CLOSE)


def test_bayes_for_a_known_sigma_is_one_ridge() -> None:
    x, y, _ = sample()
    np.testing.assert_allclose(
        predictors.bayes(PlainPrior(3, sigma=0.5, tau=2.0)).weights(x, y),
        predictors.ridge(0.5**2 / 2.0**2).weights(x, y),
        **CLOSE,
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("k", [1, 3])
def test_knn_is_the_regressor_of_scikit_learn(k: int, weighted: bool) -> None:
    x, y, queries = sample()
    weights: Any = (lambda d: 1 / d**2) if weighted else "uniform"
    expected = [
        KNeighborsRegressor(k, weights=weights).fit(x[b], y[b]).predict(queries[b])
        for b in range(3)
    ]
    np.testing.assert_allclose(predictors.knn(k, weighted).predict(x, y, queries), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_knn_predicts_the_next_answer_from_the_pairs_before_it(weighted: bool) -> None:
    x, y, _ = sample(batch=1)
    weights: Any = (lambda d: 1 / d**2) if weighted else "uniform"
    expected = [0.0] + [
        KNeighborsRegressor(min(3, j), weights=weights)
        .fit(x[0, :j], y[0, :j])
        .predict(x[0, [j]])[0]
        for j in range(1, 7)
    ]
    np.testing.assert_allclose(predictors.knn(3, weighted).predict_next(x, y)[0], expected)


def test_knn_with_fewer_exemplars_than_neighbours_takes_them_all() -> None:
    x, y, queries = sample(pairs=4)
    answers = predictors.knn(9).predict(x, y, queries)
    np.testing.assert_allclose(answers, y.mean(1, keepdims=True).repeat(4, 1))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_knn_averages_over_ties(weighted: bool, order: list[int]) -> None:
    """Two as near as the second: each has half of its place, in any order."""
    x = np.array([0.2, 0.8, 0.4, 3.0], dtype="float32")[order]
    y = np.array([1.0, 5.0, 2.0, 9.0], dtype="float32")[order]
    answer = predictors.knn(2, weighted).predict(x[None, :, None], y[None], np.full((1, 1, 1), 0.5))
    far, near = (1 / 0.3**2, 1 / 0.1**2) if weighted else (1.0, 1.0)
    assert answer[0, 0] == pytest.approx((near * 2 + far * 3) / (near + far), rel=1e-5)


def test_exemplars_at_one_place_share_the_vote() -> None:
    x, y = np.zeros((1, 5, 1)), np.array([[1.0, 2.0, 3.0, 4.0, 10.0]])
    for weighted in (False, True):
        rule = predictors.knn(2, weighted)
        assert rule.predict(x, y, x[:, :1])[0, 0] == pytest.approx(4.0)
        np.testing.assert_allclose(rule.predict_next(x, y)[0], [0.0, 1.0, 1.5, 2.0, 2.5])


def test_weighted_knn_repeats_the_answer_of_an_exemplar_it_is_asked_about() -> None:
    x, y, _ = sample()
    np.testing.assert_allclose(predictors.knn(3, weighted=True).predict(x, y, x), y, atol=1e-9)


# --- prefixes and the interface ---------------------------------------------


@every_linear
def test_every_prefix_is_the_rule_run_on_the_first_pairs(rule: LinearPredictor) -> None:
    x, y, _ = sample(dim=4)
    alone = np.stack([rule.weights(x[:, :j], y[:, :j])[:, -1] for j in range(8)], 1)
    np.testing.assert_allclose(rule.weights(x, y), alone, **CLOSE)


@every_linear
def test_predictions_are_the_weights_times_the_features(rule: LinearPredictor) -> None:
    x, y, queries = sample()
    w = rule.weights(x, y)
    np.testing.assert_allclose(
        rule.predict(x, y, queries), np.einsum("bqd,bd->bq", queries, w[:, -1]), **CLOSE
    )
    np.testing.assert_allclose(
        rule.predict_next(x, y), np.einsum("bkd,bkd->bk", x, w[:, :-1]), **CLOSE
    )


@every_rule
def test_predict_next_is_predict_on_each_prefix(rule: Predictor) -> None:
    x, y, _ = sample()
    alone = [rule.predict(x[:, :j], y[:, :j], x[:, j : j + 1])[:, 0] for j in range(7)]
    np.testing.assert_allclose(rule.predict_next(x, y), np.stack(alone, 1), **CLOSE)


@every_rule
def test_prompts_of_a_batch_do_not_mix(rule: Predictor) -> None:
    x, y, queries = sample()
    alone = [rule.predict(x[b : b + 1], y[b : b + 1], queries[b : b + 1])[0] for b in range(3)]
    np.testing.assert_allclose(rule.predict(x, y, queries), alone, **CLOSE)


@every_rule
def test_without_pairs_every_answer_is_zero(rule: Predictor) -> None:
    x, y, queries = sample(pairs=0)
    assert (rule.predict(x, y, queries) == 0).all()
    assert rule.predict_next(x, y).shape == (3, 0)


@every_linear
def test_without_pairs_every_weight_is_zero(rule: LinearPredictor) -> None:
    x, y, _ = sample()
    assert rule.weights(x, y).shape == (3, 8, 3)
    assert (rule.weights(x, y)[:, 0] == 0).all()


@every_linear
def test_unused_slots_get_no_weight_and_move_no_other(rule: LinearPredictor) -> None:
    x, y, _ = sample()
    padded = rule.weights(np.pad(x, ((0, 0), (0, 0), (0, 2))), y)
    np.testing.assert_allclose(padded[..., 3:], 0, atol=1e-12)
    np.testing.assert_allclose(padded[..., :3], rule.weights(x, y), **CLOSE)


@every_rule
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_in_numpy_out_of_the_same_dtype(rule: Predictor, dtype: str) -> None:
    x, y, queries = (part.astype(dtype) for part in sample())
    for answer in (rule.predict(x, y, queries), rule.predict_next(x, y)):
        assert isinstance(answer, np.ndarray)
        assert answer.dtype == dtype


@every_rule
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_in_torch_out_of_the_same_dtype(rule: Predictor, dtype: torch.dtype) -> None:
    x, y, queries = (torch.tensor(part, dtype=dtype) for part in sample())
    for answer in (rule.predict(x, y, queries), rule.predict_next(x, y)):
        assert isinstance(answer, torch.Tensor)
        assert answer.dtype == dtype


@every_linear
def test_weights_keep_kind_and_dtype(rule: LinearPredictor) -> None:
    x, y, _ = sample()
    assert rule.weights(x.astype("float32"), y.astype("float32")).dtype == "float32"
    assert rule.weights(torch.tensor(x), torch.tensor(y)).dtype == torch.float64


@every_rule
def test_whole_numbers_are_answered_with_real_ones(rule: Predictor) -> None:
    whole = [(5 * part).astype(int) for part in sample()]
    np.testing.assert_allclose(
        rule.predict(*whole), rule.predict(*(part.astype(float) for part in whole))
    )


@every_rule
def test_every_rule_has_a_name(rule: Predictor) -> None:
    assert isinstance(rule.name, str)
    assert rule.name


@every_rule
def test_an_empty_batch_gets_an_empty_answer(rule: Predictor) -> None:
    x, y, queries = sample(batch=0)
    assert rule.predict(x, y, queries).shape == (0, 4)
    assert rule.predict_next(x, y).shape == (0, 7)


# --- properties ------------------------------------------------------------

# An answer of y/x must not leave float32.
numbers = st.floats(-3, 3, width=32).filter(lambda value: value == 0 or abs(value) > 1e-30)


@st.composite
def data_sets(draw: st.DrawFn) -> tuple[Array, Array]:
    """One prompt of any rank, zeros and repeats welcome: (1, k, d), (1, k)."""
    pairs, dim = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    return draw(arrays(np.float64, (1, pairs, dim), elements=numbers)), draw(
        arrays(np.float64, (1, pairs), elements=numbers)
    )


@st.composite
def well_posed(draw: st.DrawFn) -> tuple[Array, Array]:
    """One prompt whose XᵀX has every eigenvalue >= 1: the unit vectors and more."""
    dim, more = draw(st.integers(1, 4)), draw(st.integers(0, 5))
    rest = draw(arrays(np.float64, (more, dim), elements=numbers))
    y = draw(arrays(np.float64, (1, dim + more), elements=numbers))
    return np.concatenate([np.eye(dim), rest])[None], y


@st.composite
def underdetermined(draw: st.DrawFn) -> tuple[Array, Array]:
    """One prompt with fewer pairs than features and a full, tame row space."""
    pairs, more = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rest = draw(arrays(np.float64, (pairs, more), elements=numbers))
    y = draw(arrays(np.float64, (1, pairs), elements=numbers))
    return np.concatenate([np.eye(pairs), rest], 1)[None], y


def final(rule: LinearPredictor, x: Array, y: Array) -> Array:
    return rule.weights(x, y)[0, -1]


def loss(x: Array, y: Array, w: Array) -> Array:
    """‖y − Xw‖² for each w: (…, d) -> (…)."""
    return ((w @ x[0].T - y[0]) ** 2).sum(-1)


@given(data_sets(), st.integers(1, 40))
def test_the_default_rate_of_gd_never_raises_the_training_loss(
    data: tuple[Array, Array], steps: int
) -> None:
    x, y = data
    losses = loss(x, y, predictors.gd(steps).path(x, y)[0])
    assert (np.diff(losses) <= 1e-9 * (1 + losses[0])).all()


@given(st.one_of(well_posed(), underdetermined()))
def test_ridge_tends_to_ols_as_the_penalty_vanishes(data: tuple[Array, Array]) -> None:
    w = final(predictors.ridge(1e-7), *data)
    np.testing.assert_allclose(w, final(predictors.ols(), *data), atol=1e-5)


@given(data_sets())
def test_ridge_tends_to_zero_as_the_penalty_grows(data: tuple[Array, Array]) -> None:
    assert np.abs(final(predictors.ridge(1e9), *data)).max() < 1e-6


@given(data_sets(), st.floats(1e-3, 10), st.floats(1.1, 10))
def test_a_larger_penalty_never_lengthens_the_weights(
    data: tuple[Array, Array], lam: float, factor: float
) -> None:
    shorter = np.linalg.norm(final(predictors.ridge(lam * factor), *data))
    assert shorter <= np.linalg.norm(final(predictors.ridge(lam), *data)) + 1e-12


@given(st.one_of(well_posed(), underdetermined()))
def test_many_steps_of_gd_are_the_minimum_norm_ols(data: tuple[Array, Array]) -> None:
    w = final(predictors.gd(100_000), *data)
    np.testing.assert_allclose(w, final(predictors.ols(), *data), atol=1e-6)


@given(st.one_of(well_posed(), underdetermined()))
def test_newton_converges_to_ols(data: tuple[Array, Array]) -> None:
    w = final(predictors.newton(25), *data)
    np.testing.assert_allclose(w, final(predictors.ols(), *data), atol=1e-6)


@given(data_sets())
def test_no_weights_fit_the_pairs_better_than_ols(data: tuple[Array, Array]) -> None:
    x, y = data
    best = np.linalg.lstsq(x[0], y[0], rcond=1e-6)[0]
    assert loss(x, y, final(predictors.ols(), x, y)) <= loss(x, y, best) + 1e-8


@pytest.mark.parametrize("name", [name for name in LINEAR if name != "bayes"])
@given(data=data_sets(), factor=st.floats(-5, 5))
def test_scaling_the_answers_scales_the_weights(
    name: str, data: tuple[Array, Array], factor: float
) -> None:
    x, y = data
    w = LINEAR[name].weights(x, y)
    np.testing.assert_allclose(
        LINEAR[name].weights(x, factor * y), factor * w, atol=1e-9 * (1 + np.abs(w).max())
    )


def test_scaling_the_answers_does_not_scale_the_weights_of_bayes() -> None:
    x, y, _ = sample()
    rule = predictors.bayes(FlagshipPrior(max_dim=3))
    assert np.abs(rule.weights(x, 3 * y) - 3 * rule.weights(x, y)).max() > 0.1


@every_linear
def test_rotating_the_features_rotates_the_weights(rule: LinearPredictor) -> None:
    x, y, _ = sample()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turned = rule.weights(x @ turn, y)
    np.testing.assert_allclose(turned, rule.weights(x, y) @ turn, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in LINEAR if not name.startswith("sgd")])
def test_the_order_of_the_pairs_does_not_matter_but_to_sgd(name: str) -> None:
    x, y, queries = sample()
    turned = LINEAR[name].predict(x[:, ::-1].copy(), y[:, ::-1].copy(), queries)
    np.testing.assert_allclose(turned, LINEAR[name].predict(x, y, queries), **CLOSE)


def test_the_order_of_the_pairs_matters_to_sgd() -> None:
    x, y, queries = sample()
    rule = predictors.sgd(0.1)
    turned = rule.predict(x[:, ::-1].copy(), y[:, ::-1].copy(), queries)
    assert np.abs(turned - rule.predict(x, y, queries)).max() > 0.01


@pytest.mark.parametrize("name", list(EVERY))
@given(data=data_sets())
def test_degenerate_inputs_get_finite_answers(name: str, data: tuple[Array, Array]) -> None:
    x, y = data
    for cast in (np.float32, np.float64):
        x_cast, y_cast = x.astype(cast), y.astype(cast)
        assert np.isfinite(EVERY[name].predict(x_cast, y_cast, x_cast)).all()
        assert np.isfinite(EVERY[name].predict_next(x_cast, y_cast)).all()


@every_rule
@pytest.mark.parametrize("kind", ["one pair repeated", "collinear features", "all zero"])
def test_collinear_and_repeated_pairs_get_sane_answers(rule: Predictor, kind: str) -> None:
    x, y, _ = (part.astype("float32") for part in sample(pairs=8))
    if kind == "one pair repeated":
        x, y = x[:, :1].repeat(8, 1), y[:, :1].repeat(8, 1)
    elif kind == "collinear features":
        x = x[:, :, :1] * np.array([1.0, 0.3, -0.7], "float32")
    else:
        x = 0 * x
    answers = rule.predict(x, y, x)
    assert np.isfinite(answers).all()
    assert np.abs(answers).max() <= 2 * np.abs(y).max()


def test_ols_of_collinear_float32_features_is_the_minimum_norm_solution() -> None:
    x, y, _ = (part.astype("float32") for part in sample(pairs=8))
    x = x[:, :, :1] * np.array([1.0, 0.3, -0.7], "float32")
    expected = [reference_ols(x[b].astype(float), y[b].astype(float)) for b in range(3)]
    np.testing.assert_allclose(predictors.ols().weights(x, y)[:, -1], expected, atol=1e-5)


@pytest.mark.parametrize("steps", [60, 120])
def test_newton_stays_at_ols_below_full_rank(steps: int) -> None:
    """Rounding leaves eigenvalues of 1e-16 in the null space: they must count as zero."""
    x, y, _ = sample(pairs=2, dim=4)
    np.testing.assert_allclose(
        final(predictors.newton(steps), x, y), final(predictors.ols(), x, y), atol=1e-6
    )


def test_newton_may_take_any_number_of_steps() -> None:
    x, y, queries = sample()
    assert np.isfinite(predictors.newton(1100).predict(x, y, queries)).all()


# --- exact Bayes -----------------------------------------------------------


@given(data_sets())
def test_the_posterior_over_sigma_sums_to_one(data: tuple[Array, Array]) -> None:
    posterior = mixture(MIXED).sigma_posterior(spectrum(*data))
    assert posterior.shape == (5, 1, data[0].shape[1] + 1)
    assert (posterior >= 0).all()
    np.testing.assert_allclose(posterior.sum(0), 1.0)


def test_the_posterior_over_sigma_starts_at_the_prior() -> None:
    posterior = mixture(MIXED).sigma_posterior(spectrum(*sample()[:2]))
    np.testing.assert_allclose(posterior[:, :, 0], 0.2)


@pytest.mark.parametrize("dim", [1, 2, 5, 8])
def test_clean_answers_to_more_pairs_than_features_leave_no_doubt_about_sigma(dim: int) -> None:
    """In float32, as a prompt arrives."""
    prior = FlagshipPrior(dim=dim, sigma=0.0)
    prompt = prior.sample(200, 20, generator(3))
    rule = mixture(prior)
    posterior = rule.sigma_posterior(spectrum(prompt.x, prompt.y))[0, :, dim + 6 :]
    assert posterior.min() > 0.99
    exact = predictors.ols().predict_next(prompt.x, prompt.y)[:, dim + 6 :]
    torch.testing.assert_close(
        rule.predict_next(prompt.x, prompt.y)[:, dim + 6 :], exact, atol=2e-3, rtol=1e-3
    )


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0])
def test_the_posterior_finds_the_sigma_that_made_the_answers(sigma: float) -> None:
    prior = FlagshipPrior(dim=2, sigma=sigma)
    prompt = prior.sample(200, 40, generator(3))
    posterior = mixture(prior).sigma_posterior(spectrum(prompt.x, prompt.y))[:, :, -1]
    assert posterior[prior.sigmas.index(sigma)].mean() > 0.8


@pytest.mark.parametrize("scale", [1.0, 3e3])
def test_bayes_has_no_weight_off_the_row_space(scale: float) -> None:
    """A posterior mean is a combination of the inputs, however large they are."""
    x, y, _ = sample(batch=20, pairs=2, dim=4)
    w = predictors.bayes(FlagshipPrior(max_dim=4)).weights(scale * x, scale * y)[:, -1]
    basis = np.linalg.qr(x.transpose(0, 2, 1))[0]
    outside = w - np.einsum("bde,bce,bc->bd", basis, basis, w)
    assert np.abs(outside).max() < 1e-3


@pytest.fixture(scope="module")
def errors() -> dict[str, torch.Tensor]:
    """Squared error against the clean answer, (B,) a mean over k, under the Bayes prior."""
    prior = FlagshipPrior(max_dim=4)
    prompt = prior.sample(4000, 12, generator(21))
    rules = {
        "bayes": predictors.bayes(prior),
        "ols": predictors.ols(),
        **{f"ridge {s}": predictors.ridge(s**2) for s in (*prior.sigmas[1:], 0.35, 2.0)},
        "gd": predictors.gd(20),
        "sgd": predictors.sgd(0.05, decay=0.05),
        "newton": predictors.newton(5),
        "knn": predictors.knn(3),
        "knn, weighted": predictors.knn(3, weighted=True),
    }
    return {
        name: (rule.predict_next(prompt.x, prompt.y) - prompt.clean).square().mean(1)
        for name, rule in rules.items()
    }


@pytest.mark.parametrize(
    "other",
    ["ols", "gd", "sgd", "newton", "knn", "knn, weighted"]
    + [f"ridge {s}" for s in (0.1, 0.25, 0.5, 1.0, 0.35, 2.0)],
)
def test_no_other_rule_beats_bayes_on_average(errors: dict[str, torch.Tensor], other: str) -> None:
    assert errors["bayes"].mean() < errors[other].mean()


def test_the_error_of_bayes_is_uncorrelated_with_its_distance_to_other_rules() -> None:
    """E[(rule − Bayes)(Bayes − clean)] = 0 for every rule: Bayes is the conditional mean."""
    prior = FlagshipPrior(max_dim=4)
    prompt = prior.sample(4000, 12, generator(22))
    bayes = predictors.bayes(prior).predict_next(prompt.x, prompt.y)
    for lam in (0.01, 0.3, 3.0):
        rule = predictors.ridge(lam).predict_next(prompt.x, prompt.y)
        product = ((rule - bayes) * (bayes - prompt.clean)).mean(1).double()
        assert product.mean().abs() < 4 * product.std() / math.sqrt(len(product))


# --- what is refused -------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: predictors.ridge(-0.1), "lam must be a finite number of at least 0"),
        (lambda: predictors.ridge(math.nan), "lam must be a finite number"),
        (lambda: predictors.ridge(math.inf), "lam must be a finite number"),
        (lambda: predictors.gd(-1), "steps must be a"),
        (lambda: predictors.gd(3, lr=-0.1), "lr must be a finite number"),
        (lambda: predictors.gd(3, lr=math.inf), "lr must be a finite number"),
        (lambda: predictors.sgd(-0.1), "lr must be a finite number"),
        (lambda: predictors.sgd(0.1, decay=-1), "decay must be a finite number"),
        (lambda: predictors.newton(-1), "steps must be a"),
        (lambda: predictors.knn(0), "k must be a"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    make: Callable[[], Predictor], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize("make", [predictors.gd, predictors.newton, predictors.knn])
def test_counts_must_be_whole(make: Callable[[Any], Predictor]) -> None:
    with pytest.raises(ValueError, match="whole number"):
        make(2.5)


@every_rule
def test_prompts_that_do_not_fit_are_refused(rule: Predictor) -> None:
    x, y, queries = sample()
    with pytest.raises(ValueError, match="y must have shape"):
        rule.predict(x, y[:, 1:], queries)
    with pytest.raises(ValueError, match="queries must have shape"):
        rule.predict(x, y, queries[:, :, 1:])
    with pytest.raises(ValueError, match="x must have 3 axes"):
        rule.predict_next(x[0], y)
    with pytest.raises(ValueError, match="y holds a number that is not finite"):
        rule.predict_next(x, np.where(y > 0, y, np.nan))


def test_numbers_whose_squares_overflow_are_refused() -> None:
    x, y, queries = sample()
    with pytest.raises(ValueError, match="too large"):
        predictors.ols().predict(1e200 * x, y, queries)


@every_rule
def test_masked_arrays_are_refused(rule: Predictor) -> None:
    x, y, queries = sample()
    masked: Any = np.ma.masked_greater(y, 0)
    with pytest.raises(ValueError, match="y is a masked array: fill in or leave out"):
        rule.predict(x, masked, queries)
    with pytest.raises(ValueError, match="x is a masked array"):
        rule.predict_next(list(np.ma.masked_greater(x, 0)), y)  # type: ignore[type-var]


# --- one step at the best rate ------------------------------------------------------------------


def test_a_line_search_leaves_less_than_any_other_rate() -> None:
    gen = generator(12)
    x = torch.randn(20, 9, 4, generator=gen).double()
    y = torch.randn(20, 9, generator=gen).double()
    w = predictors.line_search_step().weights(x, y)[:, -1]
    moment = torch.einsum("bkd,bk->bd", x, y)
    rate = (w * moment).sum(-1) / moment.square().sum(-1)
    assert torch.allclose(w, rate[:, None] * moment)  # a step along XᵀY

    def left(rates: torch.Tensor) -> torch.Tensor:
        answers = torch.einsum("bkd,bd->bk", x, rates[:, None] * moment)
        return (y - answers).square().sum(-1)

    for factor in (0.5, 0.99, 1.01, 1.45, 2.0):
        assert bool((left(factor * rate) > left(rate)).all())
    default = predictors.gd(1).weights(x, y)[:, -1]
    missed = (y - torch.einsum("bkd,bd->bk", x, default)).square().sum(-1)
    assert bool((left(rate) <= missed).all())


def test_a_line_search_of_nothing_is_zero() -> None:
    nothing = torch.zeros(2, 3, 2).double()
    assert bool((predictors.line_search_step().weights(nothing, nothing[..., 0]) == 0).all())
