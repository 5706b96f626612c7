"""Layers on frozen trunks: the trunks, exact Bayes on their features, the training, the study."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from icl_core import trunks
from icl_core.added_layers import (
    ON,
    SEEDS,
    TRUNKS,
    WHOLE,
    Run,
    load_run,
    runs,
    stored_runs,
)
from icl_core.checkpoints import CheckpointError, read_manifest
from icl_core.models.trunk import (
    DecoderStates,
    OnTrunk,
    fingerprint,
    register_trunk,
    trunk,
    whitened,
)
from icl_core.priors import TrunkPrior
from icl_core.priors.trunk import abscissae
from icl_core.prompts import generator
from icl_core.recipes import Recipe, recipe_from_dict
from icl_core.studies import compare, read_table
from icl_core.studies.two_layers import (
    BASE,
    READOUT,
    RIDGE,
    ZERO,
    measured,
    run_two_layers,
    trunk_before_and_after,
)
from icl_core.training.on_trunks import store, train_run
from icl_core.training.trainer import Trainer, initial_model

SHORT = 4


def short(run: Run) -> Recipe:
    """A run's recipe, of a few steps."""
    return replace(run.recipe, steps=SHORT, warmup=1, decay=2)


# --- the trunks --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUNKS)
def test_features_are_white_over_the_law_s_x(name: str) -> None:
    told = trunk(name)(abscissae()).double()
    torch.testing.assert_close(told.mean(0), torch.zeros(4).double(), atol=1e-4, rtol=0)
    torch.testing.assert_close(told.T.cov(), torch.eye(4).double(), atol=1e-3, rtol=0)


def test_a_trunk_is_the_principal_components_of_its_body() -> None:
    class Doubled(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([5 * x, 0.1 * x.square()], dim=-1)

    x = torch.linspace(-1, 1, 101)[:, None]
    first, second = whitened(Doubled(), x, 2)(x).T
    assert torch.corrcoef(torch.stack([first, x[:, 0]]))[0, 1].abs() == pytest.approx(1, abs=1e-4)
    assert torch.corrcoef(torch.stack([second, x[:, 0].square()]))[0, 1].abs() == pytest.approx(
        1, abs=1e-4
    )


def test_the_control_s_features_are_its_own_states() -> None:
    made = trunk(trunks.CONTROL)
    assert isinstance(made.body, DecoderStates)
    x = torch.tensor([[0.7], [-1.2], [0.7]])
    states = made.body.decoder.next_states(x[:, None], torch.zeros(3, 1))[trunks.BLOCK, :, 0]
    torch.testing.assert_close(made(x), (states - made.mean) @ made.turn, atol=1e-4, rtol=1e-4)


def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="x has 2 features; this trunk takes 1"):
        trunk(trunks.RANDOM)(torch.zeros(3, 2))
    with pytest.raises(ValueError, match=r"no trunk 'oak'\. Known: random, fixed, control"):
        TrunkPrior("oak")
    with pytest.raises(ValueError, match="a trunk 'random' already"):
        register_trunk(trunks.RANDOM, lambda: trunk(trunks.RANDOM))
    recipe = Run(trunks.RANDOM, ON, 2, 0).recipe
    smaller = replace(recipe.model, max_dim=3)
    with pytest.raises(ValueError, match="makes more features than the model takes"):
        replace(recipe, model=smaller)
    with pytest.raises(ValueError, match="sigma must be finite"):
        TrunkPrior(trunks.RANDOM, sigma=-1)


# --- exact Bayes on Φ --------------------------------------------------------------------------


def test_bayes_on_the_features_is_the_mean_of_all_tasks_weighed_by_likelihood() -> None:
    law = TrunkPrior(trunks.RANDOM, sigma=1.0)
    prompt = law.sample(3, 4, generator(5))
    # The trapezoid rule over the weights: exact to rounding where it is finer than the Gaussians.
    axis = torch.linspace(-4, 4, 33, dtype=torch.float64) * law.tau
    w = torch.cartesian_prod(axis, axis, axis, axis)
    features = trunk(law.trunk)(prompt.x).double()
    told = law.bayes().predict(prompt.x[:, :3], prompt.y[:, :3], prompt.x[:, 3:])[:, 0]
    for row in range(3):
        answers = w @ features[row].T
        missed = (prompt.y[row, :3].double() - answers[:, :3]).square().sum(1) / law.sigma**2
        share = torch.softmax(-(missed + w.square().sum(1) / law.tau**2) / 2, 0)
        assert float(told[row]) == pytest.approx(float(share @ answers[:, 3]), abs=1e-3)


# --- the training ------------------------------------------------------------------------------


def trained(run: Run, folder: Path) -> tuple[OnTrunk, Trainer]:
    trainer = Trainer(short(run), folder, held_out=8)
    trainer.run()
    assert isinstance(trainer.model, OnTrunk)
    return trainer.model, trainer


def test_training_leaves_a_frozen_trunk_as_it_was_and_the_layers_not(tmp_path: Path) -> None:
    run = Run(trunks.RANDOM, ON, 1, 0)
    before = initial_model(run.recipe)
    model, _ = trained(run, tmp_path)
    assert fingerprint(model.trunk) == fingerprint(trunk(trunks.RANDOM))
    assert not model.added.keys() & model.kept.keys()
    assert not torch.equal(model.read_in.weight, before.read_in.weight)


