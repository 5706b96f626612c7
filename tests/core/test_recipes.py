"""Recipes: the files, their errors, and the learning-rate schedule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from icl_core.models.transformer import TransformerConfig
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.recipes import Recipe, list_recipes, load_recipe, recipe_from_dict

GOOD = """\
steps = 50
batch = 4
warmup = 10
decay = 20

[model]
max_dim = 3
max_exemplars = 5
layers = 1
width = 8
heads = 2

[prior]
kind = "plain"
dim = 3
sigma = 0.5
"""


TAIL = {"steps": 10, "rate": 0.5, "exemplars": 2, "short": 0.5}


def write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def table(**changes: Any) -> dict[str, Any]:
    plain = Recipe(
        "tiny", TransformerConfig(max_dim=3), PlainPrior(3), steps=50, warmup=10, decay=20
    ).as_dict()
    return {**plain, **changes}


# --- the optimiser -----------------------------------------------------------


def test_a_recipe_of_before_a_choice_means_what_it_meant() -> None:
    old = table(precision="bf16")
    for later in ("optimiser", "short", "short_exemplars", "fp32_share"):
        del old[later]
    recipe = recipe_from_dict(old)
    assert recipe.optimiser == "muon"
    assert {recipe.short_at(step)[0] for step in range(50)} == {0}
    assert {recipe.precision_at(step) for step in range(50)} == {"bf16"}
    assert recipe_from_dict(table(optimiser="adamw")).optimiser == "adamw"


@pytest.mark.parametrize("optimiser", ["sgd", None, ["muon"]])
def test_an_unknown_optimiser_is_refused(optimiser: Any) -> None:
    with pytest.raises(ValueError, match=r'optimiser must be "muon" or "adamw"'):
        recipe_from_dict(table(optimiser=optimiser))


def test_snapshots_beyond_a_very_long_run_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="snapshots must hold steps"):
        recipe_from_dict(table(steps=10**15, snapshots=[10**15]))


# --- what is shipped -------------------------------------------------------


def test_the_flagship_recipe_is_shipped() -> None:
    assert "playground" in list_recipes()


@pytest.mark.parametrize("name", list_recipes())
def test_a_shipped_recipe_loads_under_its_own_name(name: str) -> None:
    assert load_recipe(name).name == name


@pytest.mark.parametrize("name", list_recipes())
def test_a_shipped_recipe_survives_a_manifest(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe_from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


@pytest.mark.parametrize("name", list_recipes())
def test_a_shipped_prior_fits_its_model(name: str) -> None:
    recipe = load_recipe(name)
    slots = recipe.prior.features
    assert slots <= recipe.model.max_dim


# --- ladders ---------------------------------------------------------------


def test_a_recipe_takes_from_its_base_what_it_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(GOOD)
    mine = load_recipe(write(tmp_path, 'base = "base"\nseed = 4\n[model]\nlayers = 2\n'))
    assert (mine.name, mine.seed, mine.model.layers) == ("mine", 4, 2)
    assert (mine.steps, mine.model.width, mine.prior) == (50, 8, PlainPrior(3, sigma=0.5))


@pytest.mark.parametrize("base", ["mine", "elsewhere"])
def test_a_base_that_is_not_there_is_named(base: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"its base {base}"):
        load_recipe(write(tmp_path, f'base = "{base}"\n'))


@pytest.mark.parametrize("steps", [[0], [50], [1.5], [-3, 4]])
def test_a_snapshot_lies_inside_the_run(steps: list[float]) -> None:
    with pytest.raises(ValueError, match="steps from 1 to 49"):
        recipe_from_dict(table(snapshots=steps))


def test_a_precision_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="fp16"):
        recipe_from_dict(table(stored="fp8"))


EARLY = "-160k"
"""How the names of those rungs end that saw as few prompts as the width ladder's."""


