"""While a finger is down the pad asks the answer service: both ways are one, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from serving.answers import ADDRESS
from tests.support.line import cut_line
from tests.support.pad import Pad
from tests.support.server import Server

SERVICE = f"**/{ADDRESS}"


class Asked:
    """What the pad has asked the service, and what came of it."""

    def __init__(self, page: Page) -> None:
        self.statuses: list[int] = []
        page.on("response", self._note)

    def _note(self, response: Any) -> None:
        if response.url.endswith(f"/{ADDRESS}"):
            self.statuses.append(response.status)


def hold_and_move(pad: Pad, dx: float = 0.2, dy: float = 1.5) -> dict[str, str]:
    """Drag the first point and keep hold of it; the curves once they have come."""
    before = pad.curves()
    pad.drag_point(0, dx, dy, drop=False)
    pad.page.wait_for_function(
        "([curve, was]) => curve.getAttribute('d') !== was",
        arg=[pad.plane.locator(".curve").first.element_handle(), next(iter(before.values()))],
    )
    pad.wait_settled()
    return pad.curves()


REMADE = """lab => {
  window.remade = [];
  const said = (nodes) => [...nodes].map((node) => node.textContent).join();
  new MutationObserver((records) => {
    for (const { addedNodes: added, removedNodes: gone, target } of records) {
      const again = added.length && said(added) === said(gone);
      if (again || [...added].some((node) => node.nodeType === Node.ELEMENT_NODE))
        window.remade.push(`${target.nodeName} ${target.className} ${said(added)}`);
    }
  }).observe(lab, { childList: true, subtree: true });
}"""
"""Notes elements that are made anew inside the pad, and texts that are set as they were."""


def let_go(pad: Pad) -> dict[str, Any]:
    """Drop the point; all that the pad shows once the page has taken it."""
    before = pad.page.url
    pad.page.mouse.up()
    pad.page.wait_for_function("was => location.href !== was", arg=before)
    return pad.wait_settled().everything()


def test_a_drag_makes_nothing_anew_and_says_nothing_twice(page: Page, server: Server) -> None:
    """Else the browser lays out the whole page at each move, and once more at each answer."""
    pad = Pad(page, server.url).open()
    pad.lab.evaluate(REMADE)
    strip, chips = pad.strip.first.inner_html(), pad.chips()
    hold_and_move(pad)
    assert pad.strip.first.inner_html() != strip
    assert pad.chips() != chips
    assert page.evaluate("window.remade") == []


@pytest.mark.parametrize(
    ("path", "query"),
    [("playground", ""), ("", ""), ("teach", ""), ("lesson", "es=noise&ea=noise-b")],
)
def test_the_curves_are_the_same_both_ways(
    page: Page, server: Server, path: str, query: str
) -> None:
    """The service's while the finger is down, the page's when it is up, and the link's."""
    asked, pad = Asked(page), Pad(page, server.url, path).open(query)
    held = hold_and_move(pad)
    assert asked.statuses
    assert set(asked.statuses) == {200}
    shown = let_go(pad)
    assert pad.curves() == held
    assert pad.reload().everything() == shown


def test_a_slider_that_leads_off_the_plane_is_followed(pad: Pad) -> None:
    asked = Asked(pad.page)
    pad.open()
    slider = pad.control("Number of features d")
    slider.evaluate(
        """(input) => {
          for (const d of [3, 5]) {
            input.value = d;
            input.dispatchEvent(new Event("input"));
          }
        }"""
    )
    pad.weights.locator("svg").first.wait_for()
    pad.wait_settled()
    assert asked.statuses
    shown = pad.everything()["weights"]
    slider.dispatch_event("change")
    pad.page.wait_for_function("() => location.search.includes('d=5')")
    assert pad.wait_settled().everything()["weights"] == shown


def refused(route: Route) -> None:
    route.fulfill(status=500, json={"error": "No."})


def line_down(route: Route) -> None:
    route.abort()


