"""What is other than in training: each switch in closed form, and Bayes under the shifted law."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from icl_core import load_prior, predictors
from icl_core.metrics import percentile_interval, resampled_crossings, squared_error
from icl_core.predictors.bayes import NAME, MixtureBayes
from icl_core.predictors.sampled import NAME as SAMPLED
from icl_core.priors import ScaledPrior, ShiftedPrior
from icl_core.priors.shifted import CLOSEST
from icl_core.priors.switches import INPUTS, SWITCHES, in_a_cap, student_sizes
from icl_core.prompts import SampledPrompt, generator
from icl_core.recipes import load_recipe
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.shift import NAME as NAME_OF_STUDY
from icl_core.studies.shift import UPBRINGINGS, answered, base_law, exemplars_of, shift_rows
from icl_core.training.trainer import loss_weights
from tests.support.known import weights_of

D = 4
BASE = ShiftedPrior(D)


def drawn(switch: str, strength: float, batch: int = 4000, exemplars: int = 8) -> SampledPrompt:
    """Prompts of one switch at a strength; the last pair is the query."""
    return BASE.switched(switch, strength).sample(batch, exemplars + 1, generator(3))


# --- the switches ------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", SWITCHES)
def test_at_home_nothing_is_other_and_away_from_it_something_is(switch: str) -> None:
    exemplars = exemplars_of(switch, D)
    home, far = SWITCHES[switch].home, SWITCHES[switch].strengths[-1]
    plain = BASE.sample(50, exemplars + 1, generator(3))
    same = drawn(switch, home, 50, exemplars)
    torch.testing.assert_close((same.x, same.y), (plain.x, plain.y), rtol=1e-4, atol=1e-4)
    other = drawn(switch, far, 50, exemplars)
    moves = {"inputs": other.x, "tasks": weights_of(other.task), "noise": other.y}
    stays = {"inputs": plain.x, "tasks": weights_of(plain.task), "noise": plain.y}
    group = SWITCHES[switch].group
    assert not torch.allclose(moves[group], stays[group], atol=0.05)
    assert group == "inputs" or torch.equal(other.x, plain.x)
    assert group == "tasks" or torch.equal(moves["tasks"], stays["tasks"])


def test_inputs_are_scaled_moved_skewed_and_flattened_as_they_say() -> None:
    plain = drawn("x-scale", 1.0).x
    torch.testing.assert_close(drawn("x-scale", 3.0).x, 3 * plain)
    gap = drawn("x-mean", 2.0).x - plain
    torch.testing.assert_close(gap.norm(dim=-1), torch.full(gap.shape[:2], 2.0))
    torch.testing.assert_close(gap, gap[:, :1].expand_as(gap), rtol=0, atol=1e-5)
    # The axes differ from prompt to prompt, the second moment's spectrum does not.
    gram = torch.einsum("bki,bkj->bij", *[drawn("x-skew", 1.0, 40, 20_000).x] * 2) / 20_001
    told = torch.linalg.eigvalsh(gram).mean(0).flip(0)
    law = torch.tensor([1, 1 / 2, 1 / 3, 1 / 4])
    torch.testing.assert_close(told, law * D / law.sum(), rtol=0.03, atol=0.02)
    flat = drawn("x-subspace", 0.5).x
    assert set(torch.linalg.matrix_rank(flat, rtol=1e-4).tolist()) == {2}
    assert float(flat.square().mean()) == pytest.approx(1, abs=0.03)


def test_exemplars_share_a_quadrant_or_one_lies_out_and_queries_do_not() -> None:
    plain, x = drawn("x-quadrant", 0.0).x, drawn("x-quadrant", 1.0).x
    assert bool((x[:, :-1].sign() == x[:, :1].sign()).all())
    assert torch.equal(x[:, -1], plain[:, -1])
    torch.testing.assert_close(x.abs(), plain.abs())
    out = drawn("x-outlier", 8.0).x
    torch.testing.assert_close(
        (out / plain).norm(dim=-1).sort(-1).values[0],
        torch.tensor([2.0] * 8 + [16.0]),
    )
    assert torch.equal(out[:, -1], plain[:, -1])


def test_queries_are_orthogonal_or_among_the_exemplars() -> None:
    plain = drawn("q-orthogonal", 0.0, exemplars=2).x
    x = drawn("q-orthogonal", 1.0, exemplars=2).x
    inner = torch.einsum("bkd,bd->bk", x[:, :-1], x[:, -1])
    assert float(inner.abs().max()) < 1e-4
    torch.testing.assert_close(x[:, -1].norm(dim=-1), plain[:, -1].norm(dim=-1))
    assert torch.equal(x[:, :-1], plain[:, :-1])
    with pytest.raises(ValueError, match="orthogonal to fewer exemplars than features"):
        drawn("q-orthogonal", 1.0, exemplars=4)
    shown = drawn("q-among", 1.0).x
    gaps = (shown[:, :-1] - shown[:, -1:]).norm(dim=-1).amin(-1)
    assert float(gaps.max()) < 1e-6


@pytest.mark.parametrize("dim", [2, 3, 8])
def test_tasks_of_a_cap_lie_in_it_evenly(dim: int) -> None:
    w = torch.randn(20_000, dim, generator=generator(1))
    cap = in_a_cap(w, 60.0, generator(0))
    torch.testing.assert_close(cap.norm(dim=-1), w.norm(dim=-1))
    cosine = (cap[:, 0] / cap.norm(dim=-1)).double()
    assert float(cosine.min()) >= 0.5 - 1e-6
    # The same as keeping what lies in the cap of the whole sphere.
    whole = w[:, 0] / w.norm(dim=-1)
    kept = whole[whole >= 0.5].double()
    assert stats.ks_2samp(cosine.numpy(), kept.numpy()).pvalue > 1e-3


def test_weights_are_sparse_and_tails_are_those_of_a_student_t() -> None:
    w = weights_of(drawn("w-sparse", 0.5).task)
    assert set((w != 0).sum(-1).tolist()) == {2}
    ranks = torch.rand(20_000, generator=generator(2), dtype=torch.float64)
    normal = torch.randn(20_000, generator=generator(3), dtype=torch.float64)
    values = normal * student_sizes(ranks, 0.2)
    t = stats.t(df=5, scale=math.sqrt(3 / 5))
    assert stats.kstest(values.numpy(), t.cdf).pvalue > 1e-3
    torch.testing.assert_close(
        student_sizes(torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64), 0.2),
        torch.from_numpy(np.sqrt(3 / stats.chi2(5).ppf([0.9, 0.5, 0.1]))),
    )


def test_noise_is_louder_uneven_and_bursts() -> None:
    louder = drawn("e-level", 3.0)
    assert float((louder.y - louder.clean).std()) == pytest.approx(1.5, rel=0.02)
    split = drawn("e-uneven", 2.0)
    noise, right = split.y - split.clean, split.x[..., 0] > 0
    assert float(noise[right].std()) == pytest.approx(1.0, rel=0.02)
    assert float(noise[~right].std()) == pytest.approx(0.25, rel=0.02)
    heavy = drawn("e-tails", 0.2)
    burst = ((heavy.y - heavy.clean) / 0.5).flatten().double()
    assert stats.kstest(burst.numpy(), stats.t(df=5, scale=math.sqrt(3 / 5)).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("switch", "strength", "sentence"),
    [
        ("x-scale", 13.0, "strength of x-scale must lie from 0.333 to 12, not 13"),
        ("w-cap", 10.0, "strength of w-cap must lie from 15 to 180, not 10"),
        ("colour", 1.0, "no switch 'colour'. Known: x-scale"),
    ],
)
def test_what_cannot_be_switched_is_refused(switch: str, strength: float, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        BASE.switched(switch, strength)
    with pytest.raises(ValueError, match="inputs must be one of plain, x-scale"):
        ShiftedPrior(3, inputs="w-scale")


# --- Bayes under the law that holds ---------------------------------------------------------------


def asked(law: ShiftedPrior, batch: int, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """x (B, k, d), y (B, k) and queries (B, 1, d) in float64."""
    prompt = law.sample(batch, k + 1, generator(4))
    x, y = prompt.x.double(), prompt.y.double()
    return x[:, :-1], y[:, :-1], x[:, -1:]


@pytest.mark.parametrize("switch", INPUTS)
def test_the_law_of_x_moves_no_answer_of_bayes(switch: str) -> None:
    law = BASE.switched(switch, SWITCHES[switch].strengths[-1])
    x, y, query = asked(law, 20, exemplars_of(switch, D))
    ridge = predictors.ridge(0.25).predict(x, y, query)
    torch.testing.assert_close(law.bayes().predict(x, y, query), ridge)


def test_larger_tasks_and_louder_noise_are_the_ridge_that_is_told() -> None:
    law = BASE.switched("w-scale", 3.0).switched("e-level", 2.0)
    x, y, query = asked(law, 20, 6)
    assert law.told_ridge().lam == pytest.approx(1 / 9)
    told = law.told_ridge().predict(x, y, query)
    torch.testing.assert_close(law.bayes().predict(x, y, query), told)
    rule = law.bayes()
    torch.testing.assert_close(rule.weights(x, y)[:, -1:], rule.weights(x, y)[:, -1:])
    torch.testing.assert_close(
        torch.einsum("bkd,bkd->bk", x, rule.weights(x, y)[:, :-1]), rule.predict_next(x, y)
    )


def test_sparse_tasks_are_a_mixture_over_supports() -> None:
    law = BASE.switched("w-sparse", 0.5)
    x, y, query = asked(law, 12, 5)
    found = law.bayes().predict(x, y, query)[:, 0]
    for b in range(12):
        answers, evidences = [], []
        for support in combinations(range(D), 2):
            part = x[b, :, support].numpy()
            cov = part @ part.T + 0.25 * np.eye(5)
            evidences.append(stats.multivariate_normal(np.zeros(5), cov).logpdf(y[b].numpy()))
            w = part.T @ np.linalg.solve(cov, y[b].numpy())
            answers.append(query[b, 0, support].numpy() @ w)
        shares = np.exp(np.array(evidences) - max(evidences))
        assert float(found[b]) == pytest.approx(np.average(answers, weights=shares), abs=1e-9)


def test_heavy_tailed_tasks_are_a_mixture_over_sizes() -> None:
    law = BASE.switched("w-tails", 0.3)
    x, y, query = asked(law, 30, 6)
    ranks = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    fine = student_sizes(ranks, 0.3)[::10]
    scales = fine[:, None].expand(-1, D)
    dense = MixtureBayes(scales, torch.full((len(fine),), 1 / len(fine)).double(), 0.5)
    torch.testing.assert_close(
        law.bayes().predict(x, y, query), dense.predict(x, y, query), rtol=2e-3, atol=2e-3
    )


def test_a_cap_is_the_posterior_cut_to_its_cone() -> None:
    law = ShiftedPrior(2).switched("w-cap", 45.0)
    assert law.bayes().name == SAMPLED
    axis = torch.linspace(-6, 6, 301, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    inside = grid[:, 0] >= math.cos(math.pi / 4) * grid.norm(dim=-1)
    for k in (0, 1, 6):
        x, y, query = asked(law, 25, k)
        miss = (y[:, None] - grid @ x.mT).square().sum(-1) if k else torch.zeros(25, len(grid))
        log = -miss / (2 * 0.25) - grid.square().sum(-1) / 2
        weight = torch.softmax(torch.where(inside, log, -math.inf).double(), dim=-1)
        exact = torch.einsum("bqd,bd->bq", query, weight @ grid)
        told = law.bayes().predict(x, y, query)
        error = float((told - exact).square().mean().sqrt())
        assert error < 0.05 * float(exact.square().mean().sqrt())


def test_uneven_noise_weights_the_pairs() -> None:
    law = BASE.switched("e-uneven", 3.0)
    x, y, query = asked(law, 10, 7)
    noise = torch.where(x[..., 0] > 0, 1.5, 0.5 / 3).double()
    gram = torch.einsum("bki,bkj,bk->bij", x, x, noise**-2) + torch.eye(D)
    w = torch.linalg.solve(gram, torch.einsum("bki,bk->bi", x, y / noise**2))
    torch.testing.assert_close(
        law.bayes().predict(x, y, query), torch.einsum("bqd,bd->bq", query, w)
    )


def test_heavy_tailed_noise_is_the_posterior_of_a_student_t() -> None:
    law = ShiftedPrior(1).switched("e-tails", 0.3)
    x, y, query = asked(law, 60, 5)
    grid = torch.linspace(-6, 6, 6001, dtype=torch.float64)
    t = stats.t(df=1 / 0.3, scale=0.5 * math.sqrt(1 - 2 * 0.3))
    missed = y[:, None] - grid[:, None] * x[..., 0][:, None]
    log = torch.from_numpy(t.logpdf(missed.numpy())).sum(-1) - grid.square() / 2
    exact = query[:, 0, 0] * (torch.softmax(log, dim=-1) @ grid)
    told = law.bayes().predict(x, y, query)[:, 0]
    gaussian = predictors.ridge(0.25).predict(x, y, query)[:, 0]
    error, apart = (float(squared_error(one, exact).mean()) for one in (told, gaussian))
    assert error < 0.05 * apart


def test_where_nobody_knows_bayes_its_name_says_so() -> None:
    law = BASE.switched("e-tails", 0.3)
    assert law.bayes().name == SAMPLED
    assert law.switched("w-scale", 2.0).bayes().name == SAMPLED
    assert law.switched("w-sparse", 0.5).bayes().name == CLOSEST
    assert law.switched("w-sparse", 1.0).bayes().name == SAMPLED
    assert BASE.switched("w-sparse", 0.5).bayes().name == NAME


@pytest.mark.parametrize("switch", [name for name in SWITCHES if name[0] in "we"])
def test_bayes_of_the_law_is_better_than_that_of_the_plain_one(switch: str) -> None:
    law = BASE.switched(switch, SWITCHES[switch].strengths[-1])
    prompt = law.sample(400, 9, generator(6))
    x, y, query = prompt.x[:, :-1], prompt.y[:, :-1], prompt.x[:, -1:]
    own, plain = (
        float(squared_error(part.bayes().predict(x, y, query)[:, 0], prompt.clean[:, -1]).mean())
        for part in (law, BASE)
    )
    assert own < 0.9 * plain


# --- upbringings ----------------------------------------------------------------------------------


def test_a_wide_upbringing_is_a_mixture_over_sizes_and_a_narrow_one_the_plain_law() -> None:
    narrow, wide = ScaledPrior(3, widest=1.0), ScaledPrior(3, widest=4.0)
    assert wide.sizes == pytest.approx((0.25, 0.5, 1, 2, 4))
    prompt = wide.sample(3000, 5, generator(1))
    sizes = prompt.x.square().mean((1, 2)).sqrt()
    assert 0.1 < float(sizes.min()) < 0.3
    assert 3 < float(sizes.max()) < 8
    assert float(weights_of(prompt.task).square().mean()) == pytest.approx(wide.tau**2, rel=0.1)
    told = narrow.bayes().predict_next(prompt.x, prompt.y)
    torch.testing.assert_close(told, predictors.ridge(0.25).predict_next(prompt.x, prompt.y))
    assert load_recipe("shift-wide").prior == ScaledPrior(2, widest=4.0)
    assert load_recipe("shift-narrow").prior == ScaledPrior(2, widest=1.0)


def test_prompts_of_every_size_count_alike_in_the_relative_loss() -> None:
    law = ScaledPrior(3, sigma=0.0, widest=4.0)
    prompt = law.sample(4000, 6, generator(1))
    zero = loss_weights(prompt, "relative") * prompt.y.square()
    plain = loss_weights(prompt, "visible") * prompt.y.square()
    large = weights_of(prompt.task).norm(dim=-1) * prompt.x.norm(dim=(1, 2))
    for loss, low, high in ((zero, 0.2, 0.8), (plain, 0.8, 1.0)):
        share = loss[large > large.median(), 1:].sum() / loss[:, 1:].sum()
        assert low < float(share) < high
    # What a pair is worth must not depend on its own answer: that would move the best answer.
    last = replace(prompt, y=torch.cat([prompt.y[:, :-1], 9 + prompt.y[:, -1:]], dim=1))
    assert torch.equal(loss_weights(last, "relative"), loss_weights(prompt, "relative"))
    first = replace(prompt, y=torch.cat([9 + prompt.y[:, :1], prompt.y[:, 1:]], dim=1))
    assert not torch.allclose(loss_weights(first, "relative"), loss_weights(prompt, "relative"))


def test_a_shift_is_of_the_largest_tasks_without_a_constant_and_of_middling_noise() -> None:
    assert base_law(load_prior("playground")) == ShiftedPrior(8, sigma=0.5)
    assert base_law(load_prior("noise-0")) == ShiftedPrior(8, sigma=0.0)
    with pytest.raises(ValueError, match="only tasks with a constant feature"):
        base_law(load_prior("lines-4"))


def test_a_network_far_from_home_fails_where_bayes_does_not() -> None:
    errors = {
        strength: answered(BASE8.switched("x-scale", strength), "noise-1-4", 16, 64, 1).errors()
        for strength in (1.0, 4.0)
    }
    near, far = errors[1.0], errors[4.0]
    assert float(near["network"].mean()) < 1.5 * float(near["trained"].mean())
    assert float(far["network"].mean()) > 20 * float(far["trained"].mean())
    torch.testing.assert_close(far["trained"], far["shifted"], rtol=1e-3, atol=1e-4)


BASE8 = ShiftedPrior(8)


# --- where the excess doubles ---------------------------------------------------------------------


def test_where_a_ratio_first_doubles() -> None:
    under = torch.rand(400, 4, generator=generator(1)).double() + 0.5
    at = (1.0, 2.0, 4.0, 8.0)
    over = under * torch.tensor([1.1, 1.1, 4.4, 4.4])
    value, low, high = percentile_interval(resampled_crossings(over, under, at, seed=0))
    assert value == pytest.approx(3.0)
    assert low == pytest.approx(3.0)
    assert high == pytest.approx(3.0)
    never = percentile_interval(resampled_crossings(under * 1.5, under, at, seed=0))
    assert never == (math.inf, math.inf, math.inf)
    noisy = over * (1 + 0.5 * torch.randn(400, 4, generator=generator(2)))
    value, low, high = percentile_interval(resampled_crossings(noisy, under, at, seed=0))
    assert low < value < high
    backward = percentile_interval(
        resampled_crossings(over, under, (180.0, 90.0, 45.0, 0.0), seed=0)
    )
    assert backward.value == pytest.approx(67.5)
    with pytest.raises(ValueError, match="Both must be"):
        resampled_crossings(over, under[:, :2], at, seed=0)


# --- the stored study ---------------------------------------------------------------------------


def test_the_stored_table_is_of_these_weights_and_agrees_with_itself() -> None:
    table = read_table(NAME_OF_STUDY)
    assert is_current(table)
    rows = shift_rows(table)
    assert len(rows) == len(UPBRINGINGS) * len(SWITCHES)
    found = compare(table, table)
    assert found.figures == found.overlap == found.inside > 500
    for row in rows:
        assert row["doubles at"] is None or row["from"] <= row["doubles at"]


@pytest.mark.parametrize("upbringing", ["narrow", "wide"])
def test_a_line_of_the_map_comes_out_again(upbringing: str) -> None:
    table = read_table(NAME_OF_STUDY)
    name = UPBRINGINGS[upbringing]
    stored = next(row for row in table["members"] if row["label"] == upbringing)
    for part in (stored["switches"]["w-scale"]["at"][i] for i in (2, 5)):
        law = ShiftedPrior(2).switched("w-scale", part["strength"])
        told = answered(law, name, 4, table["prompts"], table["seed"]).errors()
        excess = float(told["network"].double().mean() / told["trained"].double().mean())
        assert excess == pytest.approx(part["excess"][0], rel=0.01)


def test_the_wide_upbringing_holds_farther_than_the_narrow_one() -> None:
    farther = read_table(NAME_OF_STUDY)["farther"]
    for switch in ("x-scale", "w-scale"):
        value, low, _ = farther[switch]
        assert 1 < low <= value
