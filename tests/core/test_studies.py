"""The studies: distances against an independent implementation, tables, claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge as SklearnRidge
from torch import Tensor

from icl_core import predictors
from icl_core.checkpoints import CheckpointError, read_manifest, write_entry
from icl_core.matching import along
from icl_core.metrics import bootstrap_mean, bootstrap_runs
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.predictors.base import Predictor
from icl_core.priors.linear import PlainPrior
from icl_core.prompts import generator
from icl_core.recipes import Recipe, load_recipe
from icl_core.studies import (
    GROUPS,
    SNAPSHOTS,
    STUDIES,
    claims_of,
    compare,
    is_current,
    read_table,
    run_study,
    write_table,
)
from icl_core.studies.distances import (
    NOISE_RATIOS,
    Questions,
    answers_of,
    distances,
    families,
    family_spd,
    references,
    told_by,
)
from icl_core.studies.layers import STEPS, _nearest
from icl_core.studies.profiles import Measured, Table, _tested, ask, profile

PRIOR = PlainPrior(3, sigma=0.5)


class Rule:
    """A textbook rule where a transformer is expected: its place is known."""

    def __init__(self, rule: Predictor) -> None:
        self.rule = rule

    def predict(self, x: Tensor, y: Tensor, queries: Tensor) -> Tensor:
        return self.rule.predict(x, y, queries)


def answers_like(rule: Predictor, asked: Questions) -> Tensor:
    return answers_of(cast(Transformer, Rule(rule)), asked)


@pytest.fixture(scope="module")
def asked() -> Questions:
    return ask(PRIOR, (1, 2, 3, 5, 9), 6, seed=3)


# --- questions -----------------------------------------------------------------------------


def test_the_same_seed_asks_the_same(asked: Questions) -> None:
    again, other = ask(PRIOR, asked.ks, 6, 3), ask(PRIOR, asked.ks, 6, 4)
    assert torch.equal(asked.x, again.x)
    assert torch.equal(asked.queries, again.queries)
    assert not torch.equal(asked.x, other.x)


def test_queries_are_not_the_exemplars(asked: Questions) -> None:
    assert asked.queries.shape == (6, 6, 3)
    assert not torch.isin(asked.queries, asked.x).any()


# --- distances -----------------------------------------------------------------------------


def test_a_network_that_is_a_rule_lies_at_no_distance_from_it(asked: Questions) -> None:
    spec = asked.spectrum()
    for name, rule in references(PRIOR).items():
        answers = answers_like(rule, asked)
        found = distances(asked, answers, {name: rule}, spec)
        assert found.spd[name].max() < 1e-10, name
        if name in found.ilwd:
            assert found.ilwd[name].max() < 1e-10, name
            assert found.r2.min() > 1 - 1e-9, name


def test_distances_agree_with_scikit_learn(asked: Questions) -> None:
    answers = answers_like(predictors.ridge(0.1), asked)
    found = distances(asked, answers, {"ridge": predictors.ridge(2.0)}, asked.spectrum())
    for i, k in enumerate(asked.ks):
        for b in range(len(asked.y)):
            x, y, q = (part[b].double().numpy() for part in (asked.x, asked.y, asked.queries))
            near, far = (
                SklearnRidge(alpha=lam, fit_intercept=False).fit(x[:k], y[:k]).coef_
                for lam in (0.1, 2.0)
            )
            assert found.spd["ridge"][i, b] == pytest.approx(np.mean((q @ (near - far)) ** 2) / 3)
            assert found.ilwd["ridge"][i, b] == pytest.approx(np.sum((near - far) ** 2) / 3)


def test_a_rule_that_is_not_linear_has_no_ilwd_but_a_lower_r2(asked: Questions) -> None:
    answers = answers_like(predictors.knn(3), asked)
    found = distances(asked, answers, references(PRIOR), asked.spectrum())
    assert "3-NN" not in found.ilwd
    assert found.r2.mean() < 0.9


def test_families_pass_through_their_own_members(asked: Questions) -> None:
    spec = asked.spectrum()
    answers = told_by(predictors.gd(8), asked, spec).answers
    for name, parameters, far in family_spd(asked, answers, spec):
        assert far.shape == (len(parameters), len(asked.ks), len(asked.y))
        if name == "GD":
            assert parameters[int(far.mean((1, 2)).argmin())] == 8


def test_families_begin_at_a_step_and_end_at_least_squares(asked: Questions) -> None:
    spec = asked.spectrum()
    ols = told_by(predictors.ols(), asked, spec).answers
    for name, members in families().items():
        last = members[max(members)] if name != "ridge" else members[min(members)]
        assert (told_by(last, asked, spec).answers - ols).abs().median() < 0.05, name


# --- profiles ------------------------------------------------------------------------------


def measured_as(rule: Predictor, runs: int = 1) -> Measured:
    asked = ask(PRIOR, (1, 2, 3, 4, 9), 64, 5)
    spec = asked.spectrum()
    answers = answers_like(rule, asked)
    far = distances(asked, answers, references(PRIOR), spec)
    return Measured(
        3,
        asked.ks,
        {name: torch.stack([part] * runs) for name, part in far.spd.items()},
        {name: torch.stack([part] * runs) for name, part in far.ilwd.items()},
        torch.stack([far.r2] * runs),
        {n: (p, torch.stack([part] * runs, 1)) for n, p, part in family_spd(asked, answers, spec)},
    )


def test_the_nearest_rule_is_found_in_every_region_of_k() -> None:
    table = profile(measured_as(predictors.ridge(0.4)), ("OLS", "ridge 0.5", "GD 0.01"), seed=1)
    assert {name: part["ks"] for name, part in table["regions"].items()} == {
        "under": [1, 2],
        "at": [3],
        "over": [4, 9],
        "all": [1, 2, 3, 4, 9],
    }
    for part in table["regions"].values():
        assert part["nearest"]["rule"] == "ridge 0.5"
        assert part["nearest"]["margin"][1] > 1
        assert part["families"]["ridge"]["best"] == pytest.approx(0.4, rel=0.3)


def test_a_family_is_chosen_on_some_prompts_and_tested_on_others() -> None:
    far = torch.zeros(2, 1, 8).double()
    far[0, 0, ::2], far[0, 0, 1::2] = 1.0, 6.0  # wins where it is chosen, loses where it is tested
    far[1] = 3.0
    flat = torch.full((1, 1, 8), 2.0).double()
    found = _tested({"ridge": ((0.1,), flat), "GD": ((1.0, 2.0), far)}, seed=1)
    assert found["GD"]["best"] == 1.0
    assert found["GD"]["spd"] == [6.0, 6.0, 6.0]
    assert found["GD"]["over_ridge"] == [3.0, 3.0, 3.0]


def test_of_a_rule_that_few_prompts_carry_the_table_says_so() -> None:
    measured = measured_as(predictors.ridge(0.5))
    rare = torch.full((1, 64), 1e-3).double()
    rare[0, 5] = 100.0
    measured.spd["OLS"][:, measured.ks.index(3)] = rare
    measured.spd["SGD 0.03"][:] = 1.0
    table = profile(measured, ("OLS", "SGD 0.03"), seed=1)
    assert table["by_k"]["heavy"]["OLS"]["3"] == pytest.approx(1e-3)
    assert "SGD 0.03" not in table["by_k"]["heavy"]
    assert "OLS" in table["regions"]["at"]["heavy"]
    assert "SGD 0.03" not in table["regions"]["at"]["heavy"]


def test_a_profile_holds_plain_finite_numbers() -> None:
    table = profile(measured_as(predictors.sgd(0.03), runs=2), ("OLS", "SGD 0.03"), seed=1)
    assert json.loads(json.dumps(table, allow_nan=False)) == table


# --- intervals over runs and prompts -----------------------------------------------------------


def test_one_run_is_a_bootstrap_over_prompts() -> None:
    values = torch.randn(400, 3, generator=generator(1)).double()
    one = bootstrap_runs(values[None], seed=2, draws=4000)
    plain = bootstrap_mean(values, seed=9, draws=4000)
    for a, b in zip(one, plain, strict=True):
        assert torch.allclose(a, b, atol=0.01)


def test_runs_that_differ_widen_the_interval() -> None:
    prompts = torch.randn(400, generator=generator(1)).double()
    alike = torch.stack([prompts] * 3)
    apart = alike + torch.tensor([[-1.0], [0.0], [1.0]])
    (_, low, high), (_, wide_low, wide_high) = (
        bootstrap_runs(part, seed=2) for part in (alike, apart)
    )
    assert wide_high - wide_low > 5 * (high - low)


def test_a_ratio_resamples_both_parts_together() -> None:
    values = torch.rand(2, 300, generator=generator(1)).double() + 1
    value, low, high = bootstrap_runs(3 * values, values, seed=2)
    assert [float(part) for part in (value, low, high)] == pytest.approx([3, 3, 3])


def test_nothing_to_resample_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        bootstrap_runs(torch.zeros(0, 5), seed=1)


# --- tables ----------------------------------------------------------------------------------


def fill(folder: Path, names: list[str]) -> None:
    """Untrained networks under the ladders' names."""
    for i, name in enumerate(names):
        torch.manual_seed(i)
        config = TransformerConfig(max_dim=8, max_exemplars=40, layers=1, width=8, heads=1)
        recipe = Recipe(name, config, PlainPrior(8), steps=4, warmup=1, decay=1)
        note = {
            "architecture": vars(config),
            "recipe": recipe.as_dict(),
            "prompts": 9,
            "wall_seconds": 1,
        }
        write_entry(name, dict(Transformer(config).state_dict()), note, folder)


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ladder")
    fill(folder, [f"depth-{n}" for n in (1, 2, 3, 4, 6, 8, 12)] + ["depth-1-seed2"])
    return folder


