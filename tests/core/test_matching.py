"""A rule's own answers are matched with that rule; nothing is nearer than the match."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from icl_core import predictors
from icl_core.matching import Match, along, match
from icl_core.predictors.base import SpectralPredictor
from icl_core.prompts import generator


def prompt(batch: int, pairs: int, dim: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    gen = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, pairs, dim, generator=gen).double()
    y = torch.randn(batch, pairs, generator=gen).double()
    return x, y, torch.randn(batch, 12, dim, generator=gen).double()


@pytest.mark.parametrize("steps", [0, 1, 7, 99, 130])
def test_gd_is_found_at_its_step(steps: int) -> None:
    x, y, queries = prompt(3, 12, 3)
    found = match(x, y, queries, predictors.gd(steps).predict(x, y, queries)).gd
    if steps <= 7:  # later steps lie closer together than the rounding
        assert found.parameter.tolist() == [steps] * 3
    assert (found.unexplained < 1e-6).all()


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_newton_is_found_at_its_step(steps: int) -> None:
    x, y, queries = prompt(3, 12, 3)
    found = match(x, y, queries, predictors.newton(steps).predict(x, y, queries)).newton
    assert found.parameter.tolist() == [steps] * 3
    assert (found.unexplained < 1e-12).all()
    torch.testing.assert_close(found.cosine, torch.ones(3).double())


@pytest.mark.parametrize("lam", [0.01, 0.25, 3.0, 100.0])
def test_ridge_is_found_at_its_penalty(lam: float) -> None:
    x, y, queries = prompt(3, 12, 3)
    found = match(x, y, queries, predictors.ridge(lam).predict(x, y, queries)).ridge
    torch.testing.assert_close(found.parameter, torch.full((3,), lam).double(), rtol=2e-3, atol=0)
    assert (found.unexplained < 1e-5).all()


def written_out(
    rule: SpectralPredictor, parts: tuple[Tensor, ...], told: Tensor
) -> tuple[Tensor, Tensor]:
    """Unexplained share and cosine from the rule's own answers, one prompt at a time."""
    x, y, queries = parts
    answers = rule.predict(x[None], y[None], queries[None])[0]
    gap = (answers - told).square().mean() / told.square().mean()
    return gap, torch.nn.functional.cosine_similarity(answers, told, dim=0)


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 4))
def test_similarities_are_those_of_the_rule_found_and_no_rule_is_nearer(
    seed: int, pairs: int, dim: int
) -> None:
    x, y, queries = prompt(2, pairs, dim, seed)
    told = torch.randn(3, 2, 12, generator=torch.Generator().manual_seed(seed)).double()
    told += predictors.ridge(1.0).predict(x, y, queries)
    found = match(x, y, queries, told)
    for layer in range(3):
        for row in range(2):
            parts = (x[row], y[row], queries[row])
            here = Match(*(part[layer, row] for part in found.gd))
            steps = int(here.parameter)
            gap, cosine = written_out(predictors.gd(steps), parts, told[layer, row])
            torch.testing.assert_close(here.unexplained, gap, atol=1e-9, rtol=1e-9)
            torch.testing.assert_close(here.cosine, cosine, atol=1e-6, rtol=1e-6)
            for rival in (0, 1, 3, 10, 30, 95, 300, 4000):
                rival_gap = written_out(predictors.gd(rival), parts, told[layer, row])[0]
                assert rival_gap >= here.unexplained - 1e-9
            best = found.ridge.unexplained[layer, row]
            for lam in (1e-3, 0.1, 1.0, 30.0):
                rival_gap = written_out(predictors.ridge(lam), parts, told[layer, row])[0]
                assert rival_gap >= best - 1e-4


def test_answers_of_zero_are_matched_with_the_start() -> None:
    x, y, queries = prompt(2, 5, 2)
    found = match(x, y, queries, torch.zeros(2, 12))
    assert found.gd.parameter.tolist() == found.newton.parameter.tolist() == [0, 0]
    assert (found.gd.unexplained == 0).all()
    assert (found.gd.cosine == 0).all()


def test_without_exemplars_nothing_is_explained() -> None:
    x, y, queries = prompt(2, 0, 2)
    for family in match(x, y, queries, torch.ones(2, 12)):
        assert (family.unexplained == 1).all()
        assert (family.cosine == 0).all()


def test_least_squares_is_the_end_of_every_path() -> None:
    x, y, queries = prompt(2, 12, 3)
    for family in match(x, y, queries, predictors.ols().predict(x, y, queries)):
        assert (family.unexplained < 1e-9).all()


def test_the_prompt_may_be_float32_and_answers_of_many_layers() -> None:
    x, y, queries = (part.float() for part in prompt(2, 6, 3))
    found = match(x, y, queries, torch.randn(9, 2, 12))
    assert all(part.shape == (9, 2) for family in found for part in family)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (torch.zeros(2, 11), r"answers must have shape \(…, 2, 12\)"),
        (torch.zeros(12), "answers must have shape"),
        (torch.full((2, 12), math.nan), "not finite"),
    ],
)
def test_match_refuses(answers: Tensor, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        match(*prompt(2, 5, 2), answers)


def test_along_a_family_distances_are_those_of_its_answers() -> None:
    gen = generator(4)
    x, y = torch.randn(3, 7, 4, generator=gen).double(), torch.randn(3, 7, generator=gen).double()
    queries = torch.randn(3, 6, 4, generator=gen).double()
    answers = torch.randn(2, 3, 6, generator=gen).double()
    steps = torch.tensor([0.0, 1.0, 5.0])
    energy, far = along(x, y, queries, answers, {"GD": steps, "Newton": steps})
    assert torch.allclose(energy, answers.square().mean(-1))
    for name, rule in (("GD", predictors.gd), ("Newton", predictors.newton)):
        for i, count in enumerate((0, 1, 5)):
            told = rule(count).predict(x, y, queries)
            assert torch.allclose(far[name][..., i], (answers - told).square().mean(-1))
