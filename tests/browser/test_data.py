"""A visitor's own table in a real browser: pasted, chosen, refused, put into a link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import settled
from tests.support.navigation import visit
from tests.support.pad import Pad
from tests.support.server import Server
from ui.data import words

ROWS = "".join(f"1,{50 + i}\t{50 + i + 3 * (i % 3)}\n" for i in range(30))
PASTED = f"height (m)\tweight (kg)\n{ROWS}"
FILE = "dose;reply\n" + "".join(f"{i / 2:g};{2 * i + i % 2}\n".replace(".", ",") for i in range(12))


def choose(page: Page, name: str, data: bytes) -> None:
    page.locator('input[type="file"]').set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )


@pytest.mark.slow
def test_a_table_comes_in_by_paste_and_by_file_and_goes_into_a_link_when_asked(
    page: Page, server: Server
) -> None:
    visit(page, server.url, "data")
    field = page.get_by_label(words.PASTE, exact=True)
    page.locator('[data-role="on_paste"][data-listening]').wait_for(state="attached")
    page.evaluate("(text) => navigator.clipboard.writeText(text)", PASTED)
    field.press("ControlOrMeta+v")
    expect(page.get_by_text("30 rows, 2 columns")).to_be_visible()
    expect(field).to_be_focused()  # it was read without anything else being pressed
    expect(page.get_by_text("in units of weight (kg)")).to_be_visible()
    page.wait_for_function("() => location.search.includes('us=own')")
    page.evaluate("(text) => navigator.clipboard.writeText(text)", PASTED.replace("50\t", "48\t"))
    field.press("ControlOrMeta+v")
    expect(field).to_have_value(PASTED.replace("50\t", "48\t"))  # not added to the one before
    settled(page)
    choose(page, "mine.csv", FILE.encode("utf-16"))
    expect(page.get_by_text("12 rows, 2 columns")).to_be_visible()
    choose(page, "mine.xlsx", b"PK\x03\x04 and so on")
    expect(page.get_by_text("copy the cells and paste them")).to_be_visible()
    expect(page.get_by_text("12 rows, 2 columns")).to_be_visible()
    settled(page)  # what stood below the refusal is there twice while it moves
    assert "ud=" not in page.url
    page.get_by_text(words.KEEP).click()
    page.wait_for_function("() => location.search.includes('ud=')")
    told = page.get_by_text("in units of reply").inner_text()
    page.reload()
    expect(page.get_by_text("in units of reply")).to_have_text(told)
    expect(page.get_by_text("12 rows, 2 columns")).to_be_visible()


@pytest.mark.slow
def test_the_pad_speaks_the_visitors_units_both_ways(page: Page, server: Server) -> None:
    pad = Pad(page, server.url, "data").open("us=stopping")
    expect(pad.plane.locator(".axisTitle")).to_have_text(["Speed (mph)", "Stopping distance (ft)"])
    assert {"5", "25", "120"} <= set(pad.ticks())
    first = pad.points.first
    expect(first).to_have_attribute(
        "aria-label", "Example 1 of 35: Speed (mph) 13.00, Stopping distance (ft) 46.0"
    )
    before = pad.told("ols")
    pad.show_numbers()
    pad.type_number("Stopping distance (ft) of example 1", "104,5")
    pad.wait_settled()
    expect(first).to_have_attribute("aria-label", re.compile(r"Stopping distance \(ft\) 104\.5$"))
    expect(pad.cell("Stopping distance (ft) of example 1")).to_have_value("104.5")
    assert pad.told("ols") > before + 0.5
    expect(page.get_by_text("1 of 35 examples are not as in the table")).to_be_visible()
    page.wait_for_function("() => location.search.includes('up=')")
    held = pad.everything()
    assert Pad(page, server.url, "data").open(page.url.partition("?")[2]).everything() == held
    page.get_by_role("button", name=words.BACK).click()
    expect(first).to_have_attribute("aria-label", re.compile(r"Stopping distance \(ft\) 46\.0$"))
    page.wait_for_function("() => !location.search.includes('up=')")
    assert pad.wait_settled().told("ols") == before
