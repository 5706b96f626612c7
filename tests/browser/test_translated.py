"""A page in a language that the browser's translator made of it goes on working, and stays true."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.navigation import visit
from tests.support.server import Server
from tests.support.waiting import eventually
from ui.pages import all_pages

# As translators do it: <font> in <font> where a text was. Some keep the text, moved into it; others
# put another there, in one go or beside it first. The words stay, so that they can be compared.
TRANSLATE = """(how) => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const { currentNode: text } = walk;
    const within = text.parentElement;
    const left = within.closest("[translate=no], font, script, style, textarea, svg, math");
    if (text.data.trim() && !left) found.push(text);
  }
  for (const text of found) {
    const font = document.createElement("font");
    const inner = font.appendChild(document.createElement("font"));
    if (how === "moved") {
      text.replaceWith(font);
      inner.append(text);
    } else {
      inner.append(text.data);
      if (how === "replaced") text.replaceWith(font);
      else { text.before(font); text.remove(); }
    }
  }
  return found.length;
}"""


def translated(page: Page, how: str) -> None:
    """As often as the page may have changed, as translators watch it."""
    page.evaluate(TRANSLATE, how)


def said(page: Page) -> str:
    """The words of the page as they are read, spaces aside."""
    return re.sub(r"\s+", " ", page.get_by_test_id("stMain").inner_text())


@pytest.mark.parametrize("how", ["moved", "put beside"])
def test_the_lesson_is_walked_in_translation_and_says_what_it_says(
    page: Page, server: Server, how: str
) -> None:
    """The page's own fixture fails where anything in it throws."""
    visit(page, server.url, "lesson")
    for step in range(1, 5):
        expect(page.get_by_text(f"Step {step} of")).to_be_visible()
        translated(page, how)
        answer = page.get_by_role("button", name=re.compile("^(A\\.|Commit)")).first
        answer.click()
        expect(page.get_by_text(f"{step} predicted")).to_be_visible()
        expect(page.get_by_role("button", name="Answer again")).to_be_visible()
        translated(page, how)
        if step < 4:
            page.get_by_role("button", name="Next").click()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    walked = said(page)
    page.reload()
    expect(page.get_by_role("button", name="Answer again")).to_be_visible()
    eventually(lambda: said(page) == walked)


def test_every_page_is_come_to_and_left_in_translation(page: Page, server: Server) -> None:
    page.set_viewport_size({"width": 1600, "height": 800})  # every page's name in the navigation
    visit(page, server.url, "")
    titles = [spec.title for spec in all_pages() if spec.listed]
    for title in (*titles, titles[0]):
        page.get_by_test_id("stTopNavLinkContainer").get_by_text(title, exact=True).click()
        expect(page).to_have_title(re.compile(title if title != titles[0] else "^A model"))
        expect(page.get_by_test_id("stMain").locator("h1")).to_have_count(1)
        expect(page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning"
        )
        translated(page, "replaced")
        for part in page.get_by_test_id("stExpander").locator("summary").all()[:2]:
            part.click()
        translated(page, "replaced")
