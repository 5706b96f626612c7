"""The lesson in a browser: by keyboard, by link, for a room."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Error, Locator, Page, ViewportSize, expect

from tests.support.access import barriers, settled
from tests.support.browser import LOOKS, SHOTS, picture
from tests.support.pad import TOO_WIDE, Pad
from tests.support.server import Server
from ui.lesson.state import STAGES
from ui.lesson.steps import IDS, LETTERS, step_of, steps

Open = Callable[[str], Page]


@pytest.fixture
def lesson(page: Page, server: Server) -> Open:
    """Opens a link of the lesson and waits for its step."""

    def visit(query: str = "") -> Page:
        page.goto(f"{server.url}/lesson?{query}")
        page.get_by_role("heading", level=1).wait_for()
        return page

    return visit


def title(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def link(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def at_step(page: Page, step: str) -> None:
    """The step is on screen, its figure too, and the keys listen."""
    expect(title(page)).to_have_text(step_of(step).title)
    page.wait_for_function(
        "step => step === 'prompt' || location.search.includes(`es=${step}`)", arg=step
    )
    expect(page.locator("[data-role=keys][data-listening]")).to_have_count(2)
    if step_of(step).extra not in ("sentences", "mechanism"):
        expect(page.locator("[data-role=lab]")).to_be_visible()


def said_by(page: Page) -> Locator:
    """What came of the question."""
    return page.get_by_test_id("stAlert").first


def test_the_whole_lesson_can_be_walked_by_keyboard(lesson: Open) -> None:
    page = lesson("")
    for number, step in enumerate(steps()):
        at_step(page, step.id)
        ask = page.get_by_text(step.question.ask)
        expect(ask).to_be_visible()
        expect(page.get_by_text("Try.")).to_have_count(0)
        if step.question.is_guess:
            guess = page.locator(".guess")
            guess.focus()
            page.keyboard.press("Shift+ArrowUp")
            expect(guess).to_have_attribute("aria-valuenow", "0.50")
            expect(page.get_by_role("button", name="Commit to y = 0.50")).to_be_visible()
            page.keyboard.press("Enter")
        else:
            right = step.question.answer
            page.keyboard.press(right if right in LETTERS else "b")
        expect(said_by(page)).to_be_visible()
        expect(page.get_by_text(step.to_try.do)).to_be_visible()
        expect(page.locator(".curve[data-method=transformer]")).to_be_visible()
        if number + 1 < len(IDS):
            page.keyboard.press("Space" if number % 2 else "ArrowRight")
    answers = dict(part.split("-", 1) for part in link(page)["ea"].split("_"))
    assert set(answers) == set(IDS)
    assert (answers["linear"], answers["pool"]) == ("0.50", "0.50")
    page.keyboard.press("ArrowRight")
    at_step(page, IDS[-1])
    page.keyboard.press("ArrowLeft")
    at_step(page, IDS[-2])
    expect(said_by(page)).to_be_visible()


def test_keys_move_a_point_and_not_the_lesson(page: Page, server: Server) -> None:
    pad = Pad(page, server.url, "lesson").open("es=frozen")
    before = pad.points.first.get_attribute("aria-label")
    pad.points.first.focus()
    page.keyboard.press("ArrowRight")
    expect(pad.points.first).not_to_have_attribute("aria-label", before or "")
    pad.wait_settled()
    at_step(page, "frozen")


def test_a_thing_tried_is_noticed_and_is_in_the_link(page: Page, server: Server) -> None:
    pad = Pad(page, server.url, "lesson").open("es=frozen&ea=frozen-b")
    pad.drag_point(0, 0.3, 1.5)
    pad.wait_settled()
    expect(page.get_by_text("Not done yet.")).to_be_visible()
    pad.drag_point(0, 1.5, -3)
    pad.wait_settled()
    expect(page.get_by_text(step_of("frozen").to_try.said)).to_be_visible()
    page.wait_for_function("() => location.search.includes('et=frozen')")


def test_before_a_guess_only_the_guess_moves(page: Page, server: Server) -> None:
    pad = Pad(page, server.url, "lesson")
    page.goto(f"{server.url}/lesson?es=linear")
    pad.lab.locator(".plane .point").first.wait_for()
    pad.wait_settled()
    expect(pad.curve("transformer")).to_have_count(0)
    before = pad.everything()["points"]
    pad.drag_point(0, 0.5, 1.0)
    pad.click(-1, 2)
    assert pad.wait_settled().everything()["points"] == before
    expect(page.locator(".guess text")).to_have_text(re.compile(r"your guess (1\.9|2\.0)"))
    page.get_by_role("button", name="Commit to y").click()
    expect(pad.curve("transformer")).to_be_visible()
    expect(page.locator(".guess")).not_to_have_attribute("tabindex", "0")


def test_back_and_forward_go_through_the_steps(lesson: Open) -> None:
    page = lesson("")
    at_step(page, IDS[0])
    for step in IDS[1:4]:
        page.keyboard.press("ArrowRight")
        at_step(page, step)
    for step in reversed(IDS[1:3]):
        page.go_back()
        at_step(page, step)
        assert link(page)["es"] == step
    for step in IDS[2:4]:
        page.go_forward()
        at_step(page, step)
        assert link(page)["es"] == step


def test_a_bookmark_resumes_where_one_was(lesson: Open) -> None:
    page = lesson("es=noise")
    at_step(page, "noise")
    page.keyboard.press("c")
    expect(said_by(page)).to_be_visible()
    page.wait_for_function("() => location.search.includes('ea=noise-c')")
    here = page.url.partition("?")[2]
    page.goto("about:blank")
    lesson(here)
    at_step(page, "noise")
    expect(said_by(page)).to_have_text(step_of("noise").question.choices[2].says)


# --- in a room -------------------------------------------------------------------------------

ROOMS: dict[str, ViewportSize] = {
    "desktop light": {"width": 1280, "height": 720},
    "desktop dark": {"width": 1920, "height": 1080},
}
"""The screen of a room, and the theme that it is looked at in."""
FILLED = """() => {
  const shadows = [...document.querySelectorAll("*")].map((n) => n.shadowRoot).filter(Boolean);
  const seen = (kind) => [document, ...shadows]
    .flatMap((root) => [...root.querySelectorAll(kind)])
    .filter((node) => node.checkVisibility())
    .map((node) => node.getBoundingClientRect());
  const boxes = seen(".plane, .chart svg, .js-plotly-plot, [data-testid=stMarkdown] table");
  const main = document.querySelector("[data-testid=stMain]");
  const share = (px) => Number((px / innerHeight).toFixed(2));
  const below = main.scrollHeight - main.clientHeight;
  const figure = share(Math.max(0, ...boxes.map((box) => box.height)));
  const down = share(Math.max(...seen(".st-key-lesson_figure").map((box) => box.bottom)));
  return { below, figure, down, done: below <= 0 && figure >= 0.45 && down >= 0.85 };
}"""
"""In a room: px below the fold; the highest figure, and how far down the figures reach, in shares
of the window."""
LETTERS_SEEN = """() => {
  const shadows = [...document.querySelectorAll("*")].map((n) => n.shadowRoot).filter(Boolean);
  const roots = [document, ...shadows];
  const found = [];
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const node = text.parentElement;
      if (!node || !text.data.trim() || !node.checkVisibility()) continue;
      if (node.closest("style, script, sub, .live, [aria-hidden=true]")) continue;
      const box = node.getBoundingClientRect();
      if (!box.width || box.bottom < 0 || box.top > innerHeight) continue;
      const svg = node.closest("svg");
      const view = svg && svg.viewBox.baseVal && svg.viewBox.baseVal.height;
      const zoom = view ? svg.getBoundingClientRect().height / svg.viewBox.baseVal.height : 1;
      const size = parseFloat(getComputedStyle(node).fontSize) * zoom;
      found.push([size, text.data.trim().slice(0, 40)]);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("device", ROOMS, indirect=True)
def test_a_room_can_read_it_and_needs_no_mouse(lesson: Open, device: str) -> None:
    page = lesson("")
    page.set_viewport_size(ROOMS[device])
    at_step(page, "prompt")
    expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    SHOTS.mkdir(parents=True, exist_ok=True)
    for step in steps():
        at_step(page, step.id)
        for stage in STAGES:
            expect(page.get_by_text(f"· {stage} ·")).to_be_visible()
            settled(page)
            assert page.evaluate(TOO_WIDE) == []
            with suppress(Error):
                page.wait_for_function(f"() => ({FILLED})().done")
            filled = page.evaluate(FILLED)
            assert filled["done"], (step.id, stage, filled)
            if step.id in ("prompt", "noise", "used", "pool"):
                page.screenshot(path=SHOTS / f"presenting {step.id} {stage}, {device}.png")
            sizes = page.evaluate(LETTERS_SEEN)
            small = [(size, text) for size, text in sizes if size < 17]
            assert not small, (step.id, stage, small)
            reading = page.get_by_test_id("stMarkdown").locator("p, li, td").first
            size = reading.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
            assert size >= 24
            page.keyboard.press("Space")
            settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()


def test_presenting_is_in_the_link(lesson: Open) -> None:
    page = lesson("es=squares&present=1")
    at_step(page, "squares")
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)
    page.keyboard.press("p")
    expect(page.get_by_test_id("stTopNavLink").first).to_be_visible()
    page.wait_for_function("() => !location.search.includes('present')")


# --- looks and accessibility ----------------------------------------------------------------


@pytest.mark.parametrize("device", LOOKS, indirect=True)
@pytest.mark.parametrize(
    "query",
    ["es=linear", "es=back&ea=back-b", "es=used&ea=used-c", "es=pool&present=1&eg=2"],
    ids=["a guess", "methods", "steering", "for a room"],
)
def test_axe_finds_no_violation_and_the_page_fits(
    lesson: Open, query: str, device: str, request: pytest.FixtureRequest
) -> None:
    page = lesson(query)
    expect(page.locator("[data-role=lab]")).to_be_visible()
    if "used" in query:
        expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
    assert page.evaluate(TOO_WIDE) == []
    assert barriers(page) == ""
    picture(page, f"lesson {request.node.callspec.id}")
