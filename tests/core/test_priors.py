"""The contract that every law of tasks keeps, whatever its kind."""

from __future__ import annotations

import ast
import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from icl_core import CheckpointError, list_models, load_prior, predictors
from icl_core.checkpoints import read_manifest
from icl_core.metrics import bootstrap_mean, squared_error
from icl_core.predictors.base import Predictor
from icl_core.predictors.bayes import Bayes
from icl_core.priors import (
    SIGMAS,
    CurvePrior,
    FlagshipPrior,
    LabelPrior,
    PlainPrior,
    PoolPrior,
    Prior,
    QuadraticPrior,
    ReluPrior,
    ScaledPrior,
    ShiftedPrior,
    SparsePrior,
    TreePrior,
    TrunkPrior,
    prior_from_dict,
    prior_kinds,
    prior_to_dict,
    register,
)
from icl_core.priors.inputs import FAR, FAR_SHARE
from icl_core.prompts import SampledPrompt, generator, linear_weights
from icl_core.recipes import list_recipes, load_recipe
from tests.support.known import known, weights_of
from tests.support.server import ROOT

LAWS: dict[str, list[Prior]] = {
    "sparse": [SparsePrior(6, 6, 2), SparsePrior(4, 4, 1)],
    "quadratic": [QuadraticPrior(3, 3), QuadraticPrior(4, 2)],
    "relu": [ReluPrior(6, 3, 8)],
    "tree": [TreePrior(5, 3, 2), TreePrior(4, 4, 3)],
    "plain": [
        PlainPrior(3, sigma=0.5),
        PlainPrior(2, tau=2.0),
        PlainPrior(4, sigma=0.25, used=2),
        PlainPrior(3, sigma=0.5, w_seed=7),
    ],
    "flagship": [
        FlagshipPrior(max_dim=3),
        FlagshipPrior(max_dim=4, inputs="plain", tau=1.5, dim_weights=(0.5, 0.0, 0.3, 0.2)),
        FlagshipPrior(max_dim=2, dim=2, intercept=True, sigmas=(0.25,)),
        FlagshipPrior(max_dim=3, w_seed=3),
        FlagshipPrior(max_dim=3, far=0.3),
    ],
    "pool": [
        PoolPrior(3, 4),
        PoolPrior(2, 1, sigma=0.25, inputs="drawn", intercept=True),
        PoolPrior(3, 64, sigma=0.1, seed=5),
        PoolPrior(2, 8, sigma=0.0),
        PoolPrior(2, sigma=0.25, inputs="drawn", intercept=True),
    ],
    "curves": [
        CurvePrior(),
        CurvePrior(("cubic", "rbf-0.8"), (0.25,)),
        CurvePrior(("periodic-3",), (0.0, 0.5), inputs="plain"),
    ],
    "scaled": [ScaledPrior(3), ScaledPrior(2, sigma=0.25, widest=4.0)],
    "trunk": [TrunkPrior("random"), TrunkPrior("control", sigma=0.0, tau=1.0)],
    "labels": [LabelPrior(3), LabelPrior(8, (10.0,))],
    "shifted": [
        ShiftedPrior(3, sigma=0.25).switched("x-skew", 2.0).switched("w-cap", 45.0),
        ShiftedPrior(3).switched("w-sparse", 0.5).switched("e-uneven", 2.0),
        ShiftedPrior(2).switched("x-mean", 2.0).switched("e-tails", 0.2),
    ],
}
"""At least one law of every kind; a new kind has to add its own."""

CELLS: list[Prior] = [
    FlagshipPrior(max_dim=3).given(dim=2, intercept=True),
    FlagshipPrior(max_dim=3).given(sigma=0.0),
    FlagshipPrior(max_dim=3).given(3, False, 1.0),
    PlainPrior(3, sigma=0.5).given(3, False, 0.5),
]

EVERY = [*(law for laws in LAWS.values() for law in laws), *CELLS]
RULES: list[Predictor] = [
    predictors.ols(),
    *(predictors.ridge(lam) for lam in (0.01, 0.1, 0.25, 1.0, 4.0)),
    *(predictors.gd(steps) for steps in (1, 4, 16, 64)),
    predictors.gd(1, 0.02),
    *(predictors.sgd(rate) for rate in (0.01, 0.05, 0.2)),
    *(predictors.newton(steps) for steps in (1, 3, 8)),
    *(predictors.knn(k, weighted) for k in (1, 3) for weighted in (False, True)),
]