@pytest.mark.parametrize("early", [False, True], ids=["", EARLY])
@pytest.mark.parametrize("ladder", ["depth", "noise"])
def test_a_ladder_stands_on_one_budget(ladder: str, early: bool) -> None:
    rungs = [
        load_recipe(name)
        for name in list_recipes()
        if name.startswith(f"{ladder}-") and (name.endswith(EARLY) or name == "depth-12") == early
    ]
    assert len({rung.steps * rung.batch for rung in rungs}) == 1
    assert_alike(rungs)


@pytest.mark.parametrize("ladder", ["width", "width16d"])
def test_the_rungs_of_a_ladder_differ_in_nothing_but_what_it_is_named_for(ladder: str) -> None:
    assert_alike([load_recipe(name) for name in list_recipes() if name.startswith(f"{ladder}-")])


def assert_alike(recipes: list[Recipe]) -> None:
    rungs = [recipe.as_dict() for recipe in recipes]
    assert len(rungs) >= 3
    for rung in rungs:
        for part in ("model", "prior"):
            for key in ("layers", "width", "sigma", "tau"):
                rung[part].pop(key, None)
        rung.pop("name")
    assert all(rung == rungs[0] for rung in rungs)


# --- reading ---------------------------------------------------------------


def test_a_recipe_is_what_its_file_says(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, GOOD)) == Recipe(
        name="mine",
        model=TransformerConfig(3, 5, layers=1, width=8, heads=2),
        prior=PlainPrior(3, sigma=0.5),
        steps=50,
        batch=4,
        warmup=10,
        decay=20,
    )


def test_a_file_may_name_its_recipe(tmp_path: Path) -> None:
    assert load_recipe(write(tmp_path, f'name = "other"\n{GOOD}')).name == "other"


def test_lists_become_tuples() -> None:
    prior = {"kind": "flagship", "max_dim": 2, "sigmas": [0.0, 1.0], "dim_weights": [0.5, 0.5]}
    assert recipe_from_dict(table(prior=prior)).prior == FlagshipPrior(
        max_dim=2, sigmas=(0.0, 1.0), dim_weights=(0.5, 0.5)
    )


@pytest.mark.parametrize("prior", [PlainPrior(3, 0.1, 2.0), FlagshipPrior(max_dim=3, sigma=0.25)])
def test_as_dict_reads_back(prior: Any) -> None:
    recipe = Recipe("a", TransformerConfig(max_dim=3), prior, steps=90, warmup=1, decay=2, seed=5)
    assert recipe_from_dict(recipe.as_dict()) == recipe


def test_another_seed_makes_another_name() -> None:
    recipe = recipe_from_dict(table())
    other = recipe.with_seed(7)
    assert (other.name, other.seed) == ("tiny-seed7", 7)
    assert recipe_from_dict({**other.as_dict(), "name": "tiny", "seed": recipe.seed}) == recipe


def test_reading_leaves_the_given_table_alone() -> None:
    given = table()
    before = json.dumps(given)
    recipe_from_dict(given)
    assert json.dumps(given) == before


# --- errors: one sentence that names the file -------------------------------


