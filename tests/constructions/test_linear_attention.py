"""Linear attention: exactly gradient descent, and the best that one layer can do."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from icl_core import predictors
from icl_core.constructions.linear_attention import (
    GAUSSIAN,
    UNIFORM,
    LinearTransformer,
    ahn_preconditioner,
    best_rate,
    gd_transformer,
    gd_weights,
    one_step_loss,
    preconditioned_weights,
    rate_of,
)
from icl_core.constructions.trained import sample_tasks


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def prompt(seed: int, n: int, d: int) -> tuple[Tensor, Tensor, Tensor]:
    return normal(seed, 2, n, d), normal(seed + 1, 2, n), normal(seed + 2, 2, 3, d)


def stable_lr(x: Tensor, share: float) -> float:
    """A share of 1/λ_max, the rate above which gradient descent diverges."""
    return share / float(torch.linalg.eigvalsh(x.mT @ x).max())


@settings(max_examples=40)
@given(
    steps=st.integers(1, 60),
    d=st.integers(1, 10),
    n=st.integers(1, 40),
    share=st.floats(0.01, 1.0),
    seed=st.integers(0, 10**6),
)
def test_steps_of_gradient_descent(steps: int, d: int, n: int, share: float, seed: int) -> None:
    x, y, queries = prompt(seed, n, d)
    lr = stable_lr(x, share)
    found = gd_transformer(steps, rate_of(lr, n), d, n).predict(x, y, queries)
    wanted = predictors.gd(steps, lr).predict(x, y, queries)
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)


@settings(max_examples=25)
@given(
    steps=st.integers(1, 20),
    d=st.integers(1, 8),
    n=st.integers(1, 20),
    seed=st.integers(0, 10**6),
)
def test_from_other_weights_than_zero(steps: int, d: int, n: int, seed: int) -> None:
    x, y, queries = prompt(seed, n, d)
    w0 = normal(seed + 3, d)
    rate = rate_of(stable_lr(x, 0.5), n)
    w = w0.expand(2, d)
    for _ in range(steps):
        w = w - rate / n * torch.einsum("bn,bnd->bd", torch.einsum("bnd,bd->bn", x, w) - y, x)
    found = gd_transformer(steps, rate, d, n, w0).predict(x, y, queries)
    wanted = torch.einsum("bqd,bd->bq", queries, w)
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)


def test_gd_plus_plus_moves_the_inputs_too() -> None:
    x, y, queries = prompt(0, 9, 4)
    gamma, rate, steps = 0.02, 0.8, 5
    residual, moved, asked, predicted = y, x, queries, torch.zeros(2, 3).double()
    for _ in range(steps):
        step = rate / 9 * torch.einsum("bn,bnd->bd", residual, moved)
        predicted = predicted + torch.einsum("bqd,bd->bq", asked, step)
        residual = residual - torch.einsum("bnd,bd->bn", moved, step)
        shrink = torch.eye(4).double() - gamma * moved.mT @ moved
        moved, asked = moved @ shrink, asked @ shrink
    found = gd_transformer(steps, rate, 4, 9, curvature=gamma).predict(x, y, queries)
    torch.testing.assert_close(found, predicted, rtol=1e-12, atol=1e-12)


def test_numpy_in_numpy_out() -> None:
    x, y, queries = (part.numpy() for part in prompt(0, 5, 3))
    found = gd_transformer(2, 1.0, 3, 5).predict(x, y, queries)
    assert type(found) is type(x)
    assert found.shape == (2, 3)


def test_loss_of_one_step_on_the_papers_law() -> None:
    """d = n = 10, x ~ U(−½, ½): von Oswald et al. report 0.2047 near η = 6.0."""
    rate = best_rate(10, 10, UNIFORM)
    assert rate == pytest.approx(6.06, abs=0.01)
    assert one_step_loss(rate, 10, 10, UNIFORM) == pytest.approx(0.2047, abs=0.002)
    tasks = sample_tasks(100_000, 10, 10, 1)
    predicted = gd_transformer(1, rate, 10, 10).predict(tasks.x, tasks.y, tasks.query)
    losses = 0.5 * (predicted - tasks.target).square()
    error = float(losses.std()) / 100_000**0.5
    assert abs(float(losses.mean()) - one_step_loss(rate, 10, 10, UNIFORM)) < 4 * error


def test_best_rate_is_a_minimum() -> None:
    for law in (UNIFORM, GAUSSIAN):
        rate = best_rate(7, 12, law)
        around = [one_step_loss(rate * f, 7, 12, law) for f in (0.99, 1.0, 1.01)]
        assert min(around) == around[1]


# --- Ahn et al. -----------------------------------------------------------------


def test_isotropic_preconditioner_is_the_papers() -> None:
    d, n = 5, 20
    wanted = torch.eye(d).double() / ((n - 1) / n + (d + 2) / n)
    torch.testing.assert_close(ahn_preconditioner(torch.eye(d), n), wanted)
    assert best_rate(d, n, GAUSSIAN) == pytest.approx(float(wanted[0, 0]))


def gaussian_tasks(covariance: Tensor, n: int, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    d = len(covariance)
    x = normal(1, count, n + 1, d) @ torch.linalg.cholesky(covariance).mT
    y = (x @ normal(2, count, d, 1)).squeeze(-1)
    return x[:, :n], y[:, :n], x[:, n:], y[:, n:]


@pytest.mark.parametrize("scales", [(1.0, 1.0, 1.0), (2.0, 1.0, 0.3)])
def test_preconditioner_is_what_least_squares_over_prompts_finds(scales: tuple[float, ...]) -> None:
    """The prediction is linear in A, so the best A on a sample is a linear regression."""
    turn, n = torch.linalg.qr(normal(0, 3, 3)).Q, 6
    covariance = turn @ torch.diag(torch.tensor(scales).double()) @ turn.mT
    x, y, query, target = gaussian_tasks(covariance, n, 300_000)
    moment = torch.einsum("bn,bnd->bd", y, x) / n
    features = torch.einsum("bi,bqj->bij", moment, query).flatten(1)
    best = torch.linalg.solve(features.mT @ features, features.mT @ target).view(3, 3)
    wanted = ahn_preconditioner(covariance, n)
    torch.testing.assert_close(best, wanted, rtol=0, atol=0.03 * float(wanted.max()))


def test_preconditioned_layer_predicts_with_the_preconditioner() -> None:
    covariance = torch.diag(torch.tensor([2.0, 1.0, 0.3]).double())
    x, y, query, _ = gaussian_tasks(covariance, 6, 4)
    matrix = ahn_preconditioner(covariance, 6)
    model = LinearTransformer([preconditioned_weights(matrix, 6)])
    wanted = torch.einsum("bn,bni,ij,bqj->bq", y, x, matrix, query) / 6
    torch.testing.assert_close(model.predict(x, y, query), wanted)


# --- bad input --------------------------------------------------------------------


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="steps must be at least 1"):
        gd_weights(0, 1.0, 2, 3)
    with pytest.raises(ValueError, match="finite"):
        gd_weights(1, float("nan"), 2, 3)
    with pytest.raises(ValueError, match=r"w0 must have shape \(2,\)"):
        gd_weights(1, 1.0, 2, 3, torch.zeros(3))
    with pytest.raises(ValueError, match="starts from w0 = 0"):
        gd_weights(1, 1.0, 2, 3, torch.ones(2), curvature=0.1)
    with pytest.raises(ValueError, match="at least one layer"):
        LinearTransformer([])
    with pytest.raises(ValueError, match="d = 2; x has 3"):
        gd_transformer(1, 1.0, 2, 3).predict(*prompt(0, 4, 3))
    with pytest.raises(ValueError, match="square"):
        ahn_preconditioner(torch.zeros(2, 3), 4)
    with pytest.raises(ValueError, match="n must be"):
        ahn_preconditioner(torch.eye(2), 0)