of_every_law = pytest.mark.parametrize("law", EVERY, ids=str)


def test_every_kind_of_law_is_held_to_the_contract() -> None:
    assert set(LAWS) == set(prior_kinds())
    assert all(type(law) is prior_kinds()[kind] for kind, laws in LAWS.items() for law in laws)


# --- exact Bayes ---------------------------------------------------------------


def beaten_by(law: Prior, bayes: Predictor) -> list[str]:
    """The textbook rules whose error on the law's prompts is surely below that of ``bayes``.

    Both answer the same prompts, so the interval is that of the difference. What is
    smaller than the rounding of float32 answers does not count.
    """
    prompt = law.sample(512, 13, generator(41))
    own = squared_error(bayes.predict_next(prompt.x, prompt.y), prompt.clean).mean(1)
    rounding = 1e-6 * float(prompt.clean.square().mean())
    found = []
    for rule in RULES:
        error = squared_error(rule.predict_next(prompt.x, prompt.y), prompt.clean)
        lead = error.double().nan_to_num(1e9, 1e9).mean(1) - own.double()
        _, _, high = bootstrap_mean(lead, seed=0)
        if float(high) < -rounding:
            found.append(rule.name)
    return found


@of_every_law
def test_no_textbook_rule_beats_bayes_on_the_laws_own_prompts(law: Prior) -> None:
    assert beaten_by(law, law.bayes()) == []


def test_a_wrong_bayes_would_be_found_out() -> None:
    assert beaten_by(PlainPrior(3, sigma=0.1), Bayes(sigmas=(1.0,)))
    assert beaten_by(FlagshipPrior(max_dim=3), Bayes(sigmas=(0.0,)))


@pytest.mark.parametrize("sigma", SIGMAS)
def test_bayes_of_a_cell_knows_what_the_law_s_is_in_doubt_of(sigma: float) -> None:
    law = FlagshipPrior(max_dim=3)
    cell = law.given(sigma=sigma)
    prompt = cell.sample(256, 13, generator(3))
    hidden, told = (
        squared_error(part.bayes().predict_next(prompt.x, prompt.y), prompt.clean)
        for part in (law, cell)
    )
    assert told.mean() < hidden.mean()
    ridge = predictors.ridge(max(sigma, 1e-5) ** 2)
    torch.testing.assert_close(
        cell.bayes().weights(prompt.x, prompt.y), ridge.weights(prompt.x, prompt.y)
    )


@pytest.mark.parametrize("law", [law for law in EVERY if getattr(law, "w_seed", None)], ids=str)
def test_where_w_is_fixed_bayes_answers_with_it_from_the_first_question_on(law: Prior) -> None:
    prompt = law.sample(8, 5, generator(2))
    torch.testing.assert_close(law.bayes().predict_next(prompt.x, prompt.y), prompt.clean)
    other = law.with_free_weights()
    assert not torch.allclose(other.bayes().predict_next(prompt.x, prompt.y), prompt.clean)


def test_known_weights_serve_prompts_of_fewer_features_and_refuse_more() -> None:
    rule = PlainPrior(3, w_seed=7).bayes()
    x, y = torch.randn(2, 4, 3, generator=generator(0)), torch.zeros(2, 4)
    w = rule.weights(x, y)
    assert w.shape == (2, 5, 3)
    assert torch.equal(rule.weights(x[..., :2], y), w[..., :2])
    with pytest.raises(ValueError, match="x has 4 features; w is known for 3"):
        rule.predict_next(torch.zeros(2, 4, 4), y)


def test_bayes_is_the_law_s_own_whoever_asks() -> None:
    for law in EVERY:
        assert predictors.bayes(law) == law.bayes()


# --- what a law says of itself is what it draws ----------------------------------