def test_the_same_training_changes_a_trunk_that_is_not_frozen(tmp_path: Path) -> None:
    model, _ = trained(Run(trunks.RANDOM, WHOLE, 1, 0), tmp_path)
    assert fingerprint(model.trunk) != fingerprint(trunk(trunks.RANDOM))
    assert fingerprint(trunk(trunks.RANDOM)) == stored_fingerprint(trunks.RANDOM)
    assert not model.kept


def stored_fingerprint(name: str) -> str:
    return str(read_manifest()[trunks.NAME]["trunks"][name]["fingerprint"])


def test_a_training_that_was_cut_short_goes_on_where_it_was(tmp_path: Path) -> None:
    run = Run(trunks.RANDOM, ON, 1, 0)
    Trainer(short(run), tmp_path / "cut", held_out=8).run(until=2)
    resumed, _ = trained(run, tmp_path / "cut")
    whole, _ = trained(run, tmp_path / "whole")
    for name, tensor in whole.added.items():
        assert torch.equal(resumed.added[name], tensor), name


def test_a_run_that_is_stored_is_the_one_that_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(trunks.RANDOM, ON, 1, 0)
    brief = short(run)
    monkeypatch.setattr(Run, "recipe", property(lambda _: brief))
    train_run(run, tmp_path / "runs")
    assert store(tmp_path / "runs", tmp_path / "into") == 1
    (note,) = stored_runs(tmp_path / "into").values()
    assert note["trunk"]["before"] == note["trunk"]["after"] == stored_fingerprint(run.trunk)
    model = load_run(run, tmp_path / "into")
    prompt = run.recipe.prior.sample(2, 5, generator(3))
    assert model.predict_next(prompt.x, prompt.y).isfinite().all()
    with pytest.raises(CheckpointError, match="no weights of 'random-on-2-0'"):
        load_run(Run(trunks.RANDOM, ON, 2, 0), tmp_path / "into")


def test_a_recipe_with_a_trunk_survives_a_manifest() -> None:
    recipe = Run(trunks.FIXED, WHOLE, 2, 1).recipe
    assert recipe_from_dict(recipe.as_dict()) == recipe
    assert not recipe.frozen


# --- the study ---------------------------------------------------------------------------------


def test_the_share_closed_is_that_of_the_gap() -> None:
    ones = torch.ones(1, 64, 13, dtype=torch.float64)
    told = measured({BASE: 2 * ones, f"{ON}-2": 0.5 * ones, RIDGE: 0 * ones}, seed=0)
    assert told["closed_all"][f"{ON}-2"] == [0.75, 0.75, 0.75]
    assert told["all"][BASE] == [2, 2, 2]


def test_a_trunk_that_changed_would_be_found_out() -> None:
    name = trunks.RANDOM
    own = stored_fingerprint(name)
    kept = {"trunk": {"before": own, "after": own}}
    changed = {"trunk": {"before": own, "after": "another"}}
    one, two, whole = (Run(name, what, 2, seed) for what, seed in ((ON, 0), (ON, 1), (WHOLE, 0)))
    told = trunk_before_and_after(name, {one: kept, two: changed, whole: kept})
    assert told[ON] == {"runs": 2, "same before": 2, "same after": 1}
    assert told[WHOLE] == {"runs": 1, "same before": 1, "same after": 1}


@pytest.fixture(scope="module")
def again() -> dict[str, object]:
    return run_two_layers(prompts=96, seed=77)


def test_tables_are_compared_in_what_both_have() -> None:
    table = read_table("two-layers")
    less = deepcopy(table)
    for row in less["members"]:
        del row["error"][f"{ON}-3"], row["closed_all"][f"{ON}-3"]
    whole, part = compare(table, table), compare(table, less)
    rows = len(table["members"])
    assert part.figures == whole.figures - rows * (len(table["ks"]) + 1)
    assert part.largest == 0


def test_the_stored_table_comes_out_again_on_other_prompts(again: dict[str, object]) -> None:
    found = compare(again, read_table("two-layers"))
    assert found.overlap >= 0.9 * found.figures
    assert found.figures > 100


def test_the_stored_table_says_what_the_page_says() -> None:
    table = read_table("two-layers")
    assert [row["label"] for row in table["members"]] == list(TRUNKS)
    known = {run.name for run in runs()}
    assert {run.name for run in stored_runs()} <= known
    for row in table["members"]:
        kept = row["trunk"][ON]
        assert kept["runs"] == kept["same before"] == kept["same after"] > 0
        assert row["trunk"][WHOLE]["same after"] == 0
        error = {who: bounds[0] for who, bounds in row["all"].items()}
        assert error[RIDGE] == min(error.values())
        # Blind to the prompt, the trunk's best linear readout is no better than nothing.
        assert error[READOUT] == pytest.approx(error[ZERO], rel=0.02)
        trained = [kind for kind in row["seeds"] if kind not in (ZERO, READOUT, RIDGE)]
        assert {row["seeds"][kind] for kind in trained} == {len(SEEDS)}
        # Two layers close some of the gap and surely not most of it; four surely do, one none.
        closed = row["closed_all"]
        assert closed[f"{ON}-1"][2] < 0 < closed[f"{ON}-2"][1]
        assert closed[f"{ON}-2"][2] < 0.5 < closed[f"{ON}-4"][1]
        assert closed[f"{ON}-2"][2] < closed[f"{ON}-3"][1]
