"""Pictures of the page for whoever reviews it, in artefacts/browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import DEVICES, SHOTS
from tests.support.pad import Pad
from ui.visitor.screen import Screen

SCREENS = {
    "at rest": Screen(),
    "after a drag": Screen(),
    "with five features": Screen(points=None, d=5, k=20),
    "the plane of w": Screen(points=None, intercept=False, k=20, steps=20),
}


@pytest.mark.parametrize("device", DEVICES, indirect=True)
@pytest.mark.parametrize("look", SCREENS)
def test_a_picture_of_the_whole_page_that_fits_its_width(
    pad: Pad, page: Page, device: str, look: str
) -> None:
    pad.open_screen(SCREENS[look])
    if look == "after a drag":
        pad.drag_point(0, 0.4, 1.2)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    pad.wait_settled()
    assert pad.too_wide() == []
    width = page.evaluate("innerWidth")
    tall = page.get_by_test_id("stMain").evaluate("node => node.scrollHeight")
    page.set_viewport_size({"width": width, "height": tall})
    SHOTS.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=SHOTS / f"{look}, {device}.png")
    assert len(picture) > 20_000
