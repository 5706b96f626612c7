"""The opening page."""

import copy
import shutil
from pathlib import Path

import pytest
import torch

import icl_core.checkpoints as checkpoints
from icl_core.checkpoints import load_decoder
from tests.support.rendered import Open, pad_of
from ui.answers.solve import solve
from ui.home.doors import in_words
from ui.home.opening import opening_of, weights_changed
from ui.lesson.steps import steps
from ui.pages import all_pages
from ui.visitor import methods, session
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen, from_link, to_link

HERE = {"o": "1"}


def test_it_shows_one_live_figure_and_the_doors(open_root: Open) -> None:
    page = open_root()
    assert not page.exception
    assert set(pad_of(page)["curves"]) == {"transformer", "ridge"}
    doors = [link.proto.page for link in page.get("page_link")]
    assert doors == [spec.name for spec in all_pages() if spec.door is not None]
    assert {"playground", "lesson", "inside"} <= set(doors)


def test_what_is_performed_are_the_answers_after_each_number_of_examples(open_root: Open) -> None:
    model = load_decoder("playground")
    given, pad = pad_of(open_root())["opening"], pad_of(open_root())
    assert len(given["after"]) == len(EXAMPLE) + 1
    for read, told in enumerate(given["after"]):
        alone = solve(Screen(points=EXAMPLE[:read]), model).network.at_queries
        assert told == pytest.approx(alone.tolist(), abs=2e-4)
    assert given["after"][-1][:-1] == pytest.approx(pad["curves"]["transformer"], abs=2e-4)


def test_nothing_is_performed_over_a_visitors_own_points(open_root: Open) -> None:
    model = load_decoder("playground")
    own = pad_of(open_root(**to_link(Screen(points=((0.5, 1.0),))), **HERE))["opening"]
    assert own["after"] is None
    assert (own["changed"], own["of"]) == (0, model.config.weights)
    assert opening_of(solve(Screen(points=None), model))["after"] is None
    assert opening_of(solve(Screen(d=3), model))["after"] is None


def test_a_weight_that_changes_is_counted() -> None:
    model = copy.deepcopy(load_decoder("playground"))
    assert weights_changed(model)[0] == 0
    with torch.no_grad():
        next(model.parameters()).view(-1)[:3] += 1e-3
    assert weights_changed(model)[0] == 3


def test_the_doors_count_what_is_there(open_root: Open) -> None:
    told = " ".join(caption.value for caption in open_root().caption)
    assert f"compare {in_words(len(methods.ids()))} learners" in told
    assert f"{in_words(len(steps())).capitalize()} short steps" in told
    assert "{" not in told


def test_an_old_link_of_the_playground_opens_the_playground(open_root: Open) -> None:
    screen = Screen(points=((0.5, 1.0), (1.5, -1.0)), settings=MethodSettings(steps=9))
    page = open_root(**to_link(screen))
    assert page.session_state[session.PAGE] == "playground"
    assert page.session_state[session.SCREEN] == screen


def test_a_link_that_says_nothing_of_a_screen_stays(open_root: Open) -> None:
    page = open_root(utm_source="news")
    assert page.session_state[session.PAGE] == "home"


def test_points_drawn_here_stay_here_and_go_along(open_root: Open) -> None:
    own = Screen(points=((0.5, 1.0), (1.0, 2.0)))
    page = open_root(**to_link(own), **HERE)
    assert page.session_state[session.PAGE] == "home"
    assert pad_of(page)["screen"]["points"] == [[0.5, 1.0], [1.0, 2.0]]
    assert from_link(pad_of(page)["link"])[0] == own
    assert HERE.items() <= pad_of(page)["link"].items()
    page = page.switch_page("pages/playground.py").run()
    assert pad_of(page)["screen"]["points"] == [[0.5, 1.0], [1.0, 2.0]]


def test_a_damaged_checkpoint_is_one_sentence(
    open_root: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = shutil.copytree(checkpoints.FOLDER, tmp_path / "checkpoints")
    with (damaged / "playground.safetensors").open("r+b") as file:
        file.truncate(1000)
    monkeypatch.setattr(checkpoints.load_model, "__defaults__", (None, damaged))
    page = open_root()
    assert not page.exception
    assert "playground.safetensors holds 1000 bytes" in page.error[0].value
