"""Study diversity: the gauge of known learners, the way between tasks, and what is stored."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from icl_core import CheckpointError, load_model, load_prior
from icl_core.arrays import ArrayLike, PromptLimits
from icl_core.checkpoints import list_models
from icl_core.models.base import InContextModel
from icl_core.predictors.base import Predictor
from icl_core.priors import PoolPrior
from icl_core.prompts import generator
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.diversity import (
    LADDERS,
    SHARES,
    between,
    diversity_rows,
    measured,
    network_name,
    run_diversity,
)
from icl_core.studies.profiles import Table

LIMITS, CPU = PromptLimits(8, 6), torch.device("cpu")


@dataclass(frozen=True)
class Rule:
    """A textbook rule in a network's place."""

    rule: Predictor
    limits: PromptLimits = LIMITS
    device: torch.device = CPU

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict`."""
        return self.rule.predict(x, y, queries)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `InContextModel.predict_next`."""
        return self.rule.predict_next(x, y)


LAW = PoolPrior(3, 4, sigma=0.5)


@pytest.mark.parametrize(
    ("rule", "share"), [(LAW.bayes(), 1.0), (LAW.with_free_weights().bayes(), 0.0)]
)
def test_who_knows_the_pool_has_the_gauge_1_and_ridge_has_0(rule: Predictor, share: float) -> None:
    model: InContextModel = Rule(rule)
    found = measured(model, LAW, 40, seed=2)
    for part in ("pool", "new"):
        assert found[part]["gauge"] == pytest.approx([share] * 3, abs=1e-4)
        assert len(found[part]["gauge_at"]) == 7
        twin = "memoriser" if share else "learner"
        assert found[part]["error"]["network"] == found[part]["error"][twin]
    assert found["pool"]["error"]["memoriser"][6][0] < found["pool"]["error"]["learner"][6][0]
    assert found["new"]["error"]["memoriser"][6][0] > found["new"]["error"]["learner"][6][0]
    assert len(found["way"]) == len(SHARES)


def test_a_law_without_a_pool_has_new_tasks_only() -> None:
    free = LAW.with_free_weights()
    found = measured(Rule(free.bayes()), free, 20, seed=2)
    assert set(found) == {"dim", "new"}
    assert set(found["new"]) == {"error"}


def test_the_way_between_two_tasks_begins_and_ends_at_them_and_grows_evenly() -> None:
    first, second = torch.randn(2, 5, 3, generator=generator(1))
    torch.testing.assert_close(between(first, second, 0.0), first)
    torch.testing.assert_close(between(first, second, 1.0), second)
    half = between(first, second, 0.5)
    torch.testing.assert_close(half.norm(dim=-1), (first.norm(dim=-1) + second.norm(dim=-1)) / 2)
    mix = first + second
    torch.testing.assert_close(half / half.norm(dim=-1)[:, None], mix / mix.norm(dim=-1)[:, None])


def test_a_ladder_that_is_not_there_is_said(tmp_path: object) -> None:
    with pytest.raises(CheckpointError, match=r"manifest\.json is missing"):
        run_diversity(folder=tmp_path)  # type: ignore[arg-type]


# --- what is stored ----------------------------------------------------------------------------


def stored() -> dict[str, Table]:
    return {row["label"]: row for row in read_table("diversity")["members"]}


def test_the_stored_table_is_of_every_network_as_it_is_now() -> None:
    table = read_table("diversity")
    assert is_current(table)
    assert table["command"] == "python -m icl_core study diversity"
    names = {network_name(ladder, size) for ladder, sizes in LADDERS.items() for size in sizes}
    assert {row["label"] for row in table["members"]} == names <= set(list_models())
    assert len(diversity_rows(table)) == len(names)
    assert compare(table, table).largest == 0


@pytest.mark.parametrize("name", ["tasks-2", "tasks-8", "lines-1", "lines-2", "lines-4"])
def test_few_tasks_are_known_by_heart(name: str) -> None:
    found = stored()[name]["pool"]
    assert found["gauge"][0] >= 0.9
    assert found["off"] < 1


@pytest.mark.parametrize("tasks", [1024, 2048, 4096, 16384])
def test_of_many_tasks_only_learning_is_left(tasks: int) -> None:
    found = stored()[f"tasks-{tasks}"]["pool"]
    assert found["gauge"][0] <= 0.1
    assert found["off"] < 1


def test_who_saw_new_lines_only_is_within_a_tenth_of_bayes() -> None:
    error = stored()["lines-all"]["new"]["error"]
    own, best = (sum(row[0] for row in error[who][1:]) for who in ("network", "learner"))
    assert 1 <= own / best <= 1.1


def test_half_way_between_two_tasks_who_knows_them_fails_and_ridge_does_not() -> None:
    for name in ("tasks-8", "tasks-32"):
        end, half = (stored()[name]["way"][at] for at in (0, 4))
        assert half["memoriser"][1] > 2 * end["memoriser"][2]
        assert half["network"][1] > 2 * end["network"][2]
        assert half["learner"][0] < 1.2 * end["learner"][0]


@pytest.mark.parametrize("name", ["tasks-8", "tasks-256", "lines-4"])
def test_fresh_prompts_give_the_stored_gauge_again(name: str) -> None:
    row = measured(load_model(name), load_prior(name), 256, seed=123)
    for part in ("pool", "new"):
        old, new = stored()[name][part]["gauge"], row[part]["gauge"]
        assert old[1] <= new[2]
        assert new[1] <= old[2]