@pytest.mark.parametrize("trouble", [refused, line_down])
def test_where_the_service_fails_in_mid_drag_the_page_answers(pad: Pad, trouble: Any) -> None:
    asked = Asked(pad.page)
    pad.open()
    before = pad.wire.sent
    hold_and_move(pad)
    assert asked.statuses
    pad.page.route(SERVICE, trouble)
    was = pad.curves()
    x, y = pad.centre(pad.points.first)
    pad.page.mouse.move(x + 20, y + 40, steps=4)
    pad.page.wait_for_function(
        "([curve, was]) => curve.getAttribute('d') !== was",
        arg=[pad.plane.locator(".curve").first.element_handle(), next(iter(was.values()))],
    )
    pad.wait_settled()
    held = pad.curves()
    assert pad.wire.sent > before
    let_go(pad)
    assert pad.curves() == held
    pad.page.unroute(SERVICE)
    count = len(asked.statuses)
    hold_and_move(pad, -0.1, -0.5)  # the next gesture asks it again
    assert len(asked.statuses) > count
    let_go(pad)


def test_a_full_service_is_waited_for_and_nothing_is_lost(pad: Pad) -> None:
    full: list[Route] = []

    def refuse(route: Route) -> None:
        full.append(route)
        route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": "Later."})

    pad.open()
    pad.page.route(SERVICE, refuse, times=1)
    held = hold_and_move(pad)
    assert full
    shown = let_go(pad)
    assert pad.curves() == held
    assert pad.reload().everything() == shown


def test_an_answer_that_comes_late_turns_nothing_back(pad: Pad) -> None:
    """The page has answered a later position meanwhile."""
    late: list[Route] = []

    def keep(route: Route) -> None:
        late.append(route)

    pad.open()
    pad.page.route(SERVICE, keep)
    pad.drag_point(0, 0.2, 1.5)
    pad.page.wait_for_function("() => location.search.includes('p=')")
    while not late:
        pad.page.wait_for_timeout(20)
    while pad.wire.running or pad.wire.sent > pad.wire.answered:
        pad.page.wait_for_timeout(20)
    shown = pad.everything()
    for route in late:
        route.continue_()
    assert pad.wait_settled().everything() == shown


@pytest.mark.parametrize("device", ["phone light"], indirect=True)
def test_two_fingers_that_take_turns_lose_nothing(pad: Pad) -> None:
    pad.open()
    line = pad.page.context.new_cdp_session(pad.page)
    a, b = (pad.centre(pad.points.nth(i)) for i in (0, 3))

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", a)
    touch("touchMove", (a[0], a[1] + 30))
    touch("touchStart", (a[0], a[1] + 30), b)
    for step in range(1, 6):
        touch("touchMove", (a[0], a[1] + 30), (b[0], b[1] - 8 * step))
    touch("touchEnd")
    pad.page.wait_for_function("() => location.search.includes('p=')")
    shown = pad.wait_settled().everything()
    assert pad.reload().everything() == shown


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as `streamlit run app.py` serves it, without the service."""
    running = Server(tmp_path_factory.mktemp("bare") / "log.txt", script="app.py")
    try:
        running.wait()
        yield running
    finally:
        running.stop()


def test_without_the_service_the_page_answers_as_ever(page: Page, bare: Server) -> None:
    asked, pad = Asked(page), Pad(page, bare.url).open()
    held = hold_and_move(pad)
    assert not asked.statuses
    let_go(pad)
    assert pad.curves() == held


# In one go, so that no answer can come between: moves of the pointer, and where the point was
# drawn after each.
MOVE = """([point, plane, moves]) => moves.map(([clientX, clientY]) => {
  plane.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
  return point.getAttribute("transform");
})"""


def test_on_a_slow_line_points_follow_at_once_and_the_last_position_wins(
    page: Page, server: Server
) -> None:
    """150 ms each way: one question at a time, each of the newest position."""
    with cut_line(server.address, delay=0.15) as line:
        asked, pad = Asked(page), Pad(page, line.url).open()
        x, y = pad.centre(pad.points.first)
        page.mouse.move(x, y)
        page.mouse.down()
        handles = [pad.points.first.element_handle(), pad.plane.element_handle()]
        for round_of_moves in range(4):
            spots = [[x + i, y + 10 * round_of_moves + i] for i in range(1, 11)]
            drawn = page.evaluate(MOVE, [*handles, spots])
            assert len(set(drawn)) == len(spots)
            page.wait_for_timeout(100)
        pad.wait_settled()
        assert 0 < len(asked.statuses) <= 6  # of 40 moves
        held = pad.curves()
        shown = let_go(pad)
        assert pad.curves() == held
        assert pad.reload().everything() == shown
