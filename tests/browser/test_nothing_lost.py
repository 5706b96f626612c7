"""What a visitor drew can be had back: on another page, after a lesson, when it was replaced."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from ui.visitor.screen import Screen

DRAWN = Screen(points=((0.5, 1.0), (1.5, -1.0), (-1.0, 0.5)))


def go(page: Page, title: str) -> Pad:
    """To another page by the navigation; its pad."""
    page.get_by_role("link", name=title, exact=True).first.click()
    expect(page).to_have_title(f"{title} · A model within a model")
    pad = Pad(page, "")
    expect(pad.points.first).to_be_visible()
    return pad


def test_undo_goes_along_to_another_page_and_through_a_lesson(pad: Pad) -> None:
    pad.open_screen(DRAWN)
    for x in (-2.0, -1.5):
        pad.click(x, 1)
        pad.wait_settled()
    inside = go(pad.page, "Inside")
    expect(inside.points).to_have_count(5)
    inside.button("undo").click()
    expect(inside.points).to_have_count(4)
    pad.page.wait_for_function("() => location.pathname === '/inside' && location.search")
    lesson = go(pad.page, "Lesson")
    expect(lesson.points).to_have_count(5)  # five film reviews
    lesson.drag_point(0, 0.2, 0.2)
    again = go(pad.page, "Playground")
    expect(again.points).to_have_count(4)
    again.button("redo").click()
    expect(again.points).to_have_count(5)
    again.button("undo").click()
    again.button("undo").click()
    expect(again.points).to_have_count(3)
    expect(again.button("undo")).to_be_disabled()


def test_undo_is_there_after_a_reload(pad: Pad) -> None:
    pad.open_screen(DRAWN).click(-2, 1)
    pad.wait_settled().reload()
    expect(pad.points).to_have_count(4)
    pad.button("undo").click()
    expect(pad.points).to_have_count(3)


REPLACED: dict[str, Callable[[Pad], object]] = {
    "a true line": lambda pad: pad.part("truth").click(),
    "a new task": lambda pad: pad.button("sample").click(),
    "a seed": lambda pad: pad.type_number("seed", "12"),
}


@pytest.mark.parametrize("by", REPLACED)
def test_a_drawing_that_was_replaced_is_offered_back(pad: Pad, by: str) -> None:
    before = pad.open_screen(DRAWN).everything()
    REPLACED[by](pad)
    expect(pad.part("offer")).to_contain_text("take the place of those that you drew")
    pad.wait_settled()
    assert pad.screen().points is None
    pad.part("takeBack").click()
    pad.wait_for(before)
    expect(pad.part("offer")).to_be_hidden()
    assert pad.drawn() == list(DRAWN.points or ())


@pytest.mark.parametrize("said", ["", "-3", "1e9", "2.5"])
def test_a_seed_that_is_none_replaces_nothing(pad: Pad, said: str) -> None:
    before = pad.open_screen(DRAWN).everything()
    pad.type_number("seed", said)
    pad.wait_settled()
    assert pad.everything()["points"] == before["points"]
    assert pad.drawn() == list(DRAWN.points or ())
