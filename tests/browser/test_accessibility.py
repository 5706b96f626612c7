"""axe-core finds nothing wrong, in any light and on any device."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import barriers
from tests.support.browser import LOOKS
from tests.support.pad import Pad
from ui.visitor.screen import Screen

SCREENS = {
    "at rest": Screen(),
    "with five features": Screen(points=None, d=5),
}


@pytest.mark.parametrize("device", LOOKS, indirect=True)
@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_axe_finds_no_violation(pad: Pad, page: Page, screen: Screen) -> None:
    pad.open_screen(screen)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    assert barriers(page) == ""
