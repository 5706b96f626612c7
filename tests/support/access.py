"""What keeps someone out of a page: axe's violations, and letters in a chart too faint to read."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support.colours import contrast

# Streamlit's uploader marks a region that can take the focus as presentation.
OUR_PART = {"exclude": [["[data-testid=stFileUploader]"]]}

# axe does not look at letters in SVG.
LETTERS = """() => {
  const around = getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor;
  const ticks = ['.xtick text', '.ytick text', '.cbaxis text'];
  const kinds = [...ticks, '[class*=title] text', '.legendtext'];
  return kinds.flatMap((kind) =>
    [...document.querySelectorAll('.js-plotly-plot ' + kind)].map((node) =>
      [node.textContent, getComputedStyle(node).fill, around]));
}"""


# Streamlit fades an element in and out; a letter that is half there is no fault of its colour.
SETTLED = """() => !document.querySelector('[data-stale=true], [data-test-script-state=running]')
  && document.getAnimations().every(({ playState, effect }) =>
    playState !== 'running' || effect.getComputedTiming().endTime === Infinity)"""


def settled(page: Page) -> None:
    """Waits until the page's script has run and nothing on it is stale or moves."""
    page.wait_for_function(SETTLED)


def barriers(page: Page, within: dict[str, Any] | None = None) -> str:
    """Each barrier with where it is, a line each; empty if there is none.

    within: axe's context; without it, the whole page.
    """
    settled(page)
    violations = Axe().run(page, context=within).response["violations"]
    return "\n".join([*map(_said, violations), *_faint(page)])


def _said(violation: dict[str, Any]) -> str:
    places = [f"  {node['target']}: {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']}: {violation['help']}", *places])


def _faint(page: Page) -> list[str]:
    """WCAG 2.1, 1.4.3: small letters have a contrast of 4.5."""
    return [
        f"faint in a chart: {letters!r}, {colour} on {around}"
        for letters, colour, around in page.evaluate(LETTERS)
        if contrast(_hex(colour), _hex(around)) < 4.5
    ]


def _hex(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])
