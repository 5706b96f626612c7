"""The pad without a mouse."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad, numbers
from ui.visitor.screen import EXAMPLE, Screen


def test_tab_reaches_the_points_one_by_one_and_then_the_query(pad: Pad, page: Page) -> None:
    pad.open()
    pad.tab_until(pad.points.first)
    for index in range(1, len(EXAMPLE)):
        page.keyboard.press("Tab")
        expect(pad.points.nth(index)).to_be_focused()
    page.keyboard.press("Tab")
    expect(pad.query).to_be_focused()


@pytest.mark.parametrize(
    ("key", "move"),
    [
        ("ArrowRight", (0.05, 0)),
        ("ArrowLeft", (-0.05, 0)),
        ("ArrowUp", (0, 0.05)),
        ("ArrowDown", (0, -0.05)),
        ("Shift+ArrowRight", (0.5, 0)),
        ("Shift+ArrowDown", (0, -0.5)),
    ],
)
def test_arrows_move_a_point(pad: Pad, page: Page, key: str, move: tuple[float, float]) -> None:
    pad.open().points.nth(1).focus()
    page.keyboard.press(key)
    pad.wait_settled()
    x, y = EXAMPLE[1]
    assert pad.drawn()[1] == pytest.approx((x + move[0], y + move[1]), abs=1e-6)
    expect(pad.points.nth(1)).to_be_focused()


def test_several_presses_in_a_row_all_count(pad: Pad, page: Page) -> None:
    pad.open().points.nth(1).focus()
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    pad.wait_settled()
    assert pad.drawn()[1][1] == pytest.approx(EXAMPLE[1][1] + 0.25, abs=1e-6)


def test_delete_removes_the_point_and_the_focus_moves_on(pad: Pad, page: Page) -> None:
    pad.open().points.nth(1).focus()
    page.keyboard.press("Delete")
    pad.wait_settled()
    assert pad.drawn() == [EXAMPLE[0], *EXAMPLE[2:]]
    expect(pad.points.nth(1)).to_be_focused()


def test_each_change_is_announced(pad: Pad, page: Page) -> None:
    pad.open()
    expect(pad.live).to_have_attribute("aria-live", "polite")
    pad.points.nth(1).focus()
    page.keyboard.press("ArrowRight")
    x, y = EXAMPLE[1]
    assert numbers(pad.live.inner_text()) == pytest.approx([2, x + 0.05, y])
    page.keyboard.press("Delete")
    expect(pad.live).to_have_text("Example 2 deleted")


def test_ctrl_z_undoes_and_ctrl_y_repeats(pad: Pad, page: Page) -> None:
    pad.open().points.nth(1).focus()
    page.keyboard.press("Delete")
    pad.wait_settled()
    page.keyboard.press("Control+z")
    assert pad.wait_settled().drawn() == list(EXAMPLE)
    page.keyboard.press("Control+y")
    assert len(pad.wait_settled().drawn()) == len(EXAMPLE) - 1


def test_a_point_can_be_given_without_a_mouse(pad: Pad, page: Page) -> None:
    pad.open()
    pad.tab_until(pad.button("addPoint"))
    page.keyboard.press("Enter")
    pad.wait_settled()
    page.keyboard.press("Shift+ArrowUp")
    pad.wait_settled()
    assert len(pad.drawn()) == len(EXAMPLE) + 1


def test_a_handle_of_the_true_line_moves_by_keys(pad: Pad, page: Page) -> None:
    pad.open_screen(Screen(points=None, line=(0.6, 0.2))).handles.nth(1).focus()
    page.keyboard.press("Shift+ArrowUp")
    pad.wait_settled()
    line = pad.screen().line
    assert line == pytest.approx((0.6 + 0.5 / 4.5, 0.2 + 0.25), abs=1e-6)
    expect(pad.handles.nth(1)).to_be_focused()
