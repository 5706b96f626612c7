"""The lesson has a prompt of its own: what a visitor drew is theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import Hand, by_hand, opened
from tests.support.rendered import Open, pad_of, press
from ui.lesson.state import CODEC
from ui.lesson.steps import IDS, step_of
from ui.pages import LESSON, PLAYGROUND
from ui.visitor import session
from ui.visitor.screen import MethodSettings, Screen, to_link

EIGHT = tuple((0.5 * i - 2.0, 0.25 * i) for i in range(8))
DRAWN = Screen(points=EIGHT, show=("ols", "knn"), settings=MethodSettings(lam=0.5), layer=3)
SCREENS = {
    "drawn": DRAWN,
    "sampled": Screen(points=None, seed=7, sigma=0.5, k=11),
    "more features": Screen(points=EIGHT, d=5, k=9),
}


def go(page: AppTest, script: str) -> AppTest:
    """To another page by the navigation."""
    page = page.switch_page(script)
    page.query_params.clear()  # as the browser does
    page = page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize("own", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("step", ["prompt", "linear", "frozen", "used", "pool"])
def test_a_visit_to_the_lesson_leaves_the_visitors_screen_as_it_was(
    open_page: Open, own: Screen, step: str
) -> None:
    page = go(open_page("playground", **to_link(own)), LESSON.script)
    for _ in range(IDS.index(step)):
        page = press(page, "Next")
    page = go(page, PLAYGROUND.script)
    assert page.session_state[session.SCREEN] == own
    assert pad_of(page)["drawing"] == "yours"


def test_a_step_within_the_session_that_is_opened_by_its_name_keeps_the_drawing(
    open_page: Open,
) -> None:
    page = open_page("playground", **to_link(DRAWN)).switch_page(LESSON.script)
    page.query_params.clear()
    page.query_params["es"] = "noise"
    page = go(page.run(), PLAYGROUND.script)
    assert page.session_state[session.SCREEN] == DRAWN


@pytest.mark.parametrize("own", SCREENS.values(), ids=SCREENS)
@pytest.mark.parametrize("step", ["prompt", "frozen"])
def test_a_link_of_the_lesson_brings_what_was_drawn_to_the_other_pages(
    open_page: Open, own: Screen, step: str
) -> None:
    page = go(open_page("playground", **to_link(own)), LESSON.script)
    for _ in range(IDS.index(step)):
        page = press(page, "Next")
    again = open_page("lesson", **pad_of(page)["link"])
    assert pad_of(again)["screen"]["points"] == pad_of(page)["screen"]["points"]
    found = go(again, PLAYGROUND.script).session_state[session.SCREEN]
    wanted = own if step == "prompt" else replace(found, **what_is_drawn(own))
    assert found == wanted


def what_is_drawn(screen: Screen) -> dict[str, Any]:
    """What of a screen is the visitor's, and not the lesson's choice of what is shown."""
    names = ("points", "d", "k", "seed", "sigma", "intercept", "line")
    return {name: getattr(screen, name) for name in names}


def test_a_guess_that_is_not_committed_outlasts_a_reload_and_a_visit_elsewhere() -> None:
    with by_hand() as hand:
        page = opened(LESSON, es="linear")
        page = say(page, hand, guess=1.25)
        link = {"p": "", **CODEC.to_link(page.session_state["lesson"])}
        assert opened(LESSON, **link).session_state["lesson"].guess == 1.25
        page = go(go(page, PLAYGROUND.script), LESSON.script)
        assert page.session_state["lesson"].guess == 1.25
        page = press(page, "Next")
    assert page.session_state["lesson"].guess == 0.0


def say(page: AppTest, hand: Hand, **changes: Any) -> AppTest:
    (pad,) = [key for key in hand.callbacks if key.startswith("lesson_") and "keys" not in key]
    hand.send(pad, {"seq": 1, "final": True, "changes": changes})
    return page.run()


def test_what_is_done_to_your_points_in_the_lesson_is_done_to_them() -> None:
    moved = [[0.0, 1.0], *map(list, EIGHT[1:])]
    with by_hand() as hand:
        page = opened(LESSON, es="frozen", **to_link(DRAWN))
        page = say(page, hand, points=moved)
        page = go(page, PLAYGROUND.script)
    found = page.session_state[session.SCREEN]
    assert found.points == tuple(map(tuple, moved))
    assert found.show == Screen().show  # of a link that says what the step shows


def test_what_is_done_to_a_steps_task_stays_there() -> None:
    with by_hand() as hand:
        page = opened(LESSON, es="prompt")
        page = say(page, hand, points=[[3, -2], [-3, 2]])
        page = go(page, PLAYGROUND.script)
        assert page.session_state[session.SCREEN] == Screen()
        page = go(page, LESSON.script)
    assert page.session_state[session.SCREEN].points == ((3, -2), (-3, 2))
    assert step_of("prompt").task is not None
