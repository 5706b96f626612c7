"""Teachers' links, old links, the class view, the notes and the opening page in a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.support.access import OUR_PART, barriers
from tests.support.browser import LOOKS, picture
from tests.support.navigation import READY
from tests.support.pad import TOO_WIDE, Pad
from tests.support.server import Server
from ui.lesson.state import CODEC, Lesson
from ui.lesson.steps import steps
from ui.visitor.screen import Screen, from_link

STORED = json.loads((Path(__file__).parents[1] / "data" / "links.json").read_text())["links"]
OWN = Screen(points=((0.5, 1.0), (1.5, -1.0), (-1.0, 2.0)))


@pytest.fixture
def visit(page: Page, server: Server) -> Callable[[str], Page]:
    """Opens an address of the app and waits for its heading."""

    def go(address: str) -> Page:
        page.goto(f"{server.url}/{address}")
        page.get_by_role("heading", level=1).wait_for()
        return page

    return go


# --- old links -----------------------------------------------------------------------------


NOT_YOUR_DRAWING = ("data", "shift")
"""Pages whose pad, if any, shows other points than those of the link."""


ONE_OF_EACH_PAGE = {entry["page"]: entry for entry in reversed(STORED)}
"""tests/app/test_links.py opens them all."""


@pytest.mark.parametrize(
    "stored", ONE_OF_EACH_PAGE.values(), ids=[page or "home" for page in ONE_OF_EACH_PAGE]
)
def test_an_old_link_opens_its_screen(page: Page, server: Server, stored: dict[str, Any]) -> None:
    page.goto(f"{server.url}/{stored['page']}?{stored['query']}")
    where = stored["page"] or "playground"
    page.wait_for_url(f"**/{where}?*")
    expected = from_link(dict(parse_qsl(stored["query"], keep_blank_values=True)))[0]
    if where == "construction":
        page.locator(".stepper .cell").first.wait_for()
    elif where in NOT_YOUR_DRAWING:
        page.wait_for_function(READY)
    else:
        pad = Pad(page, server.url, where)
        expect(pad.lab).to_be_visible()
        count = expected.k if expected.points is None else len(expected.points)
        if expected.is_plane:
            expect(pad.points).to_have_count(count)
        for method in expected.show:
            hidden = stored.get("teaching", {}).get("hidden", [])
            if expected.is_plane and where == "playground":
                shown = 0 if method in hidden else 1
                expect(pad.curve(method)).to_have_count(shown)
    link = dict(parse_qsl(page.url.partition("?")[2], keep_blank_values=True))
    assert from_link(link)[0] == expected
    expect(page.get_by_text("could not be used")).to_have_count(0)


# --- a teacher's link -------------------------------------------------------------------------


def test_a_teacher_prepares_a_link_and_a_student_opens_it(
    visit: Callable[[str], Page], page: Page, elsewhere: Callable[[str], Pad]
) -> None:
    visit("teach")
    page.get_by_text("Part by part").click()
    for label in ("k-NN", "Newton", "SGD", "Seed", "Layer by layer", "Errors on fresh tasks"):
        box = page.get_by_test_id("stCheckbox").filter(has=page.get_by_label(label, exact=True))
        box.locator("label").click()
        tick = box.get_by_role("checkbox")
        expect(tick).not_to_be_checked()
    pad = Pad(page, page.url, "teach")
    pad.click(-2, 1.5)
    expect(pad.points).to_have_count(8)
    link = page.get_by_test_id("stCode").locator("code")
    expect(link).to_contain_text("th=")
    expect(link).to_contain_text("p=")
    expect(page.get_by_role("img", name="QR code of the link")).to_be_visible()
    student = elsewhere(link.inner_text())
    expect(student.points).to_have_count(8)
    for gone in ("knn", "newton", "sgd"):
        expect(student.row(gone)).to_have_count(0)
    expect(student.row("ridge")).to_be_visible()
    expect(student.strip).to_have_count(0)
    expect(student.page.locator("[data-role=layers]")).to_have_count(0)
    expect(student.page.get_by_label("seed", exact=True)).to_have_count(0)
    expect(student.page.get_by_text("fresh tasks like this one")).to_have_count(0)
    # What is left out stays so after a gesture and on the next page.
    student.click(2, 2)
    student.wait_settled()
    assert "th" in student.link()
    student.page.get_by_test_id("stTopNavLink").filter(has_text="Inside").click()
    student.page.locator("[data-role=view]").wait_for()
    expect(student.row("knn")).to_have_count(0)


def test_without_the_way_to_other_pages_there_is_none(page: Page, server: Server) -> None:
    Pad(page, server.url).open("th=nav")
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)


# --- the class view ----------------------------------------------------------------------------


def handed_in(count: int) -> str:
    links = [
        "https://example.org/lesson?"
        + urlencode(CODEC.to_link(Lesson(answers=(("linear", f"{1 + i / count:.2f}"),), own=OWN)))
        for i in range(count)
    ]
    return "\n".join([*links, "this is no link"])


def test_a_class_is_seen_as_one_chart(visit: Callable[[str], Page]) -> None:
    page = visit("classroom")
    page.get_by_role("textbox", name="Links or codes, one a line").fill(handed_in(30))
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    expect(
        page.get_by_text(
            "1 of 31 lines could not be used: line 31 holds neither a link nor a code."
        )
    ).to_be_visible()
    legend = page.get_by_test_id("stPlotlyChart").locator(".legendtext")
    expect(legend).to_have_text(["Transformer", "Ridge", "the examples", "guesses (30)"])


def test_a_file_of_links_can_be_uploaded(visit: Callable[[str], Page], tmp_path: Path) -> None:
    page = visit("classroom")
    file = tmp_path / "answers.csv"
    file.write_text(
        "time,link\n"
        + "\n".join(f'10:0{i},"{line}"' for i, line in enumerate(handed_in(3).splitlines()[:3]))
    )
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    expect(page.get_by_text("guesses (3)")).to_be_visible()
    expect(page.get_by_text("line 1 holds neither a link nor a code")).to_be_visible()


# --- the notes ------------------------------------------------------------------------------------


def test_the_notes_print_in_full_and_nothing_else(visit: Callable[[str], Page]) -> None:
    page = visit("notes")
    expect(
        page.get_by_role("heading", name=f"{len(steps())}. {steps()[-1].title}")
    ).to_be_attached()
    page.emulate_media(media="print")
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    tall = page.locator("html").evaluate("node => node.scrollHeight")
    last = page.get_by_text(steps()[-1].teacher["expect"]).bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= tall
    assert tall > 3000
    pages = page.pdf(format="A4").count(b"/Type /Page\n")
    assert pages >= 3


# --- the opening page ---------------------------------------------------------------------------


def test_the_opening_page_has_a_live_figure_and_doors(page: Page, server: Server) -> None:
    pad = Pad(page, server.url, "").open()
    before = pad.curves()
    assert set(before) == {"transformer", "ridge"}
    pad.drag_point(0, 0.3, 1.0)
    assert pad.wait_settled().curves() != before
    here = pad.everything()["points"]
    assert pad.reload().everything()["points"] == here
    page.get_by_test_id("stPageLink-NavLink").filter(has_text="Play").click()
    page.wait_for_url("**/playground*")
    expect(pad.part("methods")).to_be_visible()
    assert pad.wait_settled().everything()["points"] == here


def test_back_from_the_playground_returns_to_the_opening_page(page: Page, server: Server) -> None:
    Pad(page, server.url, "").open()
    page.get_by_role("link", name="Learn", exact=True).click()
    page.wait_for_url("**/lesson*")
    expect(page.get_by_role("heading", name=steps()[0].title)).to_be_visible()
    page.goto(f"{server.url}/")
    expect(page.get_by_role("heading", name="A model within a model")).to_be_visible()


# --- looks and accessibility ----------------------------------------------------------------


@pytest.mark.parametrize("device", LOOKS, indirect=True)
def test_a_class_on_screen_is_accessible_and_fits(
    visit: Callable[[str], Page], device: str
) -> None:
    page = visit("classroom")
    page.get_by_role("textbox", name="Links or codes, one a line").fill(handed_in(12))
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    assert page.evaluate(TOO_WIDE) == []
    assert barriers(page, OUR_PART) == ""
    picture(page, f"classroom, {device}")
