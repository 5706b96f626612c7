"""A method registered at run time is on the pad of a real browser, with its setting."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.pad import Pad
from tests.support.reference import DRAWN, PRINTED
from tests.support.server import Server, serving
from tests.support.toys import LOOK, TOY
from ui.visitor.screen import EXAMPLE

MEAN = float(np.mean([y for _, y in EXAMPLE]))


@pytest.fixture(scope="module")
def toy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log, script = tmp_path_factory.mktemp("toy") / "log.txt", Path(__file__)
    with serving(log, script=script.with_name("with_a_toy.py")) as running:
        yield running


@pytest.fixture
def toy_page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def test_it_is_drawn_set_and_linked(toy_server: Server, toy_page: Page) -> None:
    pad = Pad(toy_page, toy_server.url, "playground").open()
    row = pad.row(TOY.id)
    expect(row.locator(".name")).to_have_text(LOOK.label)
    assert pad.told(TOY.id) == pytest.approx(MEAN + 0.5, abs=PRINTED)
    expect(pad.curve(TOY.id)).to_have_count(0)
    pad.toggle(TOY.id)
    pad.wait_settled()
    assert pad.curve(TOY.id).get_attribute("stroke") in (LOOK.light, LOOK.dark)
    assert pad.curve(TOY.id).get_attribute("stroke-dasharray") == LOOK.dash
    ys = [y for _, y in pad.read_path(pad.curve(TOY.id))]
    assert ys == pytest.approx([MEAN + 0.5] * len(ys), abs=10 * DRAWN)
    slider = pad.control("Toy shift")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("-2", "2")
    slider.fill("-1.25")
    pad.wait_settled()
    assert pad.told(TOY.id) == pytest.approx(MEAN - 1.25, abs=PRINTED)
    expect(row.locator("small")).to_have_text("shifted by -1.25 over 7 points")
    assert pad.link()["ty"] == "-1.25"
    assert pad.link()["m"].split(".")[-1] == TOY.id
    shown = pad.told(TOY.id)
    toy_page.reload()
    again = Pad(toy_page, toy_server.url, "playground")
    expect(again.curve(TOY.id)).to_have_count(1)  # a level line has no height to be visible by
    assert again.told(TOY.id) == shown


def test_it_has_its_mark_among_the_weights_of_none_and_a_teacher_leaves_it_out(
    toy_server: Server, toy_page: Page
) -> None:
    pad = Pad(toy_page, toy_server.url, "playground").open(f"m=transformer.{TOY.id}&p=sampled&d=5")
    expect(pad.row(TOY.id)).to_be_visible()
    expect(pad.weights.locator(".marker")).to_have_count(5)
    pad.open(f"m=transformer.{TOY.id}&th={TOY.id}")
    expect(pad.row(TOY.id)).to_have_count(0)
    expect(pad.curve(TOY.id)).to_have_count(0)
