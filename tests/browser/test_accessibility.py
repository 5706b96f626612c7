"""axe-core finds nothing wrong, in any light and on any device."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.pad import Pad
from ui.screen import Screen

DEVICES = ["desktop light", "desktop dark", "phone light", "phone dark"]
SCREENS = {
    "at rest": Screen(),
    "with five features": Screen(points=None, d=5),
}


def said(violation: dict[str, Any]) -> str:
    """A violation with each place where it was found."""
    places = [f"  {node['target']}: {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']}: {violation['help']}", *places])


@pytest.mark.parametrize("device", DEVICES, indirect=True)
@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_axe_finds_no_violation(pad: Pad, page: Page, screen: Screen) -> None:
    pad.open_screen(screen)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert violations == [], "\n".join(map(said, violations))