@pytest.mark.parametrize(
    ("line", "replacement", "sentence"),
    [
        ("batch = 4", "batches = 4", "unknown batches; known are adamw_lr, batch, "),
        ("layers = 1", "depth = 1", r"\[model\]: unknown depth; known are heads, layers"),
        ("sigma = 0.5", "noise = 0.5", r"\[prior\]: unknown noise; known are dim, sigma, tau"),
        ("[model]", "[network]", r"a \[model\] table is missing"),
        ("[prior]", "[tasks]", r"a \[prior\] table is missing"),
        ('kind = "plain"', "", "prior kind must be one of curves, flagship, .*, not None"),
        (
            'kind = "plain"',
            'kind = "odd"',
            "prior kind must be one of curves, flagship, .*, not 'odd'",
        ),
        ("steps = 50", "steps = 0", "steps must be a whole number of at least 1, not 0"),
        ("steps = 50", "steps = 50.0", "steps must be a whole number"),
        ("batch = 4", 'batch = "4"', "batch must be a whole number"),
        ("warmup = 10", "warmup = -1", "warmup must be a whole number"),
        ("decay = 20", "decay = 41", "warmup and decay together must fit into steps"),
        ("[model]", "[[tails]]\n[model]", r"\[\[tails\]\]: .*steps"),
        ("batch = 4", "batch = 4\ntails = 3", r"tails must be tables, \[\[tails\]\], not 3"),
        ("batch = 4", 'loss = "mse"', 'loss must be "visible", "relative" or "uniform", not'),
        ("batch = 4", 'precision = "fp8"', 'precision must be "fp32" or "bf16", not \'fp8\''),
        ("heads = 2", "heads = 3", r"\[model\]: width 8 does not divide into 3 heads"),
        ("layers = 1", "layers = 0", r"\[model\]: layers must be a whole number of at least 1"),
        ("sigma = 0.5", "sigma = -1", r"\[prior\]: sigma must be finite and not negative"),
        ("dim = 3\nsigma", "sigma", r"\[prior\]: .*dim"),
        ("steps = 50", "", "steps"),
        ("[model]", "[model", "is not a TOML file"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(
    tmp_path: Path, line: str, replacement: str, sentence: str
) -> None:
    assert line in GOOD
    path = write(tmp_path, GOOD.replace(line, replacement, 1))
    with pytest.raises(ValueError, match=rf"^mine\.toml.*{sentence}") as caught:
        load_recipe(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"mine\.toml is not a TOML file"):
        load_recipe(str(path))


@pytest.mark.parametrize("name", ["nowhere", "folder/nowhere.toml"])
def test_a_missing_recipe_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(ValueError, match=f"There is no recipe '{name}'. Known: .*playground"):
        load_recipe(name)


@pytest.mark.parametrize(
    "prior",
    [{"kind": "plain", "dim": 4}, {"kind": "flagship", "max_dim": 4}],
    ids=["plain", "flag"],
)
def test_a_prior_with_more_features_than_the_model_is_refused(prior: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="max_dim"):
        recipe_from_dict(table(prior=prior))


@pytest.mark.parametrize(
    "change",
    [{"muon_lr": -0.1}, {"adamw_lr": float("nan")}, {"muon_lr": "fast"}, {"seed": "one"}],
    ids=str,
)
def test_rates_and_seeds_that_are_none_are_refused(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(ValueError, match=name):
        recipe_from_dict(table(**change))


# --- the schedule ----------------------------------------------------------


@pytest.fixture
def rates() -> list[float]:
    """Rises over 10 steps, stays for 20, falls over 20."""
    recipe = recipe_from_dict(table())
    return [recipe.rate(step) for step in range(50)]


def test_the_rate_rises_evenly_to_its_peak(rates: list[float]) -> None:
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])


def test_the_rate_stays_at_its_peak(rates: list[float]) -> None:
    assert rates[9:31] == [1.0] * 22


def test_the_rate_falls_evenly_to_almost_nothing(rates: list[float]) -> None:
    assert rates[30:] == pytest.approx([1 - i / 20 for i in range(20)])
    assert 0 < rates[-1] <= 0.05


def test_a_longer_run_begins_as_the_shorter_one_did() -> None:
    short, long = recipe_from_dict(table()), recipe_from_dict(table(steps=500, decay=100))
    assert [short.rate(step) for step in range(31)] == [long.rate(step) for step in range(31)]


def test_the_dimension_of_a_curriculum_grows_evenly_to_all() -> None:
    growing = recipe_from_dict(table(prior={"kind": "plain", "dim": 3}, dim_grows=15))
    used = [vars(growing.prior_at(step))["used"] for step in range(17)]
    assert used == [1] * 5 + [2] * 5 + [3] * 5 + [None] * 2
    assert recipe_from_dict(growing.as_dict()) == growing
    with pytest.raises(ValueError, match="dim_grows does not suit the flagship prior"):
        recipe_from_dict(table(prior={"kind": "flagship", "max_dim": 2}, dim_grows=20))


def test_the_last_share_of_a_run_is_in_float32() -> None:
    recipe = recipe_from_dict(table(precision="bf16", fp32_share=0.2, tails=[TAIL]))
    assert [recipe.precision_at(step) for step in range(60)] == ["bf16"] * 48 + ["fp32"] * 12


def test_short_prompts_are_a_share_of_the_run_and_the_tail_has_its_own() -> None:
    recipe = recipe_from_dict(table(short=0.25, short_exemplars=3, tails=[TAIL]))
    assert {recipe.short_at(step) for step in range(50)} == {(0.25, 3)}
    assert {recipe.short_at(step) for step in range(50, 60)} == {(0.5, 2)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"short": 1.5, "short_exemplars": 3}, "short is a share, at most 1, not 1.5"),
        ({"short": 0.5}, "short_exemplars must be a whole number of at least 1, not 0"),
        ({"short": 0.5, "short_exemplars": 41}, "hold 41 exemplars, more than the model's 40"),
        ({"fp32_share": -0.1}, "fp32_share must be a finite number of at least 0, not -0.1"),
        ({"fp32_share": 2}, "fp32_share is a share, at most 1, not 2"),
    ],
    ids=str,
)
def test_shares_that_do_not_fit_are_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        recipe_from_dict(table(**change))


