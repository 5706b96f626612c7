"""axe-core finds nothing wrong with many features; `test_pages` asks it of each page at rest."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import barriers
from tests.support.browser import LOOKS
from tests.support.pad import Pad
from ui.visitor.screen import Screen


@pytest.mark.parametrize("device", LOOKS, indirect=True)
def test_axe_finds_no_violation_with_five_features(pad: Pad, page: Page) -> None:
    pad.open_screen(Screen(points=None, d=5))
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    assert barriers(page) == ""
