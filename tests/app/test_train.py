"""The page that trains, as Streamlit runs it, and what feeds it."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import generator
from icl_core.recipes import recipe_from_dict
from icl_core.training.trainer import initial_model
from icl_core.uploads import read_upload
from tests.support.known import known, weights_of
from tests.support.rendered import Open, run_until, words
from tests.support.strategies import junk
from tests.support.trainings import TINY
from tests.support.waiting import eventually
from ui.train.numbers import manifest_file, packed, weights_file
from ui.train.settings import (
    CODEC,
    LAYERS,
    OPTIMISERS,
    POOLS,
    SIGMAS,
    STEPS,
    WIDTHS,
    TrainingSettings,
    label_of,
    recipe_of,
)
from ui.train.supervisor import SUPERVISOR, Run, Supervisor, TrainingLimits
from ui.visitor import networks
from ui.visitor.networks import NO_WEIGHTS, Network
from ui.visitor.screen import EXAMPLE, Screen, to_link

wanted = st.builds(
    TrainingSettings,
    d=st.integers(1, 2),
    sigma=st.sampled_from(SIGMAS),
    pool=st.sampled_from(list(POOLS)),
    layers=st.sampled_from(LAYERS),
    width=st.sampled_from(WIDTHS),
    optimiser=st.sampled_from(list(OPTIMISERS)),
    steps=st.sampled_from(STEPS),
    seed=st.integers(0, 999_999),
)
MANY = tuple((x / 8, x / 8) for x in range(-15, 15))  # exact in float32


# --- the link and the recipe -----------------------------------------------------------


@settings(max_examples=100)
@given(wanted)
def test_a_link_reproduces_the_settings_and_they_make_a_recipe(chosen: TrainingSettings) -> None:
    assert CODEC.from_link(CODEC.to_link(chosen)) == (chosen, [])
    recipe = recipe_of(chosen)
    assert recipe_from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


@pytest.mark.slow
@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([f.name for f in CODEC.table]), junk))
def test_junk_leaves_settings_that_make_a_recipe(changes: Any) -> None:
    state, _ = CODEC.apply(TrainingSettings(), changes)
    recipe_of(state)


def test_a_training_may_see_a_few_tasks_only() -> None:
    four, sixteen = (recipe_of(TrainingSettings(pool=pool, seed=3)) for pool in ("4", "16"))
    few, many = known(four.prior.pool), known(sixteen.prior.pool)
    assert few.shape == (4, 2)
    assert torch.equal(few, many[:4])
    prompt = four.prior.sample(50, 3, generator(1))
    drawn = {tuple(row) for row in weights_of(prompt.task).tolist()}
    assert drawn == {tuple(row) for row in few.tolist()}
    assert bool((prompt.x[..., 1] == 1).all())
    assert label_of(four) == "Muon, 2 layers × 64, d = 2, σ = 0.25, 4 tasks, seed 3"
    assert recipe_of(TrainingSettings()).prior.pool is None


# --- a network and the screen ------------------------------------------------------------


def network(prior: Any = None, **shape: Any) -> Network:
    config = TransformerConfig(max_dim=2, max_exemplars=16, layers=2, width=16, heads=4)
    recipe = replace(TINY, model=replace(config, **shape))
    return Network(initial_model(recipe).eval(), prior or TINY.prior, None)


def test_it_shows_as_much_of_the_screen_as_it_can_read() -> None:
    shown = network().fit(Screen(points=MANY, d=5, intercept=False, sigma=1.0, k=30, layer=7))
    assert (shown.d, shown.intercept, shown.sigma) == (2, True, 0.25)
    assert (shown.points, shown.k, shown.layer) == (MANY[:16], 16, 2)


def test_a_plain_network_takes_its_own_dimension() -> None:
    shown = network(PlainPrior(2, sigma=0.5)).fit(Screen(points=None))
    assert (shown.d, shown.intercept, shown.sigma) == (2, False, 0.5)


def test_the_shipped_network_shows_the_whole_screen(model: Transformer) -> None:
    screen = Screen(points=None, d=7, sigma=0.1, k=40, layer=8)
    assert Network(model, FlagshipPrior(), None).fit(screen) == screen


def test_points_that_it_cannot_read_stay_on_the_screen() -> None:
    screen = Screen(points=MANY, d=5, sigma=1.0, k=30)
    moved = [[3.0, 3.0], *map(list, MANY[1:16])]
    after, troubles = network().apply(screen, {"points": moved, "d": 2, "sigma": 0.25, "k": 16})
    assert troubles == []
    assert after == replace(screen, points=((3.0, 3.0), *MANY[1:]))


def test_a_task_that_it_does_not_know_is_said_not_to_be() -> None:
    after, troubles = network().apply(Screen(), {"d": 5})
    assert after.d == 2
    assert troubles == ["this network was trained on d = 2 with an intercept only"]


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from([part.name for part in fields(Screen)]), junk))
def test_any_message_leaves_a_screen_that_it_can_read(changes: Any) -> None:
    mine = network()
    after, _ = mine.apply(Screen(), changes)
    shown = mine.fit(after)
    assert shown == mine.fit(shown)
    assert shown.points is None or len(shown.points) <= 16


# --- taking it away ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished() -> Iterator[Run]:
    """A short training, carried out."""
    supervisor = Supervisor(TrainingLimits(), lambda _: True)
    run = supervisor.start("me", TINY)
    eventually(lambda: not run.active)
    assert run.state == "done"
    yield run
    supervisor.close()


@pytest.mark.slow
def test_what_is_downloaded_can_be_brought_back(finished: Run) -> None:
    step = finished.points()[-2].step
    found = read_upload(weights_file(finished, step), manifest_file(finished, step))
    assert found.name == f"tiny.step{step}"
    for name, value in finished.update(step).model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], value), name


def test_the_entry_says_how_the_weights_came_about(finished: Run) -> None:
    _, entry = packed(finished, 40)
    assert (entry["steps"], entry["prompts"]) == (40, 320)
    assert recipe_from_dict(entry["recipe"]) == TINY
    assert [point["step"] for point in entry["history"]] == [p.step for p in finished.points()]


# --- the page ----------------------------------------------------------------------------


@pytest.fixture
def open_train(open_page: Open) -> Iterator[Open]:
    """The training page with query parameters; what it started ends with the test."""

    def visit(**parameters: str) -> AppTest:
        page = open_page()
        page.switch_page("pages/train.py")
        for name, value in parameters.items():
            page.query_params[name] = value
        return page.run()

    yield visit
    for run in list(SUPERVISOR._runs):
        SUPERVISOR.stop(run)
        SUPERVISOR._remove(run)


def button(page: AppTest, label: str) -> Any:
    return next((found for found in page.button if found.label == label), None)


def component(page: AppTest, part: str) -> Any:
    """The data of the component whose data has this part."""
    found = [json.loads(view.proto.json) for view in page.get("bidi_component")]
    return next((data for data in found if part in data), None)


def test_before_any_training_the_page_shows_the_network_as_it_begins(open_train: Open) -> None:
    page = open_train()
    assert not page.exception
    pad = component(page, "curves")
    assert "before any training" in pad["about"]
    assert sorted(pad["hide"]) == ["errors", "numbers", "python", "task"]
    assert pad["limits"]["points"] == 16
    assert not button(page, "Start training").disabled


def test_how_long_it_takes_is_said_only_where_it_was_measured_here(
    open_train: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_train()
    assert any("is measured as it runs" in said.value for said in page.caption)
    assert "within a minute" not in words(page)
    known = recipe_of(TrainingSettings())
    monkeypatch.setattr(
        SUPERVISOR, "expected_seconds", lambda recipe: 97.4 if recipe == known else None
    )
    page.run()
    assert "About 97 s on this machine, as the last one like it took." in [
        said.value for said in page.caption
    ]
    page.selectbox(key="train_layers").set_value(4).run()
    assert any("is measured as it runs" in said.value for said in page.caption)


def test_a_link_brings_back_the_settings(open_train: Open) -> None:
    page = open_train(td="1", to="adamw", tw="32", tl="3")
    assert page.selectbox(key="train_optimiser").value == "adamw"
    assert "3 layers" in component(page, "curves")["about"]
    assert component(page, "curves")["screen"]["d"] == 1


def test_junk_in_a_link_is_one_sentence(open_train: Open) -> None:
    page = open_train(td="x", to="sgd")
    assert not page.exception
    assert "optimiser is none of muon, adamw" in page.info[0].value


def test_points_beyond_what_it_reads_are_said_to_be(open_train: Open) -> None:
    page = open_train(**to_link(Screen(points=MANY)))
    assert any("at most 16 points" in said.value for said in page.caption)


@pytest.mark.slow
def test_a_training_runs_is_shown_compared_and_carried(open_train: Open) -> None:
    page = open_train(tn="200", tl="1", tw="16")
    button(page, "Start training").click().run()
    assert button(page, "Start training").disabled
    run_until(page, lambda: component(page, "runs"))
    assert "after" in component(page, "curves")["about"]
    assert component(page, "curves")["layers"]["r2"]
    run_until(page, lambda: button(page, "Use it in the playground"))
    first = component(page, "runs")
    assert first["runs"][0]["points"][-1]["step"] == 200
    page.selectbox(key="train_optimiser").select("adamw").run()
    button(page, "Start training").click().run()
    run_until(page, lambda: len(component(page, "runs")["runs"]) == 2)
    assert component(page, "runs")["shown"] == 1
    button(page, "Stop").click().run()
    assert button(page, "Stop") is None
    page.radio(key="train_picked").set_value(0).run()
    assert component(page, "runs")["shown"] == 0
    page.session_state["curves"] = {"message": {"seq": 1, "final": True, "changes": {"at": 0}}}
    page.run()
    button(page, "Use it in the playground").click().run()
    assert not page.exception
    assert page.session_state[networks.OWN].model.config.layers == 1


def test_a_carried_network_answers_in_the_playground(open_page: Open, finished: Run) -> None:
    page = open_page()
    assert not page.segmented_control
    update = finished.update(40)
    page.session_state[networks.OWN] = Network(update.model, TINY.prior, update.readouts)
    page.session_state[networks.CHOSEN] = "own"
    page.run()
    assert not page.exception
    pad = component(page, "curves")
    assert pad["about"].startswith("1 layer,")
    assert len(pad["screen"]["points"]) == 5 < len(EXAMPLE)
    assert pad["link"]["w"] == "own"
    page.segmented_control(key=networks.WIDGET).set_value("shipped").run()
    assert component(page, "curves")["about"].startswith("8 layers")


def test_a_link_to_a_network_that_is_not_there_says_so(open_page: Open) -> None:
    page = open_page(w="own")
    assert page.info[0].value == NO_WEIGHTS
    assert component(page, "curves")["about"].startswith("8 layers")
