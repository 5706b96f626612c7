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

# Resolves once the page, shadow roots included, has kept its size and its parts for half a second,
# and performs nothing.
STILL = """async () => {
  await document.fonts.ready;
  const count = (root) => [...root.querySelectorAll('*')]
    .reduce((sum, node) => sum + 1 + (node.shadowRoot ? count(node.shadowRoot) : 0), 0);
  const performs = (root) => root.querySelector('[data-performs]')
    || [...root.querySelectorAll('*')].some((node) => node.shadowRoot && performs(node.shadowRoot));
  const shape = () => `${count(document)} ${document.querySelector('main')?.scrollHeight}`;
  const kept = (before) => shape() === before && !performs(document);
  for (let before = '', same = 0; same < 5; same = kept(before) ? same + 1 : 0) {
    before = shape();
    await new Promise((next) => setTimeout(next, 100));
  }
}"""

PAGES = {page.title: page.url_path for page in all_pages()}
"""The path of each page, by its title."""


def visit(page: Page, url: str, path: str) -> None:
    """Open a page and wait until it has nothing more to compute."""
    page.goto(f"{url}/{path}")
    page.wait_for_function(READY, timeout=180_000)
    page.wait_for_load_state("networkidle")  # the components' scripts
    page.evaluate(STILL)
    while not page.evaluate(READY):  # a job whose bar came after the first look
        page.wait_for_function(READY, timeout=180_000)
        page.evaluate(STILL)
