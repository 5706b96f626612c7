"""The rules on ill-conditioned and degenerate prompts, against arithmetic with 50 digits.

The references know nothing of eigenvalues: they solve normal equations, or run the
loops, with numbers long enough that rounding plays no part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from icl_core import predictors
from icl_core.predictors.base import LinearPredictor
from icl_core.priors.mixture import FlagshipPrior

Array = np.ndarray
Reference = Callable[[Any, Any], Any]


@pytest.fixture(autouse=True)
def _digits() -> Iterator[None]:
    with mp.workdps(50):
        yield


# --- references: x (k, d) and y (k, 1) of 50 digits -> w (d, 1) ---------------------


def exact_ols(x: Any, y: Any) -> Any:
    return mp.lu_solve(x.T * x, x.T * y)


def exact_ridge(lam: float) -> Reference:
    return lambda x, y: mp.lu_solve(x.T * x + lam * mp.eye(x.cols), x.T * y)


def exact_gd(steps: int, lr: float) -> Reference:
    def fit(x: Any, y: Any) -> Any:
        w = mp.zeros(x.cols, 1)
        for _ in range(steps):
            w -= 2 * mp.mpf(lr) * (x.T * (x * w - y))
        return w

    return fit


def exact_newton(steps: int) -> Reference:
    def fit(x: Any, y: Any) -> Any:
        s = x.T * x
        m = s / mp.mnorm(s * s.T, "f")
        for _ in range(steps):
            m = 2 * m - m * s * m
        return m * (x.T * y)

    return fit


def exact_bayes(sigmas: tuple[float, ...], tau: float) -> Reference:
    def fit(x: Any, y: Any) -> Any:
        means, logs = [], []
        for sigma in sigmas:
            noise = mp.mpf(max(sigma, 1e-5)) ** 2
            cov = mp.mpf(tau) ** 2 * (x * x.T) + noise * mp.eye(x.rows)
            logs.append(-(mp.log(mp.det(cov)) + (y.T * mp.lu_solve(cov, y))[0]) / 2)
            means.append(exact_ridge(noise / mp.mpf(tau) ** 2)(x, y))
        shares = [mp.exp(log - max(logs)) for log in logs]
        return sum((s * m for s, m in zip(shares, means, strict=True)), mp.zeros(x.cols, 1)) / sum(
            shares
        )

    return fit


def answers(rule: Reference, x: Array, y: Array) -> Array:
    """Exact predictions on the prompt's own x, where they are well determined: (k,)."""
    x_long, y_long = mp.matrix(x.tolist()), mp.matrix(y.tolist())
    return np.array([float(value) for value in x_long * rule(x_long, y_long)])


def told(rule: LinearPredictor, x: Array, y: Array) -> Array:
    return np.asarray(rule.predict(x[None], y[None], x[None])[0])


FLAGSHIP = FlagshipPrior(max_dim=3)
RULES: dict[str, tuple[LinearPredictor, Reference]] = {
    "ols": (predictors.ols(), exact_ols),
    "ridge": (predictors.ridge(0.3), exact_ridge(0.3)),
    "ridge, small": (predictors.ridge(1e-9), exact_ridge(1e-9)),
    "gd": (predictors.gd(9, lr=0.002), exact_gd(9, 0.002)),
    "newton": (predictors.newton(6), exact_newton(6)),
    "newton, long": (predictors.newton(80), exact_newton(80)),
    "bayes": (FLAGSHIP.bayes(), exact_bayes(FLAGSHIP.sigmas, FLAGSHIP.tau)),
}


# --- the cases that were seen to be wrong ---------------------------------------------


def with_constant(x: list[float]) -> Array:
    return np.stack([np.array(x), np.ones(len(x))], axis=1)


def test_large_abscissae_do_not_hide_the_constant() -> None:
    x = with_constant([1e6, 2e6, 3e6])
    np.testing.assert_allclose(told(predictors.ols(), x, np.full(3, 5.0)), 5.0, rtol=1e-12)