@of_every_law
def test_prompts_are_of_the_cells_and_the_noise_that_the_law_names(law: Prior) -> None:
    prompt = law.sample(400, 6, generator(8))
    assert prompt.x.shape == (400, 6, law.features)
    assert set(prompt.dims.tolist()) == set(law.dims)
    assert law.dims == tuple(sorted({cell.dim for cell in law.cells}))
    assert set(prompt.sigma.tolist()) == set(torch.tensor(law.sigmas).tolist())
    last = prompt.x.gather(2, (prompt.dims - 1)[:, None, None].expand(-1, 6, 1)).squeeze(-1)
    constant = (last == 1).all(1)
    drawn = set(zip(prompt.dims.tolist(), constant.tolist(), strict=True))
    assert drawn == set(law.cells)
    assert law.describe()
    assert "\n" not in law.describe()
    assert not law.describe().endswith(".")


@of_every_law
def test_the_truth_is_what_the_noise_was_added_to(law: Prior) -> None:
    prompt = law.sample(300, 20, generator(9))
    torch.testing.assert_close(prompt.task.answer(prompt.x), prompt.clean)
    noise = (prompt.y - prompt.clean)[prompt.sigma > 0] / prompt.sigma[prompt.sigma > 0, None]
    assert noise.numel() == 0 or noise.std() == pytest.approx(1, abs=0.05)
    assert torch.equal(prompt.y[prompt.sigma == 0], prompt.clean[prompt.sigma == 0])


@of_every_law
def test_queries_are_inputs_of_the_law(law: Prior) -> None:
    queries = law.queries(400, 9, generator(1))
    assert queries.shape == (400, 9, law.features)
    assert torch.equal(queries, law.queries(400, 9, generator(1)))
    assert not torch.equal(queries, law.queries(400, 9, generator(2)))
    used = ((queries != 0).any(1) * (1 + torch.arange(law.features))).amax(1)
    assert set(used.tolist()) == set(law.dims)


def test_a_law_s_weights_are_known_where_it_is_linear() -> None:
    task = PlainPrior(3).sample(4, 2, generator(0)).task
    assert torch.equal(known(linear_weights(task)), weights_of(task))
    assert linear_weights(None) is None


# --- cells ----------------------------------------------------------------------


@of_every_law
def test_given_everything_there_is_one_cell_left_and_given_nothing_the_law(law: Prior) -> None:
    assert law.given().sample(5, 4, generator(1)).y.equal(law.sample(5, 4, generator(1)).y)
    for cell in law.cells:
        for sigma in law.sigmas:
            part = law.given(*cell, sigma)
            assert (part.cells, part.sigmas) == ((cell,), (sigma,))
            assert part == law.given(dim=cell.dim).given(sigma=sigma).given(None, cell.intercept)


@of_every_law
def test_a_cell_that_the_law_does_not_have_is_refused_in_a_sentence(law: Prior) -> None:
    with pytest.raises(ValueError, match=r"^dim must be .* not 99\.$"):
        law.given(dim=99)
    with pytest.raises(ValueError, match=r"^sigma must be .* not 0\.7\.$"):
        law.given(sigma=0.7)
    only = {cell.intercept for cell in law.cells}
    if len(only) == 1:
        with pytest.raises(ValueError, match="have an intercept"):
            law.given(intercept=not only.pop())


def test_a_single_feature_has_no_intercept_to_be_given() -> None:
    with pytest.raises(ValueError, match="Tasks of d = 1 under this law never have an intercept"):
        FlagshipPrior().given(dim=1, intercept=True)


@of_every_law
def test_fixing_the_noise_moves_neither_inputs_nor_tasks(law: Prior) -> None:
    whole, quiet = (
        part.sample(9, 7, generator(4)) for part in (law, law.given(sigma=law.sigmas[0]))
    )
    assert torch.equal(whole.x, quiet.x)
    assert torch.equal(whole.clean, quiet.clean)


@given(
    st.sampled_from(EVERY),
    st.integers(1, 40),
    st.booleans(),
    st.floats(0, 3, allow_nan=False),
)
def test_the_nearest_cell_is_one_of_the_law_s_and_a_cell_of_its_own_stays(
    law: Prior, dim: int, intercept: bool, sigma: float
) -> None:
    cell, level = law.nearest(dim, intercept, sigma)
    assert cell in law.cells
    assert level in law.sigmas
    assert abs(level - sigma) == min(abs(other - sigma) for other in law.sigmas)
    assert abs(cell.dim - dim) == min(abs(other - dim) for other in law.dims)
    assert law.nearest(*cell, level) == (cell, level)


