"""The pages that app.py's navigation names: a new page is tested without a word."""

from __future__ import annotations

import ast

from playwright.sync_api import Page

from tests.support.server import ROOT

READY = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const busy = document.querySelector('[data-testid="stProgress"], [data-testid="stSpinner"]');
  return app?.dataset.testScriptState === 'notRunning' && !busy
    && document.querySelector('[data-testid="stHeading"]');
}"""


def pages() -> dict[str, str]:
    """The path of each page, by its title."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse((ROOT / "app.py").read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Page":
            given = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
            found[given["title"]] = "" if given.get("default") else given["url_path"]
    assert len(found) >= 3, "app.py's navigation is no longer read"
    return found


PAGES = pages()


def visit(page: Page, url: str, path: str) -> None:
    """Open a page and wait until it has nothing more to compute."""
    page.goto(f"{url}/{path}")
    page.wait_for_function(READY, timeout=180_000)
    page.wait_for_load_state("networkidle")  # the components' scripts
    page.wait_for_timeout(1500)