def test_a_tail_starts_at_its_own_rate_and_falls_to_almost_nothing() -> None:
    recipe = recipe_from_dict(table(tails=[TAIL]))
    assert recipe.last_step == 60
    tail = [recipe.rate(step) for step in range(50, 60)]
    assert tail == pytest.approx([0.5 * (1 - i / 10) for i in range(10)])


def test_one_tail_follows_another() -> None:
    recipe = recipe_from_dict(table(tails=[TAIL, {**TAIL, "steps": 4, "rate": 0.2}]))
    assert recipe.last_step == 64
    assert [recipe.rate(step) for step in range(60, 64)] == pytest.approx([0.2, 0.15, 0.1, 0.05])
    assert recipe.tail_at(49) == (None, 50)
    assert recipe.tail_at(59) == (recipe.tails[0], 60)
    with pytest.raises(ValueError, match="ends at step 64; there is no step 64"):
        recipe.tail_at(64)


def test_a_tail_changes_no_earlier_rate(rates: list[float]) -> None:
    recipe = recipe_from_dict(table(tails=[TAIL]))
    assert [recipe.rate(step) for step in range(50)] == rates


def test_a_tail_is_kept_in_the_plain_values() -> None:
    recipe = recipe_from_dict(table(tails=[TAIL]))
    assert recipe_from_dict(recipe.as_dict()) == recipe


def test_a_tail_may_draw_the_dimensions_by_another_law() -> None:
    prior = {"kind": "flagship", "max_dim": 2}
    weighted = recipe_from_dict(table(prior=prior, tails=[{**TAIL, "dim_weights": [0, 1]}]))
    assert weighted.prior_at(49) == FlagshipPrior(max_dim=2)
    assert weighted.prior_at(50) == FlagshipPrior(max_dim=2, dim_weights=(0, 1))
    plain = recipe_from_dict(table(prior=prior, tails=[TAIL]))
    assert plain.prior_at(50) == FlagshipPrior(max_dim=2)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"steps": 0}, r"\[\[tails\]\]: steps must be a whole number of at least 1, not 0"),
        ({"rate": -1}, r"\[\[tails\]\]: rate must be a finite number of at least 0, not -1"),
        ({"short": 1.5}, r"\[\[tails\]\]: short is a share, at most 1, not 1.5"),
        ({"exemplars": 41}, "The tail's short prompts hold 41 exemplars, more than the model's 40"),
    ],
    ids=str,
)
def test_a_tail_that_does_not_fit_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        recipe_from_dict(table(tails=[{**TAIL, **change}]))


def test_a_law_of_dimensions_that_does_not_fit_is_refused() -> None:
    prior = {"kind": "flagship", "max_dim": 2}
    with pytest.raises(ValueError, match="dim_weights must hold 2 shares"):
        recipe_from_dict(table(prior=prior, tails=[{**TAIL, "dim_weights": [1]}]))
    with pytest.raises(ValueError, match="plain prior has one dimension"):
        recipe_from_dict(table(tails=[{**TAIL, "dim_weights": [1, 1]}]))
