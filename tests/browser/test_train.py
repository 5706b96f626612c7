"""Train one yourself: start, watch, pause, stop, go back, and take it along."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.support.access import barriers
from tests.support.browser import LOOKS
from tests.support.pad import Pad
from tests.support.server import Server
from ui.train.settings import CODEC, TrainingSettings

TRAINING = 300_000  # ms; a training of seconds, on machines that do something else besides
SHORT = TrainingSettings(layers=1, width=16, steps=200)
LONG = TrainingSettings(layers=4, steps=2000)

Open = Callable[[TrainingSettings], Pad]


@pytest.fixture
def train(page: Page, server: Server) -> Open:
    """Opens the link of some settings."""

    def visit(wanted: TrainingSettings) -> Pad:
        return Pad(page, server.url, "train").open(urlencode(CODEC.to_link(wanted)))

    return visit


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def begin(pad: Pad) -> None:
    """Start the training and wait for its first curve."""
    button(pad.page, "Start training").click()
    pad.page.locator(".training").wait_for(timeout=TRAINING)


def trained(pad: Pad) -> None:
    """Start the training and wait for its end."""
    begin(pad)
    button(pad.page, "Use it in the playground").wait_for(timeout=TRAINING)


def part(page: Page, role: str) -> Locator:
    return page.locator(f".training [data-role={role}]")


def test_a_model_trained_in_the_page_answers_the_visitors_own_points(train: Open) -> None:
    pad = train(SHORT)
    page = pad.page
    assert "before any training" in pad.part("prompt").inner_text()
    untrained = pad.curves()["transformer"]
    trained(pad)
    pad.wait_settled()
    learned = pad.curves()["transformer"]
    assert learned != untrained
    expect(page.get_by_text("The plateau broke after")).to_be_visible()
    pad.drag_point(0, 0.5, -1.0)
    pad.wait_settled()
    assert pad.curves()["transformer"] != learned
    expect(pad.strip).to_have_count(2)

    part(page, "at").fill("0")
    expect(pad.part("prompt")).to_contain_text("after 0 steps")
    expect(part(page, "said")).to_contain_text("After 0 steps")

    with page.expect_download() as weights:
        button(page, "Weights").click()
    with page.expect_download() as entry:
        button(page, "Manifest entry").click()
    page.get_by_text("Bring back weights that you downloaded").click()
    files: list[FilePayload] = [
        {
            "name": taken.value.suggested_filename,
            "mimeType": "application/octet-stream",
            "buffer": taken.value.path().read_bytes(),
        }
        for taken in (weights, entry)
    ]
    chooser = page.locator("input[type=file]")
    cut: FilePayload = {**files[0], "buffer": files[0]["buffer"][:-9]}
    chooser.set_input_files([cut, files[1]])
    expect(page.get_by_text("do not match the bytes and sha256")).to_be_visible()

    button(page, "Use it in the playground").click()
    expect(page.get_by_text("Your own", exact=True)).to_be_visible()
    pad.part("prompt").locator(".answer").wait_for()
    expect(pad.part("prompt")).to_contain_text("1 layer,")
    page.wait_for_url(re.compile("w=own"))
    page.reload()
    expect(page.get_by_text("A link cannot carry weights")).to_be_visible()


def test_points_can_be_dragged_while_it_trains_and_stop_works_at_once(train: Open) -> None:
    pad = train(LONG)
    page = pad.page
    begin(pad)
    before = pad.link()
    pad.drag_point(1, 0.3, 1.0)
    page.wait_for_url(re.compile("p="))
    assert pad.link() != before
    button(page, "Pause").click()
    expect(button(page, "Resume")).to_be_visible()
    button(page, "Resume").click()
    expect(button(page, "Pause")).to_be_visible()
    button(page, "Stop").click()
    expect(button(page, "Stop")).to_have_count(0)
    expect(button(page, "Start training")).to_be_enabled()
    expect(button(page, "Use it in the playground")).to_be_visible()


def test_the_whole_way_by_keyboard(train: Open) -> None:
    pad = train(LONG)
    page = pad.page
    pad.tab_until(button(page, "Start training"))
    page.keyboard.press("Enter")
    page.locator(".training").wait_for(timeout=TRAINING)
    expect(button(page, "Stop")).to_be_visible()
    button(page, "Stop").focus()
    page.keyboard.press("Enter")
    expect(button(page, "Start training")).to_be_enabled()
    slider = part(page, "at")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("after"))  # it is drawn
    last = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "after 0 steps")
    expect(pad.part("prompt")).to_contain_text("after 0 steps")
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", last or "")


@pytest.mark.parametrize("device", LOOKS, indirect=True)
def test_axe_finds_no_violation_and_nothing_scrolls_sideways(train: Open, device: str) -> None:
    pad = train(LONG)
    assert pad.too_wide() == []
    assert barriers(pad.page) == ""
    begin(pad)
    button(pad.page, "Stop").click()
    expect(button(pad.page, "Use it in the playground")).to_be_visible()
    pad.wait_settled()
    assert pad.too_wide() == []
    assert barriers(pad.page) == ""
