"""The pages of the table, visited in a browser: a new page is tested without a word."""

from __future__ import annotations

from playwright.sync_api import Page

from ui.pages import all_pages

READY = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const busy = document.querySelector('[data-testid="stProgress"], [data-testid="stSpinner"]');
  return app?.dataset.testScriptState === 'notRunning' && !busy
    && document.querySelector('[data-testid="stHeading"]');
}"""


PAGES = {page.title: page.url_path for page in all_pages()}
"""The path of each page, by its title."""


def visit(page: Page, url: str, path: str) -> None:
    """Open a page and wait until it has nothing more to compute."""
    page.goto(f"{url}/{path}")
    page.wait_for_function(READY, timeout=180_000)
    page.wait_for_load_state("networkidle")  # the components' scripts
    page.wait_for_timeout(1500)
