"""The page that looks inside: what is read follows the finger, and the link holds it all."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.access import barriers
from tests.support.browser import LOOKS, SHOTS
from tests.support.pad import Pad
from tests.support.server import Server, serving
from ui.inside.settings import CODEC, Inside
from ui.visitor.screen import Screen, to_link

FIVE = Screen(points=None, d=5, k=20)


@pytest.fixture
def inside(page: Page, server: Server) -> Pad:
    """The pad on the page that looks inside, not yet opened."""
    return Pad(page, server.url, "inside")


def view(pad: Pad) -> Locator:
    return pad.page.locator("[data-role=view]")


def decoded(pad: Pad) -> list[str]:
    """The decoded weights of every panel, as drawn."""
    paths = view(pad).locator(".panels .decoded")
    found: list[str] = paths.evaluate_all("nodes => nodes.map((node) => node.getAttribute('d'))")
    return found


def opened(pad: Pad, screen: Screen = Screen(), state: Inside = Inside()) -> Pad:  # noqa: B008
    pad.open(urlencode({**to_link(screen), **CODEC.to_link(state)}))
    view(pad).locator(".panels svg").first.wait_for()
    return pad


def test_what_is_read_follows_a_drag(inside: Pad) -> None:
    opened(inside)
    before = decoded(inside)
    assert len(before) == 2
    inside.drag_point(0, 0.2, 1.5, drop=False)
    expect(view(inside).locator(".panels .decoded").first).not_to_have_attribute("d", before[0])
    inside.page.mouse.up()
    assert decoded(inside.wait_settled()) != before


def test_scrubbing_the_layers_moves_the_line_and_the_mark(inside: Pad) -> None:
    opened(inside)
    marked = view(inside).locator(".marked")
    before = marked.get_attribute("y")
    inside.strip.nth(3).click()
    expect(marked).not_to_have_attribute("y", before or "")
    assert inside.wait_settled().link()["ly"] == "3"


def test_the_link_reproduces_the_page(inside: Pad, page: Page) -> None:
    opened(inside, FIVE, Inside(target="w_ols", scored="random", block=3, head=2))
    inside.strip.nth(5).click()
    here = (inside.wait_settled().everything(), decoded(inside), view(inside).inner_text())
    inside.open(page.url.partition("?")[2])
    view(inside).locator(".panels svg").first.wait_for()
    assert (inside.everything(), decoded(inside), view(inside).inner_text()) == here
    expect(page.get_by_text("control: random weights").first).to_be_visible()


def test_the_prompt_comes_along_from_the_playground(pad: Pad, inside: Pad, page: Page) -> None:
    pad.open_screen(Screen())
    pad.drag_point(0, 0.3, 1.1)
    points = pad.wait_settled().everything()["points"]
    page.get_by_test_id("stTopNavLink").filter(has_text="Inside").click()
    view(inside).locator(".panels svg").first.wait_for()
    assert inside.wait_settled().everything()["points"] == points


def test_the_first_visitor_of_a_server_may_come_by_a_deep_link(page: Page, tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt") as fresh:
        opened(Pad(page, fresh.url, "inside"))
        expect(page.get_by_test_id("stTopNavLink").filter(has_text="Playground")).to_be_visible()
        expect(page.get_by_text("Page not found")).to_have_count(0)


def test_the_causal_tests_can_be_cancelled_and_run(inside: Pad, page: Page) -> None:
    opened(inside, Screen(points=None, k=2, seed=31))
    run = page.get_by_role("button", name="Run the causal tests on this prompt")
    run.click()
    page.get_by_role("button", name="Cancel").click()
    expect(run).to_be_visible()
    run.click()
    expect(page.get_by_text("Token by token, on your prompt")).to_be_visible(timeout=300_000)


@pytest.mark.parametrize("device", LOOKS, indirect=True)
def test_axe_finds_no_violation_with_five_features_and_the_page_fits(
    inside: Pad, page: Page, device: str
) -> None:
    opened(inside, FIVE)
    expect(page.get_by_test_id("stPlotlyChart").last).to_be_visible()
    assert inside.too_wide() == []
    assert barriers(page) == ""
    tall = page.get_by_test_id("stMain").evaluate("node => node.scrollHeight")
    page.set_viewport_size({"width": page.evaluate("innerWidth"), "height": tall})
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"inside, five features, {device}.png")


def test_a_head_that_is_switched_off_or_given_another_x_redraws_the_line(
    inside: Pad, page: Page
) -> None:
    """The board by keyboard: the pairing head off, then B's x in it; the link holds both."""
    opened(inside)
    board = page.locator("[data-role=board]")
    line = board.locator(".line.after").last
    score = board.locator(".head b").all_inner_texts()
    best = board.locator(".head").nth(max(range(len(score)), key=lambda i: float(score[i])))
    best.focus()
    page.keyboard.press("Enter")
    expect(best).to_have_attribute("aria-pressed", "true")
    expect(board.locator("[data-role=said]")).to_contain_text("move by")
    off = line.get_attribute("d")
    board.get_by_role("radio", name="Swap in other x").click()
    expect(board.locator("[data-role=said]")).to_contain_text("of the way")
    expect(line).not_to_have_attribute("d", off or "")
    link = inside.wait_settled().link()
    assert link["vz"] == best.get_attribute("data-head")
    assert link["vd"] == "swap"
    swapped = line.get_attribute("d")
    inside.drag_point(0, 0.2, 1.5, drop=False)
    expect(line).not_to_have_attribute("d", swapped or "")
    page.mouse.up()
