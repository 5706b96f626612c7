"""Pair, then collect: on a program whose ``mov`` is the pairing step, and what is stored."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from torch import Tensor

from icl_core.checkpoints import list_models, load_decoder, load_prior
from icl_core.constructions.programs import Program, sgd_program
from icl_core.interventions.heads import head_outputs, replace_heads, without_each_head
from icl_core.interventions.pairing import (
    Asked,
    Swap,
    head_cost,
    head_costs,
    pairing_scores,
    swap_ends,
    swap_heads,
    x_readable,
)
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.models.base import EditableModel, Edits
from icl_core.models.transformer import Transformer
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.pairing import cells_of, exemplars_for, measured, ranked
from tests.support.editable_program import EditableProgram
from tests.support.known import known

LAW, PAIRS, RATE = PlainPrior(2), 4, 0.03
MOV = (0, 0)
"""The first layer of a program brings x_t to y_t with its first head."""


@pytest.fixture(scope="module")
def sgd() -> Program:
    return sgd_program(2, PAIRS, RATE)


@pytest.fixture(scope="module")
def program(sgd: Program) -> EditableModel:
    return cast(EditableModel, EditableProgram(sgd))


@pytest.fixture(scope="module")
def pair() -> Pair:
    return sample_pairs(LAW, 6, PAIRS, 3, seed=5)


def only(model: EditableModel, *heads: tuple[int, int]) -> Tensor:
    chosen = torch.zeros(model.layers, model.heads, dtype=torch.bool)
    for head in heads:
        chosen[head] = True
    return chosen


def swapped(model: EditableModel, pair: Pair, chosen: Tensor) -> Swap:
    return swap_heads(model, pair, swap_ends(model, pair), chosen)


# --- the score ---------------------------------------------------------------------------


def test_uniform_attention_scores_the_closed_form() -> None:
    k = 12
    uniform = torch.ones(2 * k, 2 * k).tril()
    uniform /= uniform.sum(-1, keepdim=True)
    score = pairing_scores(uniform[None, None, None])
    assert score.item() == pytest.approx(sum(1 / (2 * t) for t in range(1, k + 1)) / k)


def test_only_a_y_that_reads_its_own_x_scores() -> None:
    previous = torch.eye(8).roll(1, 0)  # each token reads the one before it
    assert pairing_scores(previous[None, None, None]).item() == 1
    x_reads_previous_y = previous.clone()
    x_reads_previous_y[1::2] = torch.eye(8)[1::2]
    assert pairing_scores(x_reads_previous_y[None, None, None]).item() == 0


# --- the construction ----------------------------------------------------------------------


def test_the_adapter_answers_as_the_program(
    sgd: Program, program: EditableModel, pair: Pair
) -> None:
    told = program.predict(pair.x_a, pair.y_a, pair.queries)
    by_runs = sgd.predict(pair.x_a, pair.y_a, pair.queries).float()
    torch.testing.assert_close(told, by_runs, atol=1e-6, rtol=1e-6)


def test_mov_is_found_and_is_the_way_from_x_to_y(program: EditableModel) -> None:
    row = measured(program, LAW, 8, seed=2)
    assert row["head"]["at"] == list(MOV)
    assert row["head"]["score"][0] == 1
    swap = row["swap"]
    assert swap["one"]["share"][0] == pytest.approx(1, abs=1e-4)
    assert swap["one"]["r2"][0] == pytest.approx(1, abs=1e-4)
    assert swap["null"]["share"][0] == pytest.approx(0, abs=1e-4)
    assert swap["x tokens"]["share"][0] == pytest.approx(0, abs=1e-4)
    assert swap["none"]["r2"][0] < 0.5


def test_without_mov_nothing_is_learned(program: EditableModel, pair: Pair) -> None:
    asked = Asked(pair.x_a, pair.y_a, pair.queries, known(pair.target))
    gathered = asked.gathered(program)
    broken, zero = head_cost(program, asked, gathered, MOV, "zero"), asked.target.square().mean(-1)
    torch.testing.assert_close(broken, zero, atol=1e-5, rtol=1e-5)
    whole = head_costs(program, asked, gathered)
    assert whole.base.mean() < zero.mean()
    for kind in ("mean", "resample"):
        cost = head_cost(program, asked, gathered, MOV, kind)
        assert cost.mean() > 1.2 * whole.base.mean()
    torch.testing.assert_close(cost_by_mean(program, asked, gathered), whole.without[MOV])


def cost_by_mean(model: EditableModel, asked: Asked, gathered: Tensor) -> Tensor:
    return head_cost(model, asked, gathered, MOV, "mean")


def test_no_other_head_carries_x_to_y(program: EditableModel, pair: Pair) -> None:
    others = ~only(program, MOV)
    swap = swapped(program, pair, others & only(program, *((b, 0) for b in range(1, 6))))
    assert not torch.equal(swap.target, swap.before)
    one = swapped(program, pair, only(program, MOV))
    torch.testing.assert_close(one.answers, one.target, atol=1e-6, rtol=1e-6)


def test_x_is_read_at_y_from_mov_on(program: EditableModel) -> None:
    prompts = LAW.sample(40, PAIRS, torch.Generator().manual_seed(4))
    readable = x_readable(program, prompts.x, prompts.y)
    assert readable[0] < 0.3
    assert readable[1] > 0.999


# --- edits of heads, whatever the weights ---------------------------------------------------


@pytest.fixture(scope="module")
def few() -> Pair:
    return sample_pairs(FlagshipPrior(max_dim=4, dim=3, intercept=False, sigma=0.5), 3, 5, 2, 1)


def test_without_each_head_is_one_head_at_a_time(model: Transformer, few: Pair) -> None:
    outputs = head_outputs(model, few.x_b, few.y_b, few.queries).heads
    whole, without = without_each_head(model, few.x_a, few.y_a, few.queries, outputs)
    torch.testing.assert_close(whole, model.predict(few.x_a, few.y_a, few.queries))
    everywhere = torch.ones(2 * few.y_a.shape[1] + few.queries.shape[1], dtype=torch.bool)
    for head in ((0, 2), (2, 1)):
        chosen = torch.zeros(model.layers, model.heads, dtype=torch.bool)
        chosen[head] = True
        edits = replace_heads(chosen, everywhere, outputs)
        alone = model.predict(few.x_a, few.y_a, few.queries, edits=edits)
        torch.testing.assert_close(without[head], alone, atol=1e-5, rtol=1e-5)
        assert not torch.allclose(alone, whole)


def test_a_run_with_its_own_heads_put_back_is_itself(model: Transformer, few: Pair) -> None:
    outputs = head_outputs(model, few.x_a, few.y_a, few.queries).heads
    everywhere = torch.ones(2 * few.y_a.shape[1] + few.queries.shape[1], dtype=torch.bool)
    every = torch.ones(model.layers, model.heads, dtype=torch.bool)
    edits = replace_heads(every, everywhere, outputs)
    same = model.predict(few.x_a, few.y_a, few.queries, edits=edits)
    torch.testing.assert_close(same, model.predict(few.x_a, few.y_a, few.queries))


def test_a_swap_of_every_head_and_b_s_x_is_not_a_swap_of_none(
    model: Transformer, few: Pair
) -> None:
    every = torch.ones(model.layers, model.heads, dtype=torch.bool)
    swap, none = swapped(model, few, every), swapped(model, few, ~every)
    assert torch.equal(none.answers, none.before)
    assert not torch.allclose(swap.answers, swap.before)


def test_the_mean_stands_in_token_by_token(model: Transformer, few: Pair) -> None:
    asked = Asked(few.x_a, few.y_a, few.queries, known(few.target))
    gathered = asked.gathered(model)
    costs, mean = head_costs(model, asked, gathered), gathered.mean(1)

    def put(block: int, values: Tensor) -> Tensor:
        if block != 1:
            return values
        values = values.clone()
        values[:, :, 0] = mean[1][:, 0]
        return values

    told = model.predict(few.x_a, few.y_a, few.queries, edits=Edits(heads=put))
    torch.testing.assert_close(
        costs.without[1, 0], (told - asked.target).square().mean(-1), atol=1e-5, rtol=1e-5
    )


# --- what is told --------------------------------------------------------------------------


def test_heads_are_ranked_by_score_then_cost() -> None:
    score = torch.tensor([[0.1, 0.9], [0.6, 0.2]])
    cost = torch.tensor([[5.0, 3.0], [9.0, 7.0]])
    found = ranked(score, cost)
    assert found.pairing == [(0, 1), (1, 0)]
    assert found.other == (1, 1)
    none = ranked(score / 10, cost)
    assert (none.pairing, none.best, none.other) == ([], (0, 1), (1, 0))


def test_a_law_of_many_tasks_is_asked_for_lines_and_for_its_widest() -> None:
    cells = [law.cells for law in cells_of(FlagshipPrior())]
    assert [tuple(map(tuple, cell)) for cell in cells] == [((2, True),), ((8, False),)]
    assert cells_of(LAW) == [LAW]
    assert exemplars_for(PlainPrior(16), 40) == 40
    assert exemplars_for(PlainPrior(2), 8) == 8


# --- what is stored ------------------------------------------------------------------------


def test_the_shipped_table_belongs_to_the_shipped_weights() -> None:
    table = read_table("pairing")
    assert is_current(table)
    assert {"command", "seed", "commit"} <= table.keys()
    assert {row["network"] for row in table["members"]} == set(list_models())
    assert compare(table, table).overlap == compare(table, table).figures > 100


def test_the_stored_swap_has_a_large_effect_and_no_null() -> None:
    """The page's claim, network by network: an effect near its ceiling, a null near zero.

    Trees alone have a head, in the first layer, that costs as much as the one that pairs.
    """
    rows = [row for row in read_table("pairing")["members"] if row["pairing"] and not row["of"]]
    assert len(rows) >= 40
    for row in rows:
        swap = row["swap"]
        assert swap["all"]["share"][0] > 0.75, row["label"]
        assert abs(swap["null"]["share"][0]) < 0.05, row["label"]
    costs = {
        row["label"]: (row["head"]["cost"]["mean"], row["other"]["cost"]["mean"]) for row in rows
    }
    assert [label for label, (head, other) in costs.items() if head[0] <= other[0]] == [
        "tree, d = 8"
    ]


def test_the_stored_networks_that_pair_are_those_that_learn() -> None:
    """None with one layer, none that knows w or two lines; the paper's when its plateau breaks."""
    rows = {row["network"]: row for row in read_table("pairing")["members"]}
    alone = [name for name, row in rows.items() if not row["pairing"] and not row["of"]]
    assert sorted(name.split("-seed")[0] for name in alone if name != "control") == [
        "depth-1",
        "depth-1",
        "depth-1",
        "depth-1-160k",
        "lines-1",
        "lines-2",
    ]
    early, late = rows["paper.step250"], rows["paper.step550"]
    assert not early["pairing"]
    assert early["error"][0] > 0.9 * early["zero"][0]
    assert late["pairing"]
    assert late["error"][0] < 0.2 * late["zero"][0]


@pytest.mark.slow
def test_fresh_prompts_give_the_stored_figures_again() -> None:
    model, law = load_decoder("depth-2"), load_prior("depth-2")
    row = measured(model, law, 32, seed=77)
    stored = next(r for r in read_table("pairing")["members"] if r["network"] == "depth-2")
    assert row["head"]["at"] == stored["head"]["at"]
    assert row["swap"]["all"]["share"][0] == pytest.approx(
        stored["swap"]["all"]["share"][0], abs=0.1
    )
    assert row["head"]["score"][0] == pytest.approx(stored["head"]["score"][0], abs=0.02)


def test_a_network_that_was_added_since_is_not_compared() -> None:
    table = read_table("pairing")
    fewer = table | {"members": table["members"][1:]}
    assert 100 < compare(table, fewer).figures < compare(table, table).figures
    assert compare(table, fewer).overlap == compare(table, fewer).figures
