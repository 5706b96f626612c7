"""The playground under a finger, on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import settled
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


def test_a_figure_fills_the_window_by_one_tap_and_gives_it_back(pad: Pad, page: Page) -> None:
    window = page.viewport_size
    assert window is not None
    pad.open()
    small = pad.lab.bounding_box()
    pad.lab.get_by_role("button", name="Full screen", exact=True).tap()
    back = pad.lab.get_by_role("button", name="Close full screen")
    expect(back).to_be_visible()
    whole = pad.lab.bounding_box()
    assert whole == {"x": 0, "y": 0, **window}
    on_top = "([x, y]) => document.elementFromPoint(x, y).shadowRoot !== null"
    assert page.evaluate(on_top, [window["width"] / 2, 10])
    plane = pad.lab.locator(".plane").bounding_box()
    assert plane is not None
    assert plane["height"] > 0.6 * window["height"]
    settled(page)
    pad.click(-2, -2)
    expect(pad.points).to_have_count(len(EXAMPLE) + 1)
    assert pad.wait_settled().drawn()[-1] == pytest.approx((-2, -2), abs=0.05)
    back.tap()
    expect(back).to_have_count(0)
    again = pad.lab.bounding_box()
    assert again is not None
    assert small is not None
    assert again["width"] == small["width"]
    chart = page.get_by_test_id("stPlotlyChart").first
    chart.scroll_into_view_if_needed()
    chart.locator("[data-title=Fullscreen]").tap()
    expect(page.locator("[data-title='Close fullscreen']")).to_be_visible()
    filled = chart.bounding_box()
    assert filled is not None
    assert filled["height"] > 0.6 * window["height"]
    page.locator("[data-title='Close fullscreen']").tap()
    expect(page.locator("[data-title='Close fullscreen']")).to_have_count(0)
