"""Pictures of the page for whoever reviews it, in artefacts/browser."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser import DEVICES, picture
from tests.support.pad import Pad
from tests.support.server import Server
from ui.visitor.methods import NETWORK, style_of
from ui.visitor.screen import MethodSettings, Screen

SCREENS = {
    "at rest": Screen(),
    "after a drag": Screen(),
    "with five features": Screen(points=None, d=5, k=20),
    "the plane of w": Screen(points=None, intercept=False, k=20, settings=MethodSettings(steps=20)),
}


def pixels_of(path: Path, colour: str) -> int:
    """How many pixels of a picture have just this colour, #rrggbb."""
    with Image.open(path) as shown:
        counted = shown.convert("RGB").getcolors(shown.width * shown.height) or []
    wanted = tuple(bytes.fromhex(colour[1:]))
    return sum(count for count, found in counted if found == wanted)


@pytest.mark.parametrize("device", DEVICES, indirect=True)
@pytest.mark.parametrize("look", SCREENS)
def test_a_picture_of_the_whole_page_that_fits_its_width(
    pad: Pad, page: Page, device: str, look: str
) -> None:
    pad.open_screen(SCREENS[look])
    if look == "after a drag":
        pad.drag_point(0, 0.4, 1.2)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    pad.wait_settled()
    assert pad.too_wide() == []
    style = style_of(NETWORK)
    colour = style.dark if "dark" in device else style.light
    assert pixels_of(picture(page, f"{look}, {device}"), colour) > 100


def test_light_or_dark_is_chosen_below_a_page_for_all_of_them(
    pad: Pad, page: Page, server: Server
) -> None:
    app = page.get_by_test_id("stApp")
    light, dark = ("rgb(253, 252, 251)", "rgb(20, 21, 29)")  # of .streamlit/config.toml
    pad.open().drag_point(0, 0.4, 1.2)
    here = pad.wait_settled().everything()["points"]
    expect(app).to_have_css("background-color", light)
    page.get_by_role("button", name="Dark", exact=True).click()  # and no to what it asks
    expect(page.get_by_role("button", name="As the system")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(app).to_have_css("background-color", dark)
    assert pad.wait_settled().everything()["points"] == here
    page.goto(f"{server.url}/notes")
    chosen = page.get_by_role("button", name="Dark", exact=True)
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(app).to_have_css("background-color", dark)
    page.get_by_role("button", name="As the system").click()
    expect(app).to_have_css("background-color", light)