def test_a_study_tells_its_weights_and_comes_back_as_it_was(ladder: Path) -> None:
    shares: list[float] = []
    table = run_study("fig3-depth", tasks=4, seed=1, folder=ladder, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    manifest = read_manifest(ladder)
    assert list(table["members"][0]["runs"]) == ["depth-1", "depth-1-seed2"]
    assert table["members"][0]["runs"]["depth-1"]["sha256"] == manifest["depth-1"]["sha256"]
    write_table("fig3-depth", table, ladder)
    assert read_table("fig3-depth", ladder) == table
    assert is_current(table, ladder)
    same = compare(table, table)
    assert same.overlap == same.inside == same.figures > 500
    assert same.largest == 0


def test_a_table_of_other_weights_is_not_current(ladder: Path, tmp_path: Path) -> None:
    table = run_study("fig3-depth", tasks=2, seed=1, folder=ladder)
    fill(tmp_path, [f"depth-{n}" for n in (12, 8, 6, 4, 3, 2, 1)])
    assert not is_current(table, tmp_path)


def test_a_missing_network_is_named(tmp_path: Path) -> None:
    fill(tmp_path, ["depth-1"])
    with pytest.raises(CheckpointError, match="depth-2"):
        run_study("fig3-depth", tasks=2, folder=tmp_path)


@pytest.mark.parametrize("damage", ["", "{", "[1]"])
def test_a_damaged_table_is_a_sentence(damage: str, tmp_path: Path) -> None:
    (tmp_path / "fig1.json").write_text(damage)
    with pytest.raises(CheckpointError, match=r"fig1\.json"):
        read_table("fig1", tmp_path)


def test_a_missing_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="study all") as told:
        read_table("fig1", tmp_path)
    assert str(tmp_path.parent) not in str(told.value)  # visitors read it too


