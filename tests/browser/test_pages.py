"""What holds on every page of the navigation, whoever wrote it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import OUR_PART, barriers
from tests.support.browser import LOOKS, picture
from tests.support.navigation import PAGES, visit
from tests.support.pad import TOO_WIDE
from tests.support.server import Server

# Notes every place that the focus comes to, through shadow roots; then tells which of the
# places that can have it were left out. Of a group of radio buttons one is enough, and what
# Plotly and the table draw for the mouse has the numbers of its chart as its alternative.
WATCH_FOCUS = """() => {
  window.reached = new WeakSet();
  const note = () => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    if (at) window.reached.add(at);
  };
  window.noteFocus = note;
}"""
LEFT_OUT = """() => {
  const all = [];
  const collect = (root) => {
    for (const node of root.querySelectorAll('*')) {
      all.push(node);
      if (node.shadowRoot) collect(node.shadowRoot);
    }
  };
  collect(document);
  const wants = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  return all
    .filter((node) => node.matches(wants) && node.checkVisibility({ visibilityProperty: true }))
    .filter((node) => !node.disabled && node.tabIndex >= 0 && !node.closest('[inert]'))
    .filter((node) => !node.closest('.modebar, [data-testid="stDataFrame"]'))
    .filter((node) => node.type !== 'radio' && !node.closest('[role="radiogroup"]'))
    .filter((node) => !window.reached.has(node))
    .map((node) => node.getAttribute('aria-label') || node.textContent.trim().slice(0, 60)
      || node.outerHTML.slice(0, 120));
}"""
WORDS = """(chart) => {
  const told = chart.closest('[aria-label]') ?? chart.querySelector('[aria-label]');
  return told?.getAttribute('aria-label');
}"""
AT_THE_END = """() => {
  window.noteFocus();
  return document.activeElement === document.body;
}"""


CHARTED = ("playground", "inside", "algorithm")


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_is_open_to_everyone(page: Page, server: Server, path: str) -> None:
    """One visit for all of it: to open a page costs more than to look at it."""
    answers: list[tuple[int, str]] = []
    page.on("response", lambda got: answers.append((got.status, got.url)))
    visit(page, server.url, path)
    expect(page).to_have_title(re.compile("A model within a model$"))
    accessible_and_within_its_width(page)
    every_chart_has_words(page, path)
    tab_goes_through(page)
    picture(page, f"page {path or 'home'}, desktop light")
    assert [got for got in answers if got[0] >= 400] == []
    assert any(url.endswith("/_stcore/health") for _, url in answers)


@pytest.mark.parametrize("device", LOOKS[1:], indirect=True)
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_it_is_on_a_phone_in_the_dark_too(
    page: Page, server: Server, device: str, path: str
) -> None:
    visit(page, server.url, path)
    accessible_and_within_its_width(page)
    picture(page, f"page {path or 'home'}, {device}")


def accessible_and_within_its_width(page: Page) -> None:
    assert barriers(page, OUR_PART) == ""
    assert page.evaluate(TOO_WIDE) == []


def every_chart_has_words(page: Page, path: str) -> None:
    charts = page.get_by_test_id("stPlotlyChart").all()
    assert charts or path not in CHARTED
    for chart in charts:
        words = chart.evaluate(WORDS)
        assert words
        assert len(words) > 20, words


def tab_goes_through(page: Page) -> None:
    page.evaluate(WATCH_FOCUS)
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate(AT_THE_END):
            break
    else:
        pytest.fail("Tab never comes to the end of the page: something keeps the focus.")
    assert page.evaluate(LEFT_OUT) == []
