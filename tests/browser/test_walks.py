"""Address, title and page agree, whichever way one has come there."""

from __future__ import annotations

import random
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Contexts
from tests.support.navigation import READY
from tests.support.pad import Pad
from tests.support.server import Server
from ui.lesson.state import CODEC as LESSON
from ui.lesson.steps import step_of
from ui.pages import all_pages
from ui.visitor.screen import from_link

SHOWN = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (app?.dataset.testScriptState !== 'notRunning') return null;
  const roots = [...document.querySelectorAll('*')].flatMap((node) => node.shadowRoot ?? []);
  const points = roots.flatMap((root) => [...root.querySelectorAll('svg.plane .point')]);
  return {
    address: location.pathname + location.search,
    title: document.title,
    heading: document.querySelector('[data-testid="stHeading"] h1')?.textContent,
    points: points.map((node) => node.getAttribute('aria-label')),
  };
}"""
"""What the browser shows, once nothing is computed."""

NAMES = {page.url_path: page for page in all_pages()}
LISTED = [page.title for page in all_pages() if page.listed]
HEADINGS: dict[str, str] = {}
"""The heading of each page, as a visitor finds it who opens its address."""


class Walk:
    """A visitor's way through the app, seed by seed the same."""

    def __init__(self, page: Page, server: Server, seed: int) -> None:
        page.set_viewport_size({"width": 1600, "height": 800})  # all names are in the navigation
        self.page, self.url = page, server.url
        self.choose = random.Random(seed)
        self.steps: list[str] = []

    def step(self) -> None:
        """One of the things that visitors do."""
        act = self.choose.choice(["go", "go", "draw", "back", "back", "forward", "reload"])
        self.steps.append(act)
        if act == "go":
            title = self.choose.choice(LISTED)
            self.steps[-1] = f"go to {title}"
            self.page.get_by_role("link", name=title, exact=True).first.click()
        elif act == "draw":
            plane = self.page.locator("svg.plane .paper")
            if plane.count():
                Pad(self.page, "").click(self.choose.uniform(-2, 2), self.choose.uniform(-1, 1))
        elif act == "back":
            # Not out of the app: its own entries have a state.
            if self.page.evaluate("() => history.state !== null"):
                self.page.go_back()
        elif act == "forward":
            self.page.go_forward()
        else:
            self.page.reload()

    def disagreement(self) -> str:
        """What does not agree, once the page has come to rest; nothing, it is hoped."""
        said = ""
        for _ in range(60):
            self.page.wait_for_timeout(100)
            said = self._disagreement()
            if not said:
                return ""
        return f"{said} after {', '.join(self.steps)}"

    def _disagreement(self) -> str:
        shown = self.page.evaluate(SHOWN)
        if shown is None:
            return "it never comes to rest"
        at = urlsplit(shown["address"])
        page = NAMES[at.path.strip("/")]
        link = dict(parse_qsl(at.query, keep_blank_values=True))
        title = f"{page.title} · " if page.url_path else ""
        if shown["title"] != f"{title}A model within a model":
            return f"the title of {shown['address']} is {shown['title']!r}"
        heading = HEADINGS.get(page.name)
        if page.name == "lesson":
            heading = step_of(LESSON.from_link(link)[0].step).title
        if heading is not None and shown["heading"] != heading:
            return f"the heading of {shown['address']} is {shown['heading']!r}"
        if page.name in ("home", "playground"):
            points = from_link(link)[0].points
            if points is not None and len(points) != len(shown["points"]):
                return f"{shown['address']} shows {len(shown['points'])} points"
        return ""


@pytest.fixture(scope="module", autouse=True)
def headings(contexts: Contexts, server: Server) -> None:
    """What every page is headed, read off it."""
    tab = contexts.get("desktop light", "visitor").new_page()
    for path, page in NAMES.items():
        tab.goto(f"{server.url}/{path}")
        tab.wait_for_function(READY)
        HEADINGS[page.name] = tab.get_by_role("heading", level=1).first.inner_text()
    tab.close()


def test_back_from_the_playground_comes_to_the_start_page_as_it_was_left(
    page: Page, server: Server
) -> None:
    pad = Pad(page, server.url, "").open()
    pad.click(-2, 1.5)
    pad.wait_settled()
    left = page.url
    shown = pad.everything()["points"]
    assert "p=" in left
    assert pad.reload().everything()["points"] == shown
    walk = Walk(page, server, 0)
    page.get_by_role("link", name="Playground", exact=True).first.click()
    assert walk.disagreement() == ""
    page.wait_for_function("() => location.pathname === '/playground' && location.search")
    while page.url != left:
        page.go_back()
        assert walk.disagreement() == ""
    assert pad.wait_settled().everything()["points"] == shown


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_address_title_and_page_agree(page: Page, server: Server, seed: int) -> None:
    page.goto(server.url)
    walk = Walk(page, server, seed)
    assert walk.disagreement() == ""
    for _ in range(20):
        walk.step()
        assert walk.disagreement() == ""
    assert {"back", "forward", "reload"} <= set(walk.steps), "the seed tries all of them"
