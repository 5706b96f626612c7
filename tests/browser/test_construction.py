"""The construction page: step through a proof with a mouse, with keys, and by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.access import barriers
from tests.support.browser import LOOKS
from tests.support.pad import TOO_WIDE
from tests.support.server import Server
from ui.construction.settings import CODEC, ConstructionSettings

Open = Callable[[ConstructionSettings], Page]
RIDGE = ConstructionSettings(program="ridge", source="sample", d=2, k=3)


@pytest.fixture
def construction(page: Page, server: Server) -> Open:
    """Opens the link of a page and waits for its grid."""

    def visit(proof: ConstructionSettings) -> Page:
        page.goto(f"{server.url}/construction?{urlencode(CODEC.to_link(proof))}")
        page.locator(".stepper .cell").first.wait_for()
        return page

    return visit


def part(page: Page, role: str) -> Locator:
    """An element of the stepper by its part in the HTML."""
    return page.locator(f".stepper [data-role={role}]")


def at_step(page: Page, step: int) -> None:
    """The stepper says that it is there."""
    expect(part(page, "where")).to_have_text(re.compile(rf"^Step {step} of "))


def test_buttons_step_and_the_changed_cells_light_up(construction: Open) -> None:
    page = construction(RIDGE)
    expect(page.locator(".cell.lit")).to_have_count(0)
    page.get_by_role("button", name="Next step").click()
    at_step(page, 1)
    expect(part(page, "badge")).to_have_text("mov")
    expect(part(page, "equation").locator("math")).to_be_visible()
    expect(page.locator(".cell.focus.lit")).to_have_count(1)
    page.get_by_role("button", name="Last step").click()
    at_step(page, 9 * 3 + 5)
    expect(part(page, "end")).to_contain_text("They agree to")
    expect(page.get_by_role("button", name="Next step")).to_be_disabled()
    page.get_by_role("button", name="First step").click()
    at_step(page, 0)


def test_arrow_keys_step_and_shift_goes_to_the_next_pair(construction: Open) -> None:
    page = construction(RIDGE)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    at_step(page, 2)
    page.keyboard.press("ArrowLeft")
    at_step(page, 1)
    page.keyboard.press("Shift+ArrowRight")
    at_step(page, 4)  # the first layer of round 1
    part(page, "scroll").focus()
    page.keyboard.press("End")
    at_step(page, 9 * 3 + 5)


def test_where_a_visitor_rests_goes_into_the_link_and_survives_a_reload(
    construction: Open,
) -> None:
    page = construction(RIDGE)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("ct=5"))
    shown = part(page, "stream").get_attribute("aria-label")
    page.reload()
    page.locator(".stepper .cell").first.wait_for()
    at_step(page, 5)
    assert part(page, "stream").get_attribute("aria-label") == shown


def test_it_plays_and_stops_at_the_end(construction: Open) -> None:
    page = construction(ConstructionSettings(program="gd", source="sample", k=3, steps=2))
    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-do=play]")).to_have_text("Pause")
    at_step(page, 2)
    expect(page.locator("[data-do=play]")).to_have_text("Play")


def test_another_program_keeps_the_prompt(construction: Open) -> None:
    page = construction(ConstructionSettings())
    page.get_by_text("Ridge by Sherman–Morrison").click()
    expect(part(page, "where")).to_have_text("Step 0 of 68")
    expect(part(page, "end")).to_contain_text("predictors.ridge(0.1)")


def test_a_diverging_rate_is_a_sentence_and_can_be_taken_back(construction: Open) -> None:
    page = construction(ConstructionSettings())
    rate = page.get_by_role("textbox", name="Rate α")
    rate.fill("5")
    rate.press("Enter")
    expect(page.get_by_text("diverges on this prompt")).to_be_visible()
    rate.fill("0.05")
    rate.press("Enter")
    expect(part(page, "end")).to_contain_text("predictors.sgd(0.05)")


def test_every_number_is_in_the_table(construction: Open) -> None:
    page = construction(ConstructionSettings(step=9))
    page.locator(".stepper summary").click()
    table = part(page, "table")
    expect(table).to_contain_text("Token y 2, step 9 of 38")
    expect(table.locator("td.changed")).to_have_count(1)


def test_a_training_can_be_cancelled(construction: Open) -> None:
    page = construction(ConstructionSettings(depth=2, start=77))
    page.get_by_role("button", name="Train now").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Train now")).to_be_visible()


@pytest.mark.parametrize("device", LOOKS, indirect=True)
@pytest.mark.parametrize(
    "proof", [ConstructionSettings(step=9), ConstructionSettings(program="ridge", step=68)]
)
def test_axe_finds_no_violation_and_nothing_scrolls_sideways(
    construction: Open, proof: ConstructionSettings
) -> None:
    page = construction(proof)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
    assert page.evaluate(TOO_WIDE) == []
    assert barriers(page) == ""
