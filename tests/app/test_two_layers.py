"""Layers on a frozen trunk: what is on the pad, what the page says, and its links."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch

from icl_core.added_layers import TRUNKS
from icl_core.models.trunk import OnTrunk, fingerprint, trunk
from icl_core.priors import TrunkPrior
from tests.support.pages import opened
from tests.support.rendered import pad_of, press, run_until
from tests.support.rendered import words as said
from ui.pages import TRAIN, TWO_LAYERS
from ui.train.supervisor import SUPERVISOR
from ui.two_layers import words
from ui.two_layers.figures import STUDY, row_of
from ui.two_layers.numbers import learners, network_of, sampled_task
from ui.two_layers.settings import IDS, TwoLayers
from ui.visitor.screen import Screen

SAMPLED = {"p": "sampled", "k": "12", "n": "4"}


def test_every_trunk_has_its_words() -> None:
    assert words.TRUNKS.keys() == words.SAYS.keys() == {*TRUNKS}


@pytest.mark.parametrize("name", TRUNKS)
def test_without_added_layers_the_examples_are_not_read(name: str) -> None:
    law = TrunkPrior(name)
    task = sampled_task(Screen(points=None, k=12), law)
    queries = task.x[:, :3]
    blind, added = (network_of(name, layers).model for layers in (0, 2))
    told = [blind.predict(task.x, y, queries) for y in (task.y, -task.y)]
    assert torch.equal(*told)
    assert float(told[0].abs().max()) < 0.3
    assert not torch.equal(*(added.predict(task.x, y, queries) for y in (task.y, -task.y)))


def test_a_sampled_curve_is_a_sum_of_the_features() -> None:
    law = TrunkPrior("fixed", sigma=0.0)
    task = sampled_task(Screen(points=None, k=12, sigma=0.0), law)
    ridge = law.bayes().predict(task.x, task.y, task.x)
    torch.testing.assert_close(ridge, task.y, atol=1e-3, rtol=1e-3)


def test_the_network_s_name_says_how_many_layers_it_has() -> None:
    names = [learners(TwoLayers(layers=count))[0].style.label for count in (0, 1, 2)]
    assert names == ["Trunk + no layer", "Trunk + 1 layer", "Trunk + 2 layers"]
    assert [method.id for method in learners(TwoLayers())] == list(IDS)


# --- what is said of the table -----------------------------------------------------------------


def told(*shares: float) -> str:
    row = copy.deepcopy(STUDY.table["members"][0])
    row["closed_all"] = {
        f"on-{n}": [share, share - 0.01, share + 0.01] for n, share in enumerate(shares, 1)
    }
    return words.verdict(row)


def test_the_verdict_is_computed_from_the_shares() -> None:
    assert "Two added layers close most of the gap; one does not" in told(0.02, 0.8, 0.8, 0.9)
    assert "two layers 80 % (79 to 81)" in told(0.02, 0.8, 0.8, 0.9)
    assert "Two layers do not close most of the gap here; three" in told(0.02, 0.4, 0.8, 0.9)
    assert "Not even four layers surely close most" in told(0.02, 0.1, 0.2, 0.505)
    assert "One added layer is enough" in told(0.6, 0.8, 0.8, 0.9)
    assert "Not even two layers" in told(0.0, 0.1)
    assert "one layer −29 % (−30 to −28)" in told(-0.29, 0.8)
    assert "worse than two layers on x" in told(-0.29, 0.8)
    assert "worse than two layers on x" not in told(0.02, 0.8)


def test_a_trunk_that_changed_would_be_told() -> None:
    row = copy.deepcopy(row_of(STUDY.table, "random"))
    row["trunk"]["on"] |= {"runs": 3, "same after": 2}
    assert "after in 2 of 3 trainings" in words.said_of_trunk(row)


# --- the page ----------------------------------------------------------------------------------


def test_the_page_shows_the_pad_the_features_and_where_its_figures_come_from() -> None:
    page = opened(TWO_LAYERS, **SAMPLED)
    assert not page.exception
    assert not page.error
    assert not page.warning
    pad = pad_of(page)
    assert set(pad["curves"]) == {*IDS}
    assert len(pad["truth"]["curve"]) == len(pad["curves"]["bayes"])
    assert pad["about"].startswith("2 layers")
    assert any(words.verdict(row_of(STUDY.table, "random")) in one.value for one in page.markdown)
    assert any("study two-layers" in code.value for code in page.code)


def test_layers_are_taken_away_and_the_link_says_so() -> None:
    page = opened(TWO_LAYERS, **SAMPLED, jt="control")
    before = pad_of(page)["curves"]
    layers = next(one for one in page.segmented_control if one.label == "Added layers")
    layers.set_value(0).run()
    assert not page.exception
    after = pad_of(page)["curves"]
    assert after["transformer"] != before["transformer"]
    assert after["bayes"] == before["bayes"]
    assert max(map(abs, after["transformer"])) < 0.3
    assert page.query_params["jl"] == "0"
    assert page.query_params["jt"] == "control"


@pytest.mark.parametrize(
    ("link", "sentence"),
    [({"jt": "oak"}, "trunk is none of random"), ({"jl": "7"}, "number of added layers was moved")],
)
def test_what_a_link_may_not_say_is_told(link: dict[str, str], sentence: str) -> None:
    page = opened(TWO_LAYERS, **link)
    assert not page.exception
    assert any(sentence in info.value for info in page.info)


# --- training them -----------------------------------------------------------------------------


@pytest.fixture
def nothing_left() -> Iterator[None]:
    yield
    for run in list(SUPERVISOR._runs):
        SUPERVISOR._remove(run)


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_left")
def test_layers_are_trained_in_the_page_and_answer_on_the_pad() -> None:
    page = opened(TWO_LAYERS, **SAMPLED, jl="1")
    shipped = pad_of(page)["curves"]
    press(page, "Train one layer now")
    run_until(page, lambda: "steps: it does not use" in said(page) or "plateau broke" in said(page))
    trained = pad_of(page)["curves"]
    assert trained["transformer"] != shipped["transformer"]
    assert trained["bayes"] == shipped["bayes"]
    (run,) = SUPERVISOR._runs
    update = run.update(run.points()[-1].step)
    assert isinstance(update.model, OnTrunk)
    assert fingerprint(update.model.trunk) == fingerprint(trunk("random"))
    whose = next(one for one in page.segmented_control if one.label == "Which added layers answer")
    whose.set_value(False).run()
    assert pad_of(page)["curves"]["transformer"] == shipped["transformer"]
    other = page.switch_page(TRAIN.script).run()
    assert not other.exception
    assert not any("snapshot" in one.label for one in other.button)
    assert next(one for one in other.button if one.label == "Start training").disabled == run.active
