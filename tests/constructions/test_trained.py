"""Training finds the construction, and mixtures of both do as well as either."""

import pytest
import torch

from icl_core.constructions.linear_attention import LayerWeights, LinearTransformer, gd_transformer
from icl_core.constructions.trained import (
    Tasks,
    Training,
    agreement,
    best_construction,
    held_out_tasks,
    interpolate,
    loss,
    merged,
    path,
    train,
)

D, N = 4, 10


@pytest.fixture(scope="module")
def tasks() -> Tasks:
    return held_out_tasks(N, D, count=3000)


@pytest.fixture(scope="module", params=[1, 2])
def pair(request: pytest.FixtureRequest) -> tuple[LinearTransformer, LinearTransformer]:
    depth = request.param
    trained = train(depth, d=D, n=N, steps=300 * depth, batch=256).model
    return trained, best_construction(depth, d=D, n=N)


Pair = tuple[LinearTransformer, LinearTransformer]


@pytest.mark.slow
def test_trained_agrees_with_constructed(pair: Pair, tasks: Tasks) -> None:
    found = agreement(*pair, tasks)
    trained, constructed = found.losses
    scale = float(tasks.target.abs().mean())
    assert trained < 1.05 * constructed + 0.002
    assert found.prediction < 0.1 * scale
    assert found.cosine > 0.99
    assert found.sensitivity < 0.25


def test_mixtures_do_as_well_as_either(pair: Pair, tasks: Tasks) -> None:
    losses = [value for _, value in path(*pair, tasks)]
    assert len(losses) == 11
    assert max(losses) <= max(losses[0], losses[-1]) + 1e-4


def test_ends_of_the_mixture_are_the_models(pair: Pair, tasks: Tasks) -> None:
    for t, model in zip((0.0, 1.0), pair, strict=True):
        mixed = interpolate(*pair, t).predict(*tasks[:3])
        torch.testing.assert_close(mixed, model.predict(*tasks[:3]), rtol=1e-9, atol=1e-12)


def test_merged_weights_do_not_see_how_a_factor_is_shared() -> None:
    weights = gd_transformer(1, 3.0, D, N).layers[0]
    shared = LayerWeights(weights.w_q * -2, weights.w_k, weights.w_v, weights.p / -2)
    first, second = (merged(LinearTransformer([w] * 2)) for w in (weights, shared))
    for a, b in zip(first, second, strict=True):
        torch.testing.assert_close(a.match, b.match)
        torch.testing.assert_close(a.write, b.write)


def test_two_layers_need_the_curvature_term(tasks: Tasks) -> None:
    plain = best_construction(2, d=D, n=N, curvature=False)
    assert loss(best_construction(2, d=D, n=N), tasks) < 0.8 * loss(plain, tasks)


def test_tuned_rate_is_a_minimum() -> None:
    """The search over η agrees with perturbing its answer on other tasks."""
    model = best_construction(2, d=D, n=N, curvature=False)
    rate = float(model.layers[0].p[-1, -1].detach()) * N
    tasks = held_out_tasks(N, D, count=10_000)
    around = [loss(gd_transformer(2, rate * f, D, N), tasks) for f in (0.8, 1.0, 1.25)]
    assert min(around) == around[1]


def short_run(seed: int) -> Training:
    return train(1, d=2, n=4, steps=20, batch=16, seed=seed, report_every=8)


def test_training_is_a_function_of_its_seed() -> None:
    first, again, other = short_run(0), short_run(0), short_run(1)
    assert torch.equal(first.model.layers[0].p, again.model.layers[0].p)
    assert not torch.equal(first.model.layers[0].p, other.model.layers[0].p)
    assert [step for step, _ in first.curve] == [8, 16, 20]


def test_progress_is_reported() -> None:
    seen: list[tuple[int, float]] = []
    run = train(d=2, n=4, steps=20, batch=16, report=lambda *row: seen.append(row), report_every=10)
    assert seen == run.curve


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="depth must be at least 1"):
        train(0)
    with pytest.raises(ValueError, match="models differ"):
        interpolate(gd_transformer(1, 1.0, 2, 3), gd_transformer(2, 1.0, 2, 3), 0.5)
    elsewhere = gd_transformer(1, 1.0, 2, 3, torch.ones(2).double())
    with pytest.raises(ValueError, match="different w0"):
        interpolate(gd_transformer(1, 1.0, 2, 3), elsewhere, 0.5)
    nothing = LinearTransformer([LayerWeights(*torch.zeros(4, 3, 3).double())])
    with pytest.raises(ValueError, match="scale cannot be fixed"):
        merged(nothing)
