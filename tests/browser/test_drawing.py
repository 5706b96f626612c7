"""Points: given, moved and taken back with a mouse."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from tests.support.reference import PRINTED, told
from ui.visitor import methods
from ui.visitor.screen import EXAMPLE, MAX_POINTS, MethodSettings, Screen


def test_a_click_on_the_empty_plane_adds_a_point_there(pad: Pad) -> None:
    pad.open().click(-2, 1.5)
    pad.wait_settled()
    *before, new = pad.drawn()
    assert before == list(EXAMPLE)
    assert new == pytest.approx((-2, 1.5), abs=0.02)


def test_a_point_goes_through_the_shipped_weights_and_every_method(pad: Pad) -> None:
    pad.open().click(-2, 1.5)
    pad.wait_settled()
    expected = told(pad.drawn(), pad.screen())
    assert {name: pad.told(name) for name in methods.ids()} == pytest.approx(expected, abs=PRINTED)


def test_a_click_on_a_point_adds_none(pad: Pad, page: Page) -> None:
    pad.open()
    page.mouse.click(*pad.centre(pad.points.nth(2)))
    pad.wait_settled()
    expect(pad.points).to_have_count(len(EXAMPLE))


def test_dragging_moves_every_shown_line_before_the_finger_lifts(pad: Pad, page: Page) -> None:
    pad.open()
    before = pad.curves()
    pad.drag_point(0, 0.5, 1.5, drop=False)
    pad.wait_settled()
    during = pad.curves()
    assert set(during) == set(before)
    assert all(during[method] != before[method] for method in before)
    assert pad.link() == {}, "the gesture has not ended yet"
    page.mouse.up()
    pad.wait_settled()
    assert pad.curves() == during


def test_a_dragged_point_ends_where_it_was_put(pad: Pad) -> None:
    pad.open().drag_point(0, 0.5, 1.5)
    pad.wait_settled()
    (x, y), *others = EXAMPLE
    assert pad.drawn()[0] == pytest.approx((x + 0.5, y + 1.5), abs=0.02)
    assert pad.drawn()[1:] == others
    expected = told(pad.drawn(), pad.screen())
    assert {name: pad.told(name) for name in methods.ids()} == pytest.approx(expected, abs=PRINTED)


def test_dragging_keeps_the_plane_and_the_focus(pad: Pad) -> None:
    pad.open()
    pad.plane.evaluate("node => { node.mine = 1; }")
    pad.drag_point(3, 0.3, -0.4)
    pad.wait_settled()
    assert pad.plane.evaluate("node => node.mine") == 1
    expect(pad.points.nth(3)).to_be_focused()


def test_the_axes_hold_still_during_a_drag(pad: Pad, page: Page) -> None:
    pad.open()
    before = pad.ticks()
    pad.drag_point(0, 0, 1.98, drop=False)
    pad.wait_settled()
    assert pad.ticks() == before
    page.mouse.up()
    pad.wait_settled()
    assert pad.axes()[1] > 4, "a point at the edge gets a wider plane, once it is let go"


def test_a_drag_stops_at_the_edge_of_the_plane(pad: Pad) -> None:
    pad.open().drag_point(6, 1.5, 0)
    pad.wait_settled()
    assert pad.drawn()[6][0] == 3


def test_a_double_click_removes_a_point(pad: Pad, page: Page) -> None:
    pad.open()
    page.mouse.dblclick(*pad.centre(pad.points.nth(2)))
    pad.wait_settled()
    assert pad.drawn() == [*EXAMPLE[:2], *EXAMPLE[3:]]


def test_undo_takes_a_gesture_back_and_redo_repeats_it(pad: Pad) -> None:
    pad.open()
    fresh = pad.everything()
    expect(pad.button("undo")).to_be_disabled()
    pad.drag_point(0, 0.5, 1.5)
    moved = pad.wait_settled().everything()
    pad.button("undo").click()
    assert pad.wait_settled().everything() == fresh
    pad.button("redo").click()
    assert pad.wait_settled().everything() == moved


def test_undo_goes_back_one_gesture_at_a_time(pad: Pad) -> None:
    pad.open().click(-2, 1.5)
    pad.wait_settled().click(-2.5, -1)
    pad.wait_settled().button("undo").click()
    pad.wait_settled()
    assert len(pad.drawn()) == len(EXAMPLE) + 1
    pad.button("undo").click()
    pad.wait_settled()
    assert pad.drawn() == list(EXAMPLE)


def test_clear_leaves_an_empty_plane_that_is_answered_too(pad: Pad) -> None:
    pad.open().button("clear").click()
    pad.wait_settled()
    assert pad.drawn() == []
    expect(pad.points).to_have_count(0)
    expect(pad.plane.get_by_text("Click anywhere")).to_be_visible()
    expected = told([], pad.screen())
    assert {name: pad.told(name) for name in methods.ids()} == pytest.approx(expected, abs=PRINTED)


def test_add_point_puts_one_on_the_transformers_line(pad: Pad) -> None:
    pad.open()
    told_before = pad.told("transformer")
    pad.button("addPoint").click()
    pad.wait_settled()
    assert pad.drawn()[-1] == pytest.approx((Screen().query, told_before), abs=PRINTED)
    expect(pad.points.last).to_be_focused()


def test_new_task_samples_other_points_around_a_true_line(pad: Pad) -> None:
    pad.open().button("sample").click()
    pad.wait_settled()
    assert pad.screen().points is None
    assert pad.screen().seed != Screen().seed
    assert pad.typed() != [(round(x, 4), round(y, 4)) for x, y in EXAMPLE]
    expect(pad.handles).to_have_count(2)


FULL = Screen(points=tuple((-2 + 0.1 * i, 0.5) for i in range(MAX_POINTS)))


@pytest.mark.parametrize("way", ["click", "button"])
def test_the_41st_point_is_refused_with_a_sentence_and_nothing_is_lost(pad: Pad, way: str) -> None:
    before = pad.open_screen(FULL).everything()
    if way == "click":
        pad.click(2.5, -2)
    else:
        pad.button("addPoint").click()
    expect(pad.notice).to_contain_text("at most 40")
    assert pad.wait_settled().everything() == before


def test_the_refusal_stays_when_the_averages_arrive(pad: Pad, page: Page) -> None:
    pad.open_screen(
        replace(FULL, settings=MethodSettings(steps=38))
    )  # averages that no other test has computed
    pad.click(2.5, -2)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    expect(pad.wait_settled().notice).to_contain_text("at most 40")


def test_the_refusal_goes_with_the_next_gesture(pad: Pad) -> None:
    pad.open_screen(FULL).click(2.5, -2)
    expect(pad.notice).to_contain_text("at most 40")
    pad.drag_point(0, 0, 1)
    expect(pad.wait_settled().notice).to_be_hidden()


def test_out_of_range_is_said_while_dragging_and_taken_back(pad: Pad, page: Page) -> None:
    pad.open_screen(Screen(points=(*EXAMPLE, (-2.5, 4.2))))
    badge = pad.part("beyond")
    expect(badge).to_be_hidden()
    plane = pad.plane.bounding_box()
    pad.drag_point(1, 0.0, -7.5, drop=False)
    pad.wait_settled()
    expect(badge).to_contain_text("Unlike anything the transformer was trained on")
    assert pad.plane.bounding_box() == plane, "the plane stays under the finger"
    page.mouse.up()
    pad.wait_settled()
    expect(badge).to_be_visible()
    pad.button("undo").click()
    expect(badge).to_be_hidden()
