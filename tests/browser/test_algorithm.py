"""The page that names the algorithm: it follows slider and finger, and the link holds it all."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.access import barriers
from tests.support.browser import LOOKS, SHOTS
from tests.support.pad import TOO_WIDE, Pad
from tests.support.server import Server
from ui.algorithm.settings import CODEC, Algorithm
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen, to_link

EIGHT = Screen(points=None, d=8, intercept=False, sigma=0.0, k=6)


@pytest.fixture
def algorithm(page: Page, server: Server) -> Pad:
    """The pad on the page that names the algorithm, not yet opened."""
    return Pad(page, server.url, "algorithm")


def opened(pad: Pad, state: Algorithm, screen: Screen = EIGHT) -> Pad:
    """Follow a link to the page; the pad is there only for the visitor's own prompt."""
    link = urlencode({**to_link(screen), **CODEC.to_link(state)})
    if state.asks_mine:
        pad.open(link)
    else:
        pad.page.goto(f"{pad.url}/algorithm?{link}")
    table(pad.page).wait_for()
    expect(pad.page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    return pad


def table(page: Page) -> Locator:
    return page.locator("table.fingerprint")


def test_a_deeper_network_answers_like_another_rule(algorithm: Pad, page: Page) -> None:
    opened(algorithm, Algorithm(layers="1"))
    before = table(page).inner_text()
    slider = page.get_by_role("slider", name="Layers")
    for _ in range(6):
        slider.press("ArrowRight")
    expect(page.get_by_text("12 layers", exact=True)).to_be_visible()
    expect(table(page)).not_to_have_text(before)
    expect(page).to_have_url(page.url)
    assert "alr=12" in page.url


def test_the_fingerprint_follows_the_finger(algorithm: Pad, page: Page) -> None:
    opened(algorithm, Algorithm(ladder=SHIPPED), Screen())
    before = table(page).inner_html()
    algorithm.drag_point(0, 0.2, 1.5, drop=False)
    page.wait_for_function(
        "before => document.querySelector('table.fingerprint').innerHTML !== before", arg=before
    )
    page.mouse.up()
    algorithm.wait_settled()


def test_the_link_reproduces_the_page(algorithm: Pad, page: Page) -> None:
    state = Algorithm(ladder="noise", noise="1/9", k=4, figure="fig2", again=5)
    opened(algorithm, state)
    here = table(page).inner_text()
    page.reload()
    table(page).wait_for()
    assert table(page).inner_text() == here
    expect(page.get_by_text("Trained with noise, the transformer matches")).to_be_visible()


def test_the_prompt_comes_along_from_the_playground(pad: Pad, page: Page) -> None:
    pad.open_screen(Screen())
    pad.drag_point(0, 0.3, 1.1)
    points = pad.wait_settled().everything()["points"]
    page.get_by_test_id("stTopNavLink").filter(has_text="Algorithm").click()
    page.get_by_role("radio", name="your prompt").click()
    pad.lab.locator(".plane .point").first.wait_for()
    assert pad.wait_settled().everything()["points"] == points


@pytest.mark.parametrize("device", LOOKS, indirect=True)
@pytest.mark.parametrize(
    "state",
    [Algorithm(on="mine", figure="claims"), Algorithm(ladder="noise", figure="fig2")],
    ids=["own prompt", "noise"],
)
def test_axe_finds_no_violation_and_the_page_fits(
    algorithm: Pad, page: Page, state: Algorithm, device: str
) -> None:
    opened(algorithm, state)
    assert page.evaluate(TOO_WIDE) == []
    assert barriers(page) == ""
    tall = page.get_by_test_id("stMain").evaluate("node => node.scrollHeight")
    page.set_viewport_size({"width": page.evaluate("innerWidth"), "height": tall})
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"algorithm, {state.ladder} {state.figure}, {device}.png")
