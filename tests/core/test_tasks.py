"""Priors and the prompts they make."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import pytest
import torch

from icl_core.priors.inputs import drawn_inputs
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import SIGMAS, FlagshipPrior
from icl_core.prompts import SampledPrompt, generator
from tests.support.known import weights_of

PRIORS = [PlainPrior(3, sigma=0.5), FlagshipPrior(), FlagshipPrior(max_dim=3, inputs="plain")]
FIELDS = ("x", "y", "task.weights", "sigma", "clean", "dims")


@pytest.fixture(scope="module")
def flagship() -> SampledPrompt:
    return FlagshipPrior().sample(6000, 12, generator(11))


def has_constant(prompt: SampledPrompt) -> torch.Tensor:
    """(B,) whether the last used feature is 1 at every exemplar."""
    last = (prompt.dims - 1)[:, None, None].expand(-1, prompt.x.shape[1], 1)
    return (prompt.x.gather(2, last) == 1).all(1).squeeze(-1)


# --- seeds -----------------------------------------------------------------


@pytest.mark.parametrize("prior", PRIORS)
def test_the_same_seed_gives_the_same_prompts(prior: Any) -> None:
    first, second = (prior.sample(5, 7, generator(1, 2)) for _ in range(2))
    for field in FIELDS:
        assert torch.equal(attrgetter(field)(first), attrgetter(field)(second)), field


@pytest.mark.parametrize("prior", PRIORS)
def test_another_seed_gives_other_prompts(prior: Any) -> None:
    first, second = prior.sample(5, 7, generator(1, 2)), prior.sample(5, 7, generator(1, 3))
    for field in ("x", "y", "task.weights"):
        assert not torch.equal(attrgetter(field)(first), attrgetter(field)(second)), field


def test_every_tuple_of_seeds_has_its_own_stream() -> None:
    tuples = [(0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1), (0, 0, 0), (2, 7), (7, 2)]
    assert len({generator(*parts).initial_seed() for parts in tuples}) == len(tuples)


@pytest.mark.parametrize("prior", PRIORS)
def test_sampling_leaves_the_global_generator_alone(prior: Any) -> None:
    before = torch.get_rng_state()
    prior.sample(5, 7, generator(1))
    assert torch.equal(before, torch.get_rng_state())


# --- a control's prior -----------------------------------------------------


@pytest.mark.parametrize(
    "prior", [PlainPrior(3, sigma=0.5, tau=2.0, w_seed=7), FlagshipPrior(w_seed=7, tau=2.0)]
)
def test_with_a_w_seed_every_prompt_of_one_d_has_one_w(prior: Any) -> None:
    first, second = prior.sample(40, 7, generator(1)), prior.sample(40, 7, generator(2))
    w = {int(d): weights_of(first.task)[first.dims == d][0] for d in first.dims}
    for prompt in (first, second):
        for row, dim in zip(weights_of(prompt.task), prompt.dims.tolist(), strict=True):
            if dim in w:
                assert torch.equal(row, w[dim])
                assert (row[:dim] != 0).all()
                assert (row[dim:] == 0).all()
        torch.testing.assert_close(
            prompt.clean, torch.einsum("bkd,bd->bk", prompt.x, weights_of(prompt.task))
        )


def test_a_w_seed_changes_neither_inputs_nor_noise() -> None:
    free, fixed = (FlagshipPrior(w_seed=s).sample(9, 7, generator(1)) for s in (None, 3))
    assert torch.equal(free.x, fixed.x)
    assert torch.equal(free.sigma, fixed.sigma)
    torch.testing.assert_close(free.y - free.clean, fixed.y - fixed.clean, atol=1e-5, rtol=1e-5)
    assert not torch.equal(weights_of(free.task), weights_of(fixed.task))


# --- shapes and slots ------------------------------------------------------


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize(("batch", "exemplars"), [(5, 7), (1, 1), (4, 0)])
def test_shapes(prior: Any, batch: int, exemplars: int) -> None:
    prompt = prior.sample(batch, exemplars, generator(0))
    slots = prior.features
    assert prompt.x.shape == (batch, exemplars, slots)
    assert prompt.y.shape == prompt.clean.shape == (batch, exemplars)
    assert weights_of(prompt.task).shape == (batch, slots)
    assert prompt.sigma.shape == prompt.dims.shape == (batch,)


def test_unused_slots_are_zero_and_used_ones_are_not(flagship: SampledPrompt) -> None:
    used = torch.arange(8) < flagship.dims[:, None]
    assert (flagship.x[~used[:, None].expand_as(flagship.x)] == 0).all()
    assert (weights_of(flagship.task)[~used] == 0).all()
    assert (flagship.x[used[:, None].expand_as(flagship.x)] != 0).all()
    assert (weights_of(flagship.task)[used] != 0).all()


def test_the_clean_answer_is_the_product_of_features_and_weights(flagship: SampledPrompt) -> None:
    expected = (flagship.x * weights_of(flagship.task)[:, None]).sum(-1)
    torch.testing.assert_close(flagship.clean, expected, atol=1e-5, rtol=1e-5)


# --- the intercept ---------------------------------------------------------


def test_four_in_ten_prompts_of_two_or_more_features_have_an_intercept(
    flagship: SampledPrompt,
) -> None:
    several = flagship.dims >= 2
    assert has_constant(flagship)[several].float().mean() == pytest.approx(0.4, abs=0.03)


def test_a_single_feature_is_never_the_intercept(flagship: SampledPrompt) -> None:
    assert not has_constant(flagship)[flagship.dims == 1].any()


def test_the_intercept_is_only_ever_the_last_used_feature(flagship: SampledPrompt) -> None:
    constant = (flagship.x == 1).all(1)
    before_last = torch.arange(8) < flagship.dims[:, None] - 1
    assert not (constant & before_last).any()


@pytest.mark.parametrize("wanted", [True, False])
def test_the_intercept_can_be_fixed(wanted: bool) -> None:
    prompt = FlagshipPrior(intercept=wanted).sample(400, 6, generator(0))
    several = prompt.dims >= 2
    assert (has_constant(prompt)[several] == wanted).all()
    assert not has_constant(prompt)[~several].any()


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.0), (1.0, 1.0)])
def test_the_share_of_intercepts_follows_its_setting(share: float, expected: float) -> None:
    prompt = FlagshipPrior(p_intercept=share, dim=3).sample(200, 6, generator(0))
    assert has_constant(prompt).float().mean() == expected


# --- laws ------------------------------------------------------------------


def test_sigma_is_uniform_on_its_grid(flagship: SampledPrompt) -> None:
    for sigma in SIGMAS:
        assert (flagship.sigma == sigma).float().mean() == pytest.approx(0.2, abs=0.02)


def test_the_number_of_features_is_uniform(flagship: SampledPrompt) -> None:
    shares = torch.bincount(flagship.dims, minlength=9)[1:] / len(flagship.dims)
    torch.testing.assert_close(shares, torch.full((8,), 1 / 8), atol=0.02, rtol=0)


def test_the_number_of_features_follows_dim_weights() -> None:
    prior = FlagshipPrior(max_dim=4, dim_weights=(0.5, 0.0, 0.3, 0.2))
    dims = prior.sample(4000, 1, generator(5)).dims
    shares = torch.bincount(dims, minlength=5)[1:] / len(dims)
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.0, 0.3, 0.2]), atol=0.03, rtol=0)
    assert not (dims == 2).any()


def test_sigma_is_independent_of_the_number_of_features(flagship: SampledPrompt) -> None:
    for dim in (1, 8):
        noise = flagship.sigma[flagship.dims == dim]
        assert noise.mean() == pytest.approx(sum(SIGMAS) / len(SIGMAS), abs=0.06)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0])
def test_the_noise_has_standard_deviation_sigma(flagship: SampledPrompt, sigma: float) -> None:
    noise = (flagship.y - flagship.clean)[flagship.sigma == sigma]
    assert noise.std() == pytest.approx(sigma, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.03 * sigma)


def test_without_noise_the_answer_is_clean(flagship: SampledPrompt) -> None:
    quiet = flagship.sigma == 0
    assert torch.equal(flagship.y[quiet], flagship.clean[quiet])


@pytest.mark.parametrize("tau", [1.0, 2.0])
@pytest.mark.parametrize("kind", ["plain", "flagship"])
def test_weights_are_normal_with_standard_deviation_tau(kind: str, tau: float) -> None:
    prior = PlainPrior(4, tau=tau) if kind == "plain" else FlagshipPrior(4, dim=4, tau=tau)
    w = weights_of(prior.sample(4000, 1, generator(2)).task) / tau
    assert w.mean() == pytest.approx(0.0, abs=0.03)
    assert w.std() == pytest.approx(1.0, abs=0.03)
    assert w.pow(4).mean() == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize(
    "prior", [PlainPrior(4), FlagshipPrior(4, dim=4, inputs="plain", intercept=False)]
)
def test_plain_inputs_are_standard_normal_and_independent(prior: Any) -> None:
    x = prior.sample(3000, 4, generator(3)).x.flatten(0, 1)
    assert x.mean() == pytest.approx(0.0, abs=0.03)
    torch.testing.assert_close(x.T.cov(), torch.eye(4), atol=0.05, rtol=0)


def test_features_that_a_plain_prior_leaves_out_are_zero_and_the_others_as_ever() -> None:
    part = PlainPrior(4, used=3).sample(50, 6, generator(3))
    whole = PlainPrior(4).sample(50, 6, generator(3))
    assert not part.x[..., 3:].any()
    torch.testing.assert_close(part.x[..., :3], whole.x[..., :3])
    torch.testing.assert_close(
        part.y, (part.x[..., :3] @ weights_of(part.task)[:, :3, None]).squeeze(-1)
    )
    assert (part.dims == 3).all()


# --- cells -----------------------------------------------------------------


def test_fixing_all_gives_one_cell_of_the_prior() -> None:
    prompt = FlagshipPrior(dim=3, intercept=True, sigma=0.25).sample(300, 20, generator(4))
    assert (prompt.dims == 3).all()
    assert (prompt.sigma == 0.25).all()
    assert has_constant(prompt).all()
    assert (prompt.x[:, :, 3:] == 0).all()
    assert (prompt.y - prompt.clean).std() == pytest.approx(0.25, rel=0.03)


def test_a_fixed_sigma_need_not_be_on_the_grid() -> None:
    prompt = FlagshipPrior(sigma=0.7).sample(50, 40, generator(4))
    assert (prompt.y - prompt.clean).std() == pytest.approx(0.7, rel=0.06)


def test_fixing_the_noise_moves_no_other_number() -> None:
    free, fixed = (FlagshipPrior(sigma=s).sample(20, 6, generator(9)) for s in (None, 0.1))
    assert torch.equal(free.x, fixed.x)
    assert torch.equal(weights_of(free.task), weights_of(fixed.task))


# --- inputs as people draw them --------------------------------------------


def test_drawn_inputs_stay_on_the_pad() -> None:
    x = drawn_inputs(4000, 40, 3, generator(6))
    assert x.isfinite().all()
    assert x.abs().max() < 12
    assert (x.abs() > 4).float().mean() < 0.005
    assert 0.7 < x.std() < 1.5


def test_some_drawn_prompts_lie_on_one_side() -> None:
    centre = drawn_inputs(4000, 40, 1, generator(6)).mean(1).abs()
    assert 0.2 < (centre > 0.6).float().mean() < 0.5


def test_some_drawn_prompts_keep_to_a_clump_for_a_while() -> None:
    x = drawn_inputs(4000, 40, 2, generator(6))
    step = (x[:, 1:] - x[:, :-1]).norm(dim=-1).median(1).values
    plain = torch.randn(4000, 40, 2, generator=generator(6))
    plain_step = (plain[:, 1:] - plain[:, :-1]).norm(dim=-1).median(1).values
    assert (plain_step < 0.4).float().mean() < 0.01
    assert (step < 0.4).float().mean() > 0.05


def test_about_one_in_seven_drawn_prompts_sweeps_across() -> None:
    """Six inputs in order happen by chance in 2 of 720 prompts; clumps add next to none."""
    first = drawn_inputs(4000, 40, 2, generator(6))[:, :6, 0]
    steps = first.diff(dim=1)
    ordered = ((steps > 0).all(1) | (steps < 0).all(1)).float().mean()
    assert 0.09 < ordered < 0.18


def test_a_sweep_goes_either_way() -> None:
    steps = drawn_inputs(4000, 40, 1, generator(6))[:, :6, 0].diff(dim=1)
    up, down = (steps > 0).all(1).sum(), (steps < 0).all(1).sum()
    assert 0.4 < up / (up + down) < 0.6


# --- Prompt ----------------------------------------------------------------


def test_a_slice_takes_the_same_rows_of_every_field() -> None:
    prompt = FlagshipPrior().sample(10, 4, generator(0))
    part = prompt[slice(1, None, 3)]
    for field in FIELDS:
        read = attrgetter(field)
        assert torch.equal(read(part), read(prompt)[[1, 4, 7]]), field


def test_a_task_answers_at_other_inputs_and_takes_missing_features_for_zero() -> None:
    prompt = FlagshipPrior(dim=3).sample(4, 5, generator(0))
    torch.testing.assert_close(prompt.task.answer(prompt.x[..., :3]), prompt.clean)
    x = torch.randn(4, 7, 3, generator=generator(1))
    w = weights_of(prompt.task)[:, None, :3]
    torch.testing.assert_close(prompt.task.answer(x), (x * w).sum(-1))
    assert prompt.task.answer(x.double()).dtype == torch.float64


def test_to_moves_every_field() -> None:
    moved = FlagshipPrior().sample(3, 4, generator(0)).to("meta")
    assert all(attrgetter(field)(moved).device.type == "meta" for field in FIELDS)


# --- bad arguments ---------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"dim": 0}, "dim must be at least 1, not 0"),
        ({"dim": 2, "sigma": -0.1}, "sigma must be finite and not negative"),
        ({"dim": 2, "sigma": float("nan")}, "sigma must be finite"),
        ({"dim": 2, "sigma": float("inf")}, "sigma must be finite"),
        ({"dim": 2, "tau": 0.0}, "tau must be finite and positive"),
        ({"dim": 2, "tau": -1.0}, "tau must be finite and positive"),
        ({"dim": 2, "used": 3}, "used must be from 1 to dim = 2, not 3"),
        ({"dim": 2, "used": 0}, "used must be from 1 to dim = 2, not 0"),
    ],
)
def test_a_plain_prior_refuses(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        PlainPrior(**arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"inputs": "spiral"}, 'inputs must be "drawn" or "plain", not \'spiral\''),
        ({"dim": 0}, "dim must be one of 1 to 8, not 0"),
        ({"dim": 9}, "dim must be one of 1 to 8, not 9"),
        ({"max_dim": 2, "dim": 3}, "dim must be one of 1 to 2, not 3"),
        ({"dim_weights": (0.5, 0.5)}, "dim_weights must hold 8 shares"),
    ],
)
def test_a_flagship_prior_refuses(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        FlagshipPrior(**arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"sigma": -1.0},
        {"sigma": float("nan")},
        {"sigmas": ()},
        {"sigmas": (0.1, -1.0)},
        {"p_intercept": 1.5},
        {"tau": 0.0},
        {"max_dim": 0},
        {"dim": 2.5},
        {"dim_weights": (-1.0,) * 8},
        {"dim_weights": (0.0,) * 8},
    ],
)
def test_a_flagship_prior_also_refuses(arguments: dict[str, Any]) -> None:
    (name,) = arguments
    with pytest.raises(ValueError, match=name):
        FlagshipPrior(**arguments)


def test_dim_weights_may_be_whole_numbers() -> None:
    FlagshipPrior(dim_weights=(1,) * 8).sample(4, 2, generator(0))


@pytest.mark.parametrize("prior", [PlainPrior(2, sigma=1), FlagshipPrior(sigma=1)])
def test_a_whole_sigma_is_stored_as_a_real_number(prior: Any) -> None:
    assert prior.sample(2, 3, generator(0)).sigma.dtype == torch.float32
