"""Two layers more: on a frozen trunk they follow the points, and without them nothing does."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.support.pad import Pad
from tests.support.server import Server

CURVE = "p=sampled&k=12&s=0.25&n=4&x=1.0"


@pytest.mark.slow
def test_added_layers_follow_a_dragged_point_and_without_them_nothing_does(
    page: Page, server: Server
) -> None:
    pad = Pad(page, server.url, "two_layers").open(CURVE)
    layers = page.get_by_test_id("stButtonGroup")
    layers.get_by_text("none", exact=True).click()
    page.wait_for_function("() => location.search.includes('jl=0')")
    pad.wait_settled()
    blind, ridge = pad.told("transformer"), pad.told("bayes")
    pad.drag_point(1, 0, 2.0)
    pad.wait_settled()
    assert pad.told("transformer") == blind == pytest.approx(0, abs=0.3)
    assert pad.told("bayes") != ridge
    layers.get_by_text("2", exact=True).click()
    page.wait_for_function("() => !location.search.includes('jl=0')")
    pad.wait_settled()
    before = pad.told("transformer")
    pad.drag_point(1, 0, -2.0)
    pad.wait_settled()
    assert pad.told("transformer") != before
