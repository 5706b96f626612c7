"""Draw any curve: a sine that one network follows and another cannot, and a picked shape."""

from __future__ import annotations

import math

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import OUR_PART, barriers
from tests.support.browser import LOOKS, picture
from tests.support.pad import TOO_WIDE, Pad
from tests.support.server import Server

SINE = "ff=sine&p=sampled&k=10&s=0.1&n=3&x=1.0"


@pytest.mark.slow
def test_a_sine_is_followed_and_a_picked_shape_takes_its_place(page: Page, server: Server) -> None:
    pad = Pad(page, server.url, "curves").open(SINE)
    expect(pad.plane.locator(".band path")).to_have_count(2)
    truth = 2 * math.sin(1.5)
    for who in ("transformer", "bayes"):
        assert pad.told(who) == pytest.approx(truth, abs=0.6)
    assert abs(pad.told("linenetwork") - truth) > 1
    page.get_by_test_id("stButtonGroup").get_by_text("Step", exact=True).click()
    page.wait_for_function("() => location.search.includes('ff=step')")
    pad.wait_settled()
    for who in ("transformer", "bayes"):
        assert pad.told(who) == pytest.approx(1.5, abs=0.6)
    pad.drag_point(1, 0, 1.0)
    pad.wait_settled()
    assert "sampled" not in pad.link()["p"]


@pytest.mark.slow
@pytest.mark.parametrize("device", LOOKS, indirect=True)
def test_both_bands_and_every_section_are_open_to_everyone(
    page: Page, server: Server, device: str
) -> None:
    pad = Pad(page, server.url, "curves").open(f"{SINE}&fb=1&fc=tree&fy=cubic&fz=0.25")
    expect(pad.plane.locator(".outline path")).to_have_count(2)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
    assert barriers(page, OUR_PART) == ""
    assert page.evaluate(TOO_WIDE) == []
    picture(page, f"curves with both bands, {device}")