# --- what is shipped ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", STUDIES)
def test_a_shipped_table_belongs_to_the_shipped_weights(name: str) -> None:
    table = read_table(name)
    assert is_current(table)
    assert table["tasks"] >= 1024
    assert {"command", "seed", "commit"} <= table.keys()


def test_the_shipped_claims_follow_from_the_shipped_tables() -> None:
    tables = {name: read_table(name) for name in STUDIES}
    assert claims_of(tables) == read_table("claims")["claims"]


def test_every_finding_of_figs_1_to_3_has_a_row() -> None:
    figures = [claim["figure"] for claim in read_table("claims")["claims"]]
    twice = [3, len(NOISE_RATIOS) + 2, 3]  # on two budgets each
    found = [figures.count(f) for f in ("Fig 1", "Fig 2", "Fig 3a", "Fig 3b")]
    assert found == [*(2 * rows for rows in twice), 2]


def test_every_claim_says_the_study_that_it_was_read_off() -> None:
    by_study: dict[str, list[str]] = {}
    for claim in read_table("claims")["claims"]:
        by_study.setdefault(claim["study"], []).append(claim["figure"])
    assert by_study == {
        "fig1": ["Fig 1"] * 6,
        "fig2": ["Fig 2"] * (len(NOISE_RATIOS) + 2),
        "fig2-160k": ["Fig 2"] * (len(NOISE_RATIOS) + 2),
        "fig3-depth": ["Fig 3a"] * 3,
        "fig3-depth-160k": ["Fig 3a"] * 3,
        "fig3-width": ["Fig 3b"],
        "fig3-width-16d": ["Fig 3b"],
        "layers": ["Fu et al."],
    }


