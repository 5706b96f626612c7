"""A line that was down for so long that the session is gone: the visitor goes on as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import DEVICES, PATIENCE
from tests.support.line import CutLine, cut_line
from tests.support.navigation import visit
from tests.support.pad import Pad
from tests.support.server import Server, serving
from ui.lesson.steps import step_of
from ui.pages import NOTES, all_pages

NO_SESSION_WAITS = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "0"}
CONNECTED = """(wanted) => {
  const app = document.querySelector('[data-testid="stApp"]');
  return (app.dataset.testConnectionState === 'CONNECTED') === wanted;
}"""


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to which a cut line is as one that was down for more than a minute."""
    log = tmp_path_factory.mktemp("forgetful") / "log.txt"
    with serving(log, environment=NO_SESSION_WAITS) as running:
        yield running


@pytest.fixture(scope="module")
def line(forgetful: Server) -> Iterator[CutLine]:
    with cut_line(forgetful.address) as joined:
        yield joined


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(**DEVICES["desktop light"])
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def tab(profile: BrowserContext) -> Iterator[Page]:
    page = profile.new_page()
    yield page
    page.close()


def lose_the_session(page: Page, line: CutLine, meanwhile: Callable[[], object] = int) -> None:
    """Cut the line, do something, join the line, and wait until the browser has noticed."""
    line.cut()
    page.wait_for_function(CONNECTED, arg=False)
    meanwhile()
    line.join()
    page.wait_for_function(CONNECTED, arg=True)


def add_a_point(page: Page) -> None:
    pad = Pad(page, "")
    pad.click(-2, 1.5)


def pick_another(page: Page, label: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.locator('[role="option"][aria-selected="false"]').first.click()


def paste_links(page: Page) -> None:
    page.get_by_label("Links or codes, one a line").fill("https://example.org/lesson?ea=noise-c")
    page.keyboard.press("Control+Enter")


IN_THE_ADDRESS: dict[str, tuple[Callable[[Page], object], str]] = {
    "home": (add_a_point, "o=1"),
    "playground": (add_a_point, "p="),
    "lesson": (lambda page: page.get_by_role("button", name="B. ").first.click(), "ea=prompt-b"),
    "data": (lambda page: pick_another(page, "Or take one that is ready"), "us="),
    "inside": (lambda page: pick_another(page, "Scores of"), "vc="),
    "algorithm": (lambda page: page.get_by_text("your prompt").first.click(), "=mine"),
    "construction": (lambda page: page.get_by_text("Ridge by Sherman").first.click(), "=ridge"),
    "diversity": (add_a_point, "p="),
    "curves": (add_a_point, "p="),
    "shift": (lambda page: pick_another(page, "Inputs"), "hsi="),
    "two_layers": (add_a_point, "p="),
    "language_model": (add_a_point, "p="),
    "train": (lambda page: pick_another(page, "Width"), "tw="),
    "teach": (lambda page: page.get_by_text("For the projector").first.click(), "br="),
}
"""What a visitor does on each page, and what of it the address then says."""


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_THE_ADDRESS)
def test_a_gesture_after_the_session_is_gone_is_taken(tab: Page, line: CutLine, name: str) -> None:
    (path,) = [page.url_path for page in all_pages() if page.name == name]
    visit(tab, line.url, path)
    gesture, says = IN_THE_ADDRESS[name]
    assert says not in tab.url
    lose_the_session(tab, line)
    gesture(tab)
    tab.wait_for_function("says => location.search.includes(says)", arg=says)


def test_every_page_that_takes_a_gesture_is_tried() -> None:
    others = {"classroom", NOTES.name}
    assert {page.name for page in all_pages()} == IN_THE_ADDRESS.keys() | others


@pytest.mark.slow
def test_what_was_pasted_stays_when_the_session_is_gone(tab: Page, line: CutLine) -> None:
    visit(tab, line.url, "classroom")
    paste_links(tab)
    expect(tab.get_by_test_id("stPlotlyChart").first).to_be_visible()
    lose_the_session(tab, line)
    links = tab.get_by_label("Links or codes, one a line")
    links.fill(links.input_value() + "\nhttps://example.org/lesson?ea=noise-b")
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_text("2 ")).to_be_visible()
    assert "noise-c" in links.input_value()


@pytest.mark.slow
def test_gestures_while_the_line_is_down_are_taken_when_it_is_back(
    tab: Page, line: CutLine
) -> None:
    pad = Pad(tab, line.url).open()
    before = pad.points.count()

    def draw() -> None:
        pad.click(-2, 1.5)
        pad.drag_point(0, 0.5, 1.0)

    lose_the_session(tab, line, draw)
    tab.wait_for_function("() => location.search.includes('p=')")
    pad.wait_settled()
    assert len(pad.drawn()) == before + 1
    shown = pad.everything()
    assert pad.reload().everything() == shown


@pytest.mark.slow
def test_the_lesson_goes_on_by_key_and_by_choice(tab: Page, line: CutLine) -> None:
    visit(tab, line.url, "lesson")
    for step in ("linear", "frozen"):
        lose_the_session(tab, line)
        tab.keyboard.press("ArrowRight")
        expect(tab.get_by_role("heading", level=1)).to_have_text(step_of(step).title)
    lose_the_session(tab, line)
    tab.keyboard.press("b")
    expect(tab.get_by_text(step_of("frozen").to_try.do)).to_be_visible()


@pytest.mark.slow
def test_a_line_that_is_down_is_told_in_a_visitors_words_and_the_pad_goes_on(
    tab: Page, line: CutLine
) -> None:
    pad = Pad(tab, line.url).open()
    told = tab.get_by_role("status").filter(has_text="No line to the lab")
    before = pad.points.count()

    def meanwhile() -> None:
        expect(told).to_be_visible()
        expect(tab.get_by_role("dialog")).to_have_count(0)
        pad.click(-2, 1.5)
        expect(pad.points).to_have_count(before + 1)

    lose_the_session(tab, line, meanwhile)
    expect(told).to_have_count(0)
    pad.wait_settled()
    assert len(pad.drawn()) == before + 1
