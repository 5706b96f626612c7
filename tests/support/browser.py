"""Which browser the tests and the benchmark drive, on which devices, and how it is kept quiet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.server import ROOT

SHELL, WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
CHROMIUM = next(
    (path for path in (os.environ.get("CHROMIUM", SHELL), WHOLE) if Path(path).exists()), SHELL
)
"""The shell has no window whose buttons are drawn for nobody; the whole browser will do."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOTS = ROOT / "artefacts" / "browser"
PATIENCE = 180_000  # ms; for machines that do something else besides
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DEVICES: dict[str, dict[str, Any]] = {
    "desktop light": {**DESKTOP, "color_scheme": "light"},
    "desktop dark": {**DESKTOP, "color_scheme": "dark"},
    "phone light": {**PHONE, "color_scheme": "light"},
    "phone dark": {**PHONE, "color_scheme": "dark"},
}
LOOKS = ("desktop light", "phone dark")
"""Both widths and both themes, once each. The pad itself is looked at on all DEVICES."""


def picture(page: Page, name: str) -> Path:
    """The whole page, for whoever reviews it."""
    tall = page.get_by_test_id("stMain").evaluate("node => node.scrollHeight")
    page.set_viewport_size({"width": page.evaluate("innerWidth"), "height": tall})
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path)
    return path