def test_small_abscissae_are_not_dropped() -> None:
    rng = np.random.default_rng(0)
    x, y = with_constant(list(rng.normal(size=8))), rng.normal(size=8)
    small = x * [1e-6, 1.0]
    np.testing.assert_allclose(
        told(predictors.ols(), small, y), told(predictors.ols(), x, y), rtol=1e-12
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_two_features_a_millionth_apart_are_two(dtype: torch.dtype) -> None:
    x = torch.randn(12, 1, generator=torch.Generator().manual_seed(1), dtype=dtype)
    x = torch.cat([x, x + 1e-6 * torch.randn(12, 1, generator=torch.Generator(), dtype=dtype)], 1)
    y = torch.randn(12, generator=torch.Generator().manual_seed(2), dtype=dtype)
    expected = answers(exact_ols, x.double().numpy(), y.double().numpy())
    found = predictors.ols().predict(x[None], y[None], x[None])[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert predictors.ols().weights(x[None], y[None])[0, -1].abs().max() > 1e3


# --- every condition up to 1e10 --------------------------------------------------------


@st.composite
def conditioned(draw: st.DrawFn) -> tuple[Array, Array, float]:
    """X = Q diag(1 … 1/cond) Vᵀ, more pairs than features, and cond(X) itself."""
    dim = draw(st.integers(2, 3))
    pairs = dim + draw(st.integers(0, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cond = 10.0 ** draw(st.floats(0, 10))
    q, _ = np.linalg.qr(rng.normal(size=(pairs, dim)))
    v, _ = np.linalg.qr(rng.normal(size=(dim, dim)))
    sizes = np.logspace(0, -np.log10(cond), dim)
    return (q * sizes) @ v.T * 2, rng.normal(size=pairs), cond


@pytest.mark.parametrize("name", list(RULES))
@settings(max_examples=40, deadline=None)
@given(data=conditioned())
def test_any_condition_up_to_1e10_is_answered_to_its_own_rounding(
    name: str, data: tuple[Array, Array, float]
) -> None:
    """Rounding X moves a direction of size σ by ε/σ, and no method can do better."""
    rule, reference = RULES[name]
    x, y, cond = data
    bound = 1e-10 + 100 * np.finfo(float).eps * cond
    np.testing.assert_allclose(told(rule, x, y), answers(reference, x, y), atol=bound)


@pytest.mark.parametrize("name", list(RULES))
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    powers=st.lists(st.floats(-5, 5), min_size=2, max_size=3),
    size=st.floats(-3, 4),
)
def test_features_of_any_size_cost_no_digits(
    name: str, seed: int, powers: list[float], size: float
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(powers) + 3, len(powers))) * 10.0 ** np.array(powers)
    y = rng.normal(size=len(x)) * 10.0**size
    rule, reference = RULES[name]
    if name == "gd":
        rate = 0.1 / np.square(x).sum()
        rule, reference = predictors.gd(9, lr=rate), exact_gd(9, rate)
    expected = answers(reference, x, y)
    np.testing.assert_allclose(told(rule, x, y), expected, atol=1e-9 * 10**size)


# --- rank-deficient by construction -------------------------------------------------------


def exact_minimum_norm(x: Any, y: Any) -> Any:
    """Of independent rows: w = Xᵀ(XXᵀ)⁻¹y."""
    return x.T * mp.lu_solve(x * x.T, y)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    pairs=st.integers(1, 4),
    kind=st.sampled_from(["fewer pairs", "duplicate", "zero", "repeated pairs"]),
    power=st.floats(-4, 4),
)
def test_below_full_rank_the_weights_are_the_shortest(
    seed: int, pairs: int, kind: str, power: float
) -> None:
    """In float32, as a prompt arrives; features of different size, in the metric they came in."""
    rng = np.random.default_rng(seed)
    core = rng.normal(size=(pairs, pairs)).astype("float32")
    core[:, 0] *= np.float32(10.0**power)
    y = rng.normal(size=pairs).astype("float32")
    x = {
        "fewer pairs": np.concatenate([core, rng.normal(size=(pairs, 2)).astype("float32")], 1),
        "duplicate": np.concatenate([core, core[:, :1]], 1),
        "zero": np.concatenate([core, 0 * core[:, :1]], 1),
        "repeated pairs": np.concatenate([core, core[:, :1]], 1),
    }[kind]
    expected = np.array(
        [float(v) for v in exact_minimum_norm(mp.matrix(x.tolist()), mp.matrix(y.tolist()))]
    )
    if kind == "repeated pairs":
        x, y = np.repeat(x, 3, 0), np.repeat(y, 3)
    sizes = np.linalg.svd(x.astype(float), compute_uv=False)[:pairs]
    found = predictors.ols().solve(x[None], y[None])[0, -1].numpy()
    np.testing.assert_allclose(
        found, expected, atol=1e-12 * sizes[0] / sizes[-1] * np.abs(expected).max()
    )


def test_duplicates_share_their_weight_beside_a_tiny_feature() -> None:
    """The duplicate's rounding is larger than the whole of the tiny feature."""
    rng = np.random.default_rng(3)
    large, tiny = 1e10 * rng.normal(size=9), 1e-4 * rng.normal(size=9)
    x = np.stack([large, large, tiny], axis=1)
    w = predictors.ols().solve(x[None], (2 * large + 3 * tiny)[None])[0, -1].numpy()
    np.testing.assert_allclose(w[:2], 1.0, rtol=1e-12)
    assert w[2] != 0.0


def test_features_that_only_rounding_tells_apart_are_one() -> None:
    """0.3·x in float32 is no second feature; the same numbers in float64 would be."""
    x = torch.randn(1, 9, 1, generator=torch.Generator().manual_seed(0))
    x = torch.cat([x, 0.3 * x], -1)
    y = torch.randn(1, 9, generator=torch.Generator().manual_seed(1))
    assert predictors.ols().solve(x, y)[0, -1].abs().max() < 10
    assert predictors.ols().solve(x.double(), y.double())[0, -1].abs().max() > 1e4


# --- every prefix, whatever its neighbours need --------------------------------------------


def test_prefixes_that_need_care_do_not_move_the_others() -> None:
    """The batch mixes prompts of every kind, so both ways of solving meet in it."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(6, 9, 3)), rng.normal(size=(6, 9))
    x[1] *= [1e6, 1.0, 1e-4]
    x[2, :, 2] = x[2, :, 1]
    x[3, :, 0] = 0.0
    x[4, 1:] = x[4, :1]
    for rule, _ in RULES.values():
        together = rule.solve(x, y)
        for b in range(6):
            for k in range(10):
                alone = rule.solve(x[b : b + 1, :k], y[b : b + 1, :k])[0, -1]
                torch.testing.assert_close(together[b, k], alone, atol=1e-9, rtol=1e-7)


@pytest.mark.parametrize("size", [1e-60, 1e60])
def test_newton_has_no_largest_number(size: float) -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(8, 2)), rng.normal(size=8)
    np.testing.assert_allclose(
        told(predictors.newton(20), size * x, y), told(predictors.newton(20), x, y), rtol=1e-9
    )


def test_the_posterior_over_sigma_is_exact_for_large_answers() -> None:
    """A residual of 0.5 beside answers of 1e6: a difference of energies would lose it."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(12, 2))
    y = 1e6 * x @ np.array([1.0, -2.0]) + 0.5 * rng.normal(size=12)
    expected = answers(exact_bayes(FLAGSHIP.sigmas, FLAGSHIP.tau), x, y)
    np.testing.assert_allclose(told(FLAGSHIP.bayes(), x, y), expected, rtol=1e-12)
