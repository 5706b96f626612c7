"""Laws of M tasks: exact Bayes against 50 digits, pools that nest, bounded memory, the gauge."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
import torch
from torch import Tensor

from icl_core import load_model, load_prior, predictors
from icl_core.checkpoints import read_manifest
from icl_core.metrics import gauge, squared_error
from icl_core.predictors.bayes import CHUNK, PoolBayes
from icl_core.priors import PoolPrior
from icl_core.priors.pool import MOST
from icl_core.prompts import generator
from icl_core.recipes import load_recipe
from tests.support.known import known, weights_of

# --- exact Bayes -----------------------------------------------------------------------------


def by_hand(law: PoolPrior, x: Tensor, y: Tensor, query: Tensor) -> Decimal:
    """The posterior mean of the answer to one query, in 50 digits, likelihoods as products."""
    with localcontext() as context:
        context.prec = 50
        width = 2 * Decimal(law.sigma) ** 2
        total = answer = Decimal(0)
        for row in known(law.pool).double().tolist():
            w = [Decimal(value) for value in row]
            likelihood = Decimal(1)
            for xs, target in zip(x.tolist(), y.tolist(), strict=True):
                miss = Decimal(target) - sum(a * Decimal(b) for a, b in zip(w, xs, strict=True))
                likelihood *= (-(miss**2) / width).exp()
            total += likelihood
            answer += likelihood * sum(
                a * Decimal(b) for a, b in zip(w, query.tolist(), strict=True)
            )
        return answer / total


@pytest.mark.parametrize(
    "law",
    [
        PoolPrior(3, 5),
        PoolPrior(2, 7, sigma=0.25, inputs="drawn", intercept=True),
        PoolPrior(8, 40, sigma=0.5, seed=3),
        PoolPrior(2, 9, sigma=0.004),
    ],
    ids=str,
)
def test_the_posterior_mean_is_that_of_50_digits(law: PoolPrior) -> None:
    prompt = law.sample(3, 9, generator(1))
    x, y = prompt.x.double(), prompt.y.double()
    found = law.bayes().predict_next(x, y)
    for b in range(3):
        for k in range(9):
            exact = by_hand(law, x[b, :k], y[b, :k], x[b, k])
            assert float(found[b, k]) == pytest.approx(float(exact), abs=1e-11)


def test_far_answers_leave_no_likelihood_at_zero_over_zero() -> None:
    law = PoolPrior(2, 6, sigma=0.1)
    x = torch.randn(1, 5, 2, generator=generator(2), dtype=torch.float64)
    y = torch.full((1, 5), 1e6, dtype=torch.float64)
    w = law.bayes().weights(x, y)
    nearest = (y[0] - known(law.pool).double() @ x[0].T).square().sum(-1).argmin()
    torch.testing.assert_close(w[0, -1], known(law.pool)[nearest].double())


def test_a_pool_of_one_task_is_known_before_the_first_pair() -> None:
    law = PoolPrior(3, 1)
    prompt = law.sample(4, 5, generator(0))
    torch.testing.assert_close(law.bayes().predict_next(prompt.x, prompt.y), prompt.clean)
    assert weights_of(prompt.task).unique(dim=0).shape == (1, 3)


def test_without_a_pool_it_is_ridge_and_a_large_pool_comes_close_to_it() -> None:
    free = PoolPrior(2, sigma=0.5)
    prompt = free.sample(64, 12, generator(4))
    ridge = predictors.ridge(0.25).predict_next(prompt.x, prompt.y)
    torch.testing.assert_close(free.bayes().predict_next(prompt.x, prompt.y), ridge)
    gaps = [
        float(squared_error(law.bayes().predict_next(prompt.x, prompt.y), ridge).mean())
        for law in (PoolPrior(2, tasks) for tasks in (4, 64, 1024, MOST))
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-3 < gaps[0]


def test_prompts_of_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="x has 3 features; the pool's tasks have 2"):
        PoolPrior(2, 4).bayes().weights(torch.zeros(1, 2, 3), torch.zeros(1, 2))


def test_no_prompts_give_no_answers() -> None:
    w = PoolPrior(2, 4).bayes().weights(torch.zeros(0, 3, 2), torch.zeros(0, 3))
    assert w.shape == (0, 4, 2)


def test_memory_is_bounded_whatever_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    law, held = PoolPrior(8, 16_384), []
    prompt = law.sample(60, 17, generator(0))
    likelihoods = PoolBayes._log_likelihood

    def watched(rule: PoolBayes, *parts: Tensor) -> Tensor:
        found = likelihoods(rule, *parts)
        held.append(found.numel())
        return found

    monkeypatch.setattr(PoolBayes, "_log_likelihood", watched)
    found = law.bayes().predict_next(prompt.x, prompt.y)
    assert max(held) <= CHUNK < sum(held) == 60 * 18 * 16_384
    few = law.bayes().predict_next(prompt.x[31:33], prompt.y[31:33])
    torch.testing.assert_close(few, found[31:33])


# --- pools -----------------------------------------------------------------------------------


@pytest.mark.parametrize("larger", [5, 1024, 1025, 3000])
def test_a_small_pool_is_the_beginning_of_a_larger_one(larger: int) -> None:
    small, large = (known(PoolPrior(2, tasks, seed=7).pool) for tasks in (4, larger))
    assert large.shape == (larger, 2)
    assert torch.equal(small, large[:4])
    assert not torch.equal(small, known(PoolPrior(2, 4, seed=8).pool))


def test_every_prompt_is_of_the_pool_and_all_tasks_come_up_alike() -> None:
    law = PoolPrior(3, 5)
    weights = weights_of(law.sample(4000, 1, generator(3)).task)
    which = (weights[:, None] - known(law.pool)).abs().sum(-1).argmin(1)
    assert torch.equal(known(law.pool)[which], weights)
    assert which.bincount().float().div(4000).sub(0.2).abs().max() < 0.03


def test_new_tasks_differ_in_nothing_but_the_task() -> None:
    law = PoolPrior(3, 5, inputs="drawn")
    old, new = (part.sample(20, 4, generator(3)) for part in (law, law.with_free_weights()))
    assert torch.equal(old.x, new.x)
    assert weights_of(new.task).unique(dim=0).shape == (20, 3)
    assert law.with_free_weights().pool is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tasks": 0}, "tasks must be a whole number from 1"),
        ({"tasks": MOST + 1}, "tasks must be a whole number from 1"),
        ({"tasks": 2.5}, "tasks must be a whole number"),
        ({"dim": 0}, "dim must be a whole number from 1 to 64"),
        ({"sigma": -1.0}, "sigma must be finite and not negative"),
        ({"inputs": "odd"}, 'inputs must be "drawn" or "plain"'),
        ({"dim": 1, "intercept": True}, "A constant takes the last of at least 2"),
        ({"stored": "nowhere"}, r"no stored pool 'nowhere'\. Known: tasks-1024, "),
        ({"stored": "tasks-8"}, "The pool 'tasks-8' holds 8 tasks of d = 8"),
    ],
)
def test_what_makes_no_law_is_refused_in_a_sentence(
    change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        PoolPrior(**{"dim": 3, "tasks": 4, **change})  # type: ignore[arg-type]


# --- the networks ----------------------------------------------------------------------------


SIZES = (2, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 16384)


@pytest.mark.parametrize("tasks", SIZES)
def test_a_network_of_eight_features_knows_its_own_pool(tasks: int) -> None:
    """Two pools mistaken for each other would be found out: the small ones are known by heart."""
    law, model = load_prior(f"tasks-{tasks}"), load_model(f"tasks-{tasks}")
    assert isinstance(law, PoolPrior)
    assert known(law.pool).shape == (tasks, 8)
    prompt = law.sample(64, 17, generator(9))
    told = model.predict_next(prompt.x, prompt.y)
    other = PoolPrior(8, tasks, seed=77).bayes().predict_next(prompt.x, prompt.y)
    own = law.bayes().predict_next(prompt.x, prompt.y)
    assert squared_error(told, own).mean() < squared_error(told, other).mean()


def test_networks_say_what_trained_them() -> None:
    manifest = read_manifest()
    for name in (*(f"tasks-{tasks}" for tasks in SIZES), "tasks-all"):
        assert manifest[name]["recipe"] == {**manifest[name]["recipe"], "name": name}
        assert load_prior(name) == load_recipe(name).prior
        assert manifest[name]["prompts"] == 1_441_152


# --- the gauge -------------------------------------------------------------------------------


def test_between_two_learners_the_gauge_is_the_share_of_the_mix() -> None:
    gen = generator(0)
    first, second = torch.randn(50, 6, generator=gen), torch.randn(50, 6, generator=gen)
    for share in (0.0, 0.3, 1.0, 1.4):
        found = gauge((1 - share) * first + share * second, first, second, seed=1)
        assert found.share.value == pytest.approx(share, abs=1e-6)
        assert found.share.low == pytest.approx(share, abs=1e-6)
        assert found.off == pytest.approx(0, abs=1e-6)
        assert found.apart == pytest.approx(float((first - second).square().mean()), rel=1e-6)


def test_the_gauge_is_the_formula_and_says_where_it_says_nothing() -> None:
    gen = generator(1)
    model, first, second = (torch.randn(40, 3, generator=gen) for _ in range(3))
    d1, d2, d12 = (
        float((a - b).square().mean())
        for a, b in ((model, first), (model, second), (first, second))
    )
    found = gauge(model, first, second, seed=1)
    assert found.share.value == pytest.approx(((d1 - d2) / d12 + 1) / 2, rel=1e-5)
    assert found.share.low < found.share.value < found.share.high
    assert found.tells
    assert not gauge(model, first, first + 0.1 * second, seed=1).tells
    with pytest.raises(ValueError, match="there is no between"):
        gauge(model, first, first, seed=1)
    assert gauge(model[:1].numpy(), first[:1].numpy(), second[:1].numpy(), seed=0).off > 0