def test_far_inputs_are_the_pad_s_alone_and_lie_far_out() -> None:
    law = FlagshipPrior(max_dim=4, p_intercept=0.5, far=1.0)
    near = replace(law, far=0.0)
    for dim, share in ((1, FAR_SHARE), (2, FAR_SHARE), (3, 0.0), (4, 0.0)):
        x, before = (
            part.given(dim=dim).sample(400, 20, generator(3, dim)).x for part in (law, near)
        )
        moved = x[..., 0] != before[..., 0]
        assert float(moved.float().mean()) == pytest.approx(share, abs=0.02)
        assert not moved.any() or float(x[..., 0][moved].abs().max()) == pytest.approx(FAR, abs=0.1)
        assert bool((x[..., dim:] == 0).all())
    assert bool((law.given(2, True).sample(50, 9, generator(1)).x[..., 1] == 1).all())
    third = replace(law, far=1 / 3).given(dim=1)
    moved = (
        third.sample(600, 20, generator(5)).x != near.given(dim=1).sample(600, 20, generator(5)).x
    )
    assert float(moved[..., 0].any(1).float().mean()) == pytest.approx(1 / 3, abs=0.06)


def test_far_inputs_are_no_plain_ones() -> None:
    assert FlagshipPrior(far=0.3).with_plain_inputs() == FlagshipPrior(inputs="plain")
    with pytest.raises(ValueError, match='far inputs are for "drawn" ones'):
        FlagshipPrior(inputs="plain", far=0.3)
    with pytest.raises(ValueError, match="far must lie between 0 and 1, not 2"):
        FlagshipPrior(far=2)


# --- variants -------------------------------------------------------------------


@of_every_law
def test_variants_change_what_they_name(law: Prior) -> None:
    plain, even, free = law.with_plain_inputs(), law.with_even_dims(), law.with_free_weights()
    assert plain.inputs == "plain"
    assert plain.with_plain_inputs() == plain
    assert set(even.dims) >= set(law.dims)
    first, second = (linear_weights(free.sample(50, 1, generator(s)).task) for s in (1, 2))
    assert first is None or not torch.equal(first, known(second))


def test_a_curriculum_and_a_law_of_dimensions_are_refused_where_they_make_no_sense() -> None:
    assert PlainPrior(4).with_used(2) == PlainPrior(4, used=2)
    assert FlagshipPrior(2).with_dim_weights((0, 1)).dims == (2,)
    with pytest.raises(ValueError, match="dim_grows does not suit the flagship prior"):
        FlagshipPrior().with_used(2)
    with pytest.raises(ValueError, match="The plain prior has one dimension"):
        PlainPrior(4).with_dim_weights((1.0,))


# --- seeds and devices ------------------------------------------------------------


def told(values: Tensor) -> float:
    """One number that depends on every entry and its place."""
    index = torch.arange(1, values.numel() + 1).reshape(values.shape)
    return float((values.double() * index).sum() / values.numel())


OLD_FLAGSHIP = FlagshipPrior(dim_weights=(0.22, 0.20, 0.13, 0.11, 0.08, 0.08, 0.08, 0.10))
"""The law of the first flagship, with the weights of its first pass."""


@pytest.mark.parametrize(
    ("law", "x", "y", "w", "sigma", "dims"),
    [
        (PlainPrior(3, sigma=0.5), -24.14534, -34.661, -10.50579, 32.0, 192),
        (PlainPrior(8), -21.6289, 70.70027, -12.03586, 0.0, 512),
        (PlainPrior(4, 0.25, 2.0, used=3), -50.94172, 55.62278, -12.35178, 16.0, 192),
        (PlainPrior(3, sigma=0.5, w_seed=7), -24.14534, -13.03699, -15.97225, 32.0, 192),
        (FlagshipPrior(), 40.87121, 136.32517, -16.13225, 23.6, 285),
        (FlagshipPrior(w_seed=1), 40.87121, -2.2755, -9.01667, 23.6, 285),
        (FlagshipPrior(3, inputs="plain"), 101.50858, 21.68128, 4.57082, 20.75, 126),
        (FlagshipPrior().given(2, True, 0.25), 367.17553, -39.93245, -0.43936, 16.0, 128),
        (OLD_FLAGSHIP.with_plain_inputs(), 99.93736, -60.90904, -6.54583, 25.2, 234),
    ],
    ids=str,
)
def test_a_seed_gives_the_prompts_that_it_gave_when_the_weights_were_trained(
    law: Prior, x: float, y: float, w: float, sigma: float, dims: int
) -> None:
    """Sums from the code that trained and evaluated the shipped checkpoints."""
    prompt = law.sample(64, 12, generator(5, 3))
    assert told(prompt.x) == pytest.approx(x, abs=1e-3)
    assert told(prompt.y) == pytest.approx(y, abs=1e-3)
    assert told(weights_of(prompt.task)) == pytest.approx(w, abs=1e-3)
    assert float(prompt.sigma.sum()) == pytest.approx(sigma, abs=1e-4)
    assert int(prompt.dims.sum()) == dims