@pytest.fixture
def tables() -> dict[str, Table]:
    """The shipped tables, of networks of 2 to 4 layers that are nearer to ridge than to all."""
    found = {name: read_table(name) for name in STUDIES}
    for member in found["fig3-depth"]["members"][1:4]:
        pooled = member["regions"]["under"]
        pooled["nearest"].update(rule="ridge 0.1", second="OLS", margin=[1.5, 1.4, 1.6])
        for name in ("GD", "Newton"):
            pooled["families"][name]["over_ridge"] = [1.3, 1.2, 1.4]
    return found


def verdict(tables: dict[str, Table]) -> tuple[str, float]:
    said = "With 2 to 4 layers it is nearest to ridge."
    row = next(row for row in claims_of(tables) if row["paper_said"] == said)
    return row["agrees"], row["value"]


def test_a_lead_within_its_interval_is_no_agreement(tables: dict[str, Table]) -> None:
    assert verdict(tables) == ("yes", 1.3)
    nearest = tables["fig3-depth"]["members"][1]["regions"]["under"]["nearest"]
    nearest.update(second="SGD 0.03", margin=[1.02, 0.99, 1.05])
    assert verdict(tables) == ("partly", 1.02)


def test_no_rule_is_nearest_while_a_family_is_nearer_than_every_ridge(
    tables: dict[str, Table],
) -> None:
    families = tables["fig3-depth"]["members"][2]["regions"]["under"]["families"]
    families["GD"]["over_ridge"] = [0.97, 0.93, 1.01]
    assert verdict(tables) == ("yes", 0.97)
    families["GD"]["over_ridge"] = [0.8, 0.7, 0.9]
    assert verdict(tables) == ("partly", 0.8)


def test_a_claim_says_its_budget_and_its_seeds() -> None:
    rows = [row for row in read_table("claims")["claims"] if row["figure"] == "Fig 3a"]
    assert [(row["prompts"], row["runs"]) for row in rows] == [
        ([486_400], [3]),
        ([486_400], [3]),
        ([486_400], [3]),
        *[([160_000], [1])] * 3,
    ]


@pytest.mark.slow
def test_other_tasks_give_the_shipped_figures_again() -> None:
    table = run_study("fig3-depth", tasks=64, seed=6)
    alike = compare(table, read_table("fig3-depth"))
    assert alike.overlap / alike.figures > 0.9


def test_every_study_has_a_command() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(STUDIES)


def test_the_kept_steps_are_those_of_the_recipe() -> None:
    paper = load_recipe("paper")
    assert (*paper.snapshots, paper.last_step) == SNAPSHOTS


def test_a_readout_that_is_a_step_is_found_to_be_that_step() -> None:
    asked = ask(PlainPrior(4), (6,), 64, 3)
    x, y = asked.x[:, :6], asked.y[:, :6]
    steps = (1, 3, 8)
    answers = torch.stack([predictors.newton(n).predict(x, y, asked.queries) for n in steps])
    energy, far = along(x, y, asked.queries, answers, STEPS)
    for i, count in enumerate(steps):
        found = _nearest("Newton", far["Newton"][i], energy[i], seed=1)
        assert found["step"] == [count] * 3
        assert found["unexplained"] == pytest.approx([0.0] * 3, abs=1e-6)
        assert _nearest("GD", far["GD"][i], energy[i], seed=1)["unexplained"][1] > 1e-4


def test_the_layers_of_the_flagship_converge_as_newton_s_method_does() -> None:
    (claim,) = claims_of({name: read_table(name) for name in STUDIES})[-1:]
    assert claim["study"] == "layers"
    assert claim["agrees"] == "yes"
    assert claim["low"] > 1.5


def test_steps_that_grow_alike_are_no_agreement() -> None:
    tables = {name: read_table(name) for name in STUDIES}
    members = tables["layers"]["members"]
    for member in members:
        for part in member["regions"].values():
            part["steps"]["GD"] = part["steps"]["Newton"]
    assert claims_of(tables)[-1]["agrees"] != "yes"
