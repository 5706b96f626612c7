"""The two things besides points that a visitor drags: the true line and the query."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from tests.support.reference import PRINTED, told
from ui.visitor import methods
from ui.visitor.screen import EXAMPLE, Screen

LINE = Screen(points=None, line=(0.6, 0.2), sigma=0.5)


def noise(pad: Pad) -> np.ndarray:
    """What lies between the exemplars and the true line of the link."""
    line = pad.screen().line
    assert line is not None
    x, y = np.array(pad.typed()).T
    return y - (line[0] * x + line[1])


def test_the_true_line_comes_with_two_handles(pad: Pad) -> None:
    pad.open()
    expect(pad.handles).to_have_count(0)
    pad.part("truth").click()
    expect(pad.handles).to_have_count(2)
    assert pad.wait_settled().screen().line is not None
    expect(pad.part("truth")).to_be_checked()


def test_the_tick_of_the_true_line_answers_at_once(pad: Pad) -> None:
    pad.open()
    ticked = pad.part("truth").evaluate("box => { box.click(); return box.checked; }")
    assert ticked, "it must not wait for the server"


def test_the_true_line_can_be_put_away(pad: Pad) -> None:
    pad.open_screen(LINE).part("truth").click()
    pad.wait_settled()
    expect(pad.handles).to_have_count(0)
    assert pad.screen().points is not None


def test_a_handle_redraws_the_exemplars_around_the_line_with_the_same_noise(pad: Pad) -> None:
    pad.open_screen(LINE)
    before, xs = noise(pad), [x for x, _ in pad.typed()]
    pad.drag(pad.handles.nth(1), 0, 1)
    pad.wait_settled()
    line = pad.screen().line
    assert line == pytest.approx((0.6 + 1 / 4.5, 0.2 + 0.5), abs=0.02)
    assert [x for x, _ in pad.typed()] == xs
    assert np.abs(before).max() > 0.1
    assert noise(pad) == pytest.approx(before, abs=2e-4)


def test_the_exemplars_follow_the_handle_before_it_is_let_go(pad: Pad, page: Page) -> None:
    pad.open_screen(LINE)
    lines, points = pad.curves(), pad.everything()["points"]
    pad.drag(pad.handles.nth(0), 0, -1, drop=False)
    pad.wait_settled()
    assert pad.everything()["points"] != points
    assert all(path != lines[method] for method, path in pad.curves().items())
    page.mouse.up()


def test_dragging_a_point_of_a_true_line_makes_the_points_the_visitors_own(pad: Pad) -> None:
    pad.open_screen(LINE)
    others = pad.typed()[1:]
    pad.drag_point(0, 0.2, 0.5)
    pad.wait_settled()
    assert np.allclose(pad.drawn()[1:], others, atol=1e-4)
    expect(pad.handles).to_have_count(0)


def test_dragging_the_query_reads_every_line_there(pad: Pad) -> None:
    pad.open().drag(pad.query, 2, 0)
    pad.wait_settled()
    assert pad.screen().query == pytest.approx(0.5, abs=0.02)
    expected = told(EXAMPLE, pad.screen())
    assert {name: pad.told(name) for name in methods.ids()} == pytest.approx(expected, abs=PRINTED)


@pytest.mark.parametrize(("key", "step"), [("ArrowRight", 0.05), ("Shift+ArrowLeft", -0.5)])
def test_arrow_keys_move_the_query_and_its_readings(pad: Pad, key: str, step: float) -> None:
    pad.open().query.focus()
    pad.page.keyboard.press(key)
    pad.wait_settled()
    assert pad.screen().query == pytest.approx(Screen().query + step)
    expected = told(EXAMPLE, pad.screen())
    assert {name: pad.told(name) for name in methods.ids()} == pytest.approx(expected, abs=PRINTED)