def parts(prompt: SampledPrompt) -> list[Tensor]:
    """Every tensor of a prompt, those of its tasks included."""
    tasks = [part for part in vars(prompt.task).values() if isinstance(part, Tensor)]
    return [prompt.x, prompt.y, *tasks, prompt.sigma, prompt.clean, prompt.dims]


@of_every_law
def test_all_is_made_on_the_generator_s_device_whatever_torch_s_default(law: Prior) -> None:
    usual = [*parts(law.sample(6, 5, generator(1))), law.queries(6, 5, generator(1))]
    with torch.device("meta"):
        here = [*parts(law.sample(6, 5, generator(1))), law.queries(6, 5, generator(1))]
    assert all(part.device.type == "cpu" for part in here)
    assert all(torch.equal(*pair) for pair in zip(usual, here, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@of_every_law
def test_a_generator_on_the_gpu_makes_prompts_there(law: Prior) -> None:
    prompt = law.sample(6, 5, torch.Generator("cuda").manual_seed(1))
    assert all(part.device.type == "cuda" for part in parts(prompt))


# --- the registry -----------------------------------------------------------------


@of_every_law
def test_a_law_survives_a_manifest(law: Prior) -> None:
    table = json.loads(json.dumps(prior_to_dict(law)))
    assert table["kind"] == law.kind
    assert prior_from_dict(table) == law


@pytest.mark.parametrize("kind", ["odd", None, 3, ["plain"]])
def test_an_unknown_kind_is_refused_in_a_sentence(kind: object) -> None:
    with pytest.raises(ValueError, match=r"prior kind must be one of .*flagship.*, not"):
        prior_from_dict({"kind": kind, "dim": 3})


def test_a_kind_has_one_law() -> None:
    register("plain", PlainPrior)  # once more is the same
    with pytest.raises(ValueError, match="There is a prior of kind 'plain' already"):
        register("plain", FlagshipPrior)


def test_every_shipped_checkpoint_and_recipe_has_its_law() -> None:
    stored = read_manifest()
    for name in list_models():
        law, table = load_prior(name), stored[name]["recipe"]["prior"]
        assert json.loads(json.dumps(prior_to_dict(law))) == {**prior_to_dict(law), **table}
    for name in list_recipes():
        assert load_recipe(name).prior.kind in prior_kinds()


def test_there_is_no_law_where_there_is_no_checkpoint() -> None:
    with pytest.raises(CheckpointError, match="There is no checkpoint 'nowhere'"):
        load_prior("nowhere")
    with pytest.raises(CheckpointError, match=r"'playground\.readouts' has no recipe"):
        load_prior("playground.readouts")


def asked_for_its_class(source: str) -> list[int]:
    """The lines where ``isinstance`` is asked about a class of priors."""
    laws = {"Prior", *(law.__name__ for law in prior_kinds().values())}
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("isinstance", "issubclass", "type")
        and laws & {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
    ]


def test_nobody_asks_a_law_for_its_class() -> None:
    assert asked_for_its_class("isinstance(law, (PlainPrior, int))") == [1]
    files = [path for part in ("icl_core", "ui", "pages") for path in (ROOT / part).rglob("*.py")]
    assert len(files) > 100
    found = {str(path): asked_for_its_class(path.read_text()) for path in files}
    assert {path: lines for path, lines in found.items() if lines} == {}
