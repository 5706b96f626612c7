"""The start page performs, until somebody touches it."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import DEVICES
from tests.support.pad import Pad
from tests.support.server import Server
from ui.visitor.screen import EXAMPLE

SAID = """(live) => {
  window.said = [];
  new MutationObserver(() => window.said.push(live.textContent))
    .observe(live, { childList: true, characterData: true, subtree: true });
}"""


def counter(page: Page, name: str) -> Locator:
    return page.locator("[data-role=opening] div").filter(has_text=name).locator("dd")


def test_it_performs_unasked_says_its_steps_and_ends_with_every_line(pad: Pad, page: Page) -> None:
    pad.path = ""
    page.goto(pad.url)
    pad.live.wait_for(state="attached")
    pad.live.evaluate(SAID)
    expect(page.locator("[data-performs]")).to_have_count(1)
    expect(page.locator("[data-performs]")).to_have_count(0)
    assert pad.points.count() == len(EXAMPLE)
    assert set(pad.curves()) == {"transformer", "ridge"}
    said = page.evaluate("window.said")
    assert any(f"Example {len(EXAMPLE)} of {len(EXAMPLE)} read" in one for one in said)
    assert "0 of " in said[-1]
    assert "weights changed" in said[-1]
    expect(counter(page, "Examples read")).to_have_text(str(len(EXAMPLE)))
    expect(page.locator(".invitation")).to_be_visible()

    # Again when asked, by keyboard; the first touch ends it and adds nothing.
    again = page.get_by_role("button", name="Watch again")
    again.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-performs]")).to_have_count(1)
    pad.click(-2, 1.5)
    expect(page.locator("[data-performs]")).to_have_count(0)
    assert pad.points.count() == len(EXAMPLE)

    # With points of one's own there is nothing to perform, also after a reload.
    page.wait_for_function("until => Date.now() > until", arg=page.evaluate("Date.now() + 500"))
    pad.click(-2, 1.5)
    expect(counter(page, "Examples read")).to_have_text(str(len(EXAMPLE) + 1))
    expect(again).to_be_hidden()
    expect(page.locator(".invitation")).to_be_hidden()
    page.wait_for_function("() => location.search.includes('p=')")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    expect(counter(page, "Examples read")).to_have_text(str(len(EXAMPLE) + 1))
    assert page.locator("[data-performs]").count() == 0


def test_who_wants_no_motion_is_asked_first(browser: Browser, server: Server) -> None:
    context = browser.new_context(**DEVICES["phone dark"], reduced_motion="reduce")
    page = context.new_page()
    pad = Pad(page, server.url, "")
    page.goto(server.url)
    watch = page.get_by_role("button", name="Watch it learn")
    watch.wait_for()
    assert page.locator("[data-performs]").count() == 0
    assert pad.points.count() == len(EXAMPLE)
    watch.click()
    expect(page.locator("[data-performs]")).to_have_count(1)
    expect(page.locator("[data-performs]")).to_have_count(0)
    context.close()
