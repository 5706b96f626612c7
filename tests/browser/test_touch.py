"""The playground under a finger, on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad
from ui.visitor.screen import EXAMPLE, Screen

pytestmark = pytest.mark.parametrize("device", ["phone light"], indirect=True)


def test_a_tap_adds_a_point_there(pad: Pad, page: Page) -> None:
    pad.open()
    page.touchscreen.tap(*pad.at(-2, -2))
    pad.wait_settled()
    assert pad.drawn()[:-1] == list(EXAMPLE)
    assert pad.drawn()[-1] == pytest.approx((-2, -2), abs=0.05)


def test_a_finger_drags_a_point_and_not_the_page(pad: Pad, page: Page) -> None:
    pad.open()
    x, y = pad.centre(pad.points.first)
    before, there = pad.curves(), pad.at(0, 0)[1]
    finger = page.context.new_cdp_session(page)
    spots = [(x, y), (x + 8, y + 20), (x + 16, y + 40), (x + 24, y + 60)]
    for step, (a, b) in enumerate(spots):
        kind = "touchMove" if step else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b}]})
    pad.wait_settled()
    during = pad.curves()
    assert all(during[method] != before[method] for method in before)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    pad.wait_settled()
    assert pad.drawn()[0][1] < EXAMPLE[0][1] - 0.5
    assert pad.at(0, 0)[1] == pytest.approx(there, abs=1)


@pytest.mark.parametrize(
    "screen",
    [Screen(), Screen(points=None, d=8), Screen(points=None, intercept=False)],
    ids=["plane", "weights", "plane of w"],
)
def test_nothing_scrolls_sideways(pad: Pad, screen: Screen) -> None:
    pad.open_screen(screen)
    assert pad.too_wide() == []
    pad.show_numbers()
    assert pad.too_wide() == []


def test_everything_to_be_touched_is_big_enough(pad: Pad) -> None:
    pad.open()
    small = pad.lab.locator(
        "button, summary, .hit, label:has(input), input[type=range]"
    ).evaluate_all(
        """nodes => nodes
          .map((node) => [node, node.getBoundingClientRect()])
          .filter(([, box]) => box.width && box.height && (box.width < 24 || box.height < 24))
          .map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width}×${box.height}`)"""
    )
    assert small == []


def test_the_first_answer_is_seen_without_scrolling(pad: Pad) -> None:
    pad.open()
    expect(pad.part("prompt").locator(".answer")).to_be_in_viewport()
