"""The task pad in plain verbs, as a visitor would say them."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Locator, Page, Request, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from serving.answers import ADDRESS
from ui.visitor.screen import Screen, from_link, to_link

Point = tuple[float, float]

# Resolves once nothing in the pad has changed for a moment.
QUIET = """(lab) => new Promise((done) => {
  let timer = setTimeout(done, 80);
  new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(done, 80);
  }).observe(lab, { subtree: true, childList: true, attributes: true, characterData: true });
})"""

EVERYTHING = """(lab) => {
  const all = (selector) => [...lab.querySelectorAll(selector)].filter((n) => n.checkVisibility());
  const drawn = (node) => node.getAttribute("d");
  const label = (node) => node.getAttribute("aria-label");
  return {
    points: all(".point").map(label),
    handles: all(".handle").map(label),
    query: all(".query").map((node) => node.getAttribute("aria-valuetext")),
    curves: all(".plane .curve").map((node) => [node.dataset.method, drawn(node)]),
    lines: all(".truth, .layerLine").map(drawn),
    strip: all(".mini").map((node) => [node.getAttribute("aria-pressed"), node.textContent]),
    errors: all(".errors .curve").map(drawn),
    weights: all(".weights").map((node) => [label(node), node.textContent]),
    controls: all(".toolbar input, .side input, .layers input")
      .filter((node) => !node.readOnly)
      .map((node) => (node.type === "checkbox" ? node.checked : node.value)),
    words: all("output, small, .hint, .chip, [data-role=layerName]")
      .filter((node) => !node.closest("[data-role=table]"))
      .map((node) => node.textContent),
    python: lab.querySelector("[data-role=python]")?.textContent,
  };
}"""

# What could make the page scroll sideways: every scrolling box that is wider inside than out.
TOO_WIDE = """() => {
  const boxes = [document.scrollingElement, ...document.querySelectorAll("[data-testid^=st]")];
  return boxes
    .filter((box) => box === boxes[0] || /auto|scroll/.test(getComputedStyle(box).overflowX))
    .filter((box) => box.clientWidth && box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${box.tagName} ${box.dataset.testid ?? ""}: ${box.scrollWidth} px`);
}"""


def number(text: str) -> float:
    """A number as the page prints it, with a true minus sign."""
    return float(text.replace("−", "-"))


def numbers(text: str) -> list[float]:
    """All numbers in a sentence."""
    return [number(found) for found in re.findall(r"[-−]?\d+(?:\.\d+)?", text)]


def _asks(request: Request) -> bool:
    return urlsplit(request.url).path == f"/{ADDRESS}"


class Wire:
    """What passes over the websocket and to the answer service: is anything under way?"""

    def __init__(self, page: Page) -> None:
        self._forget()
        self.asked: list[Request] = []
        page.on("websocket", self._opened)
        page.on("request", lambda asked: self.asked.append(asked) if _asks(asked) else None)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)

    @property
    def idle(self) -> bool:
        """Whether every message of the pad has its answer, and no run goes on."""
        return not self.running and 0 <= self.sent <= self.answered and not self.asked

    def _ended(self, request: Request) -> None:
        if request in self.asked:
            self.asked.remove(request)

    def _forget(self) -> None:
        self.sent, self.answered, self.running = 0, -1, True

    def _opened(self, socket: WebSocket) -> None:
        self._forget()
        socket.on("framesent", self._up)
        socket.on("framereceived", self._down)

    def _up(self, frame: bytes | str) -> None:
        if not isinstance(frame, bytes):
            return
        widgets = BackMsg.FromString(frame).rerun_script.widget_states.widgets
        states = [json.loads(widget.json_value) for widget in widgets if widget.json_value]
        messages = [state.get("message") for state in states if isinstance(state, dict)]
        # Not the highest ever: another replica's session counts anew.
        self.sent = max(
            [message["seq"] for message in messages if isinstance(message, dict)],
            default=self.sent,
        )

    def _down(self, frame: bytes | str) -> None:
        if not isinstance(frame, bytes):
            return
        message = ForwardMsg.FromString(frame)
        kind = message.WhichOneof("type")
        if kind in ("new_session", "script_finished"):
            self.running = kind == "new_session"
        elif kind == "delta" and message.delta.new_element.HasField("bidi_component"):
            pad = message.delta.new_element.bidi_component
            self.answered = json.loads(pad.json or pad.mixed.json).get("seq", self.answered)


class Pad:
    """A page with a task pad, by what a visitor can do to it and read from it."""

    def __init__(self, page: Page, url: str, path: str = "playground") -> None:
        self.page, self.url, self.path = page, url, path
        self.wire = Wire(page)
        self.lab = page.locator("[data-role=lab]")
        self.plane = self.lab.locator("svg.plane")
        self.points = self.plane.locator(".point")
        self.handles = self.plane.locator(".handle")
        self.query = self.plane.locator(".query")
        self.notice = self.part("notice")
        self.live = self.part("live")
        self.strip = self.part("strip").locator(".mini")
        self.weights = self.lab.locator(".weightView")

    def part(self, role: str) -> Locator:
        """An element by its part in the pad's HTML."""
        return self.lab.locator(f"[data-role={role}]")

    def button(self, action: str) -> Locator:
        """A button by what it does."""
        return self.lab.locator(f"[data-do={action}]")

    def control(self, label: str) -> Locator:
        """A slider, tick or number beside the pad, by its label; its fold is opened."""
        control = self.lab.get_by_label(label)
        folded = self.lab.locator("details.advanced:not([open])").filter(
            has=self.page.get_by_label(label)
        )
        if folded.count():
            folded.locator("summary").click()
        return control

    def cell(self, label: str) -> Locator:
        """A cell to type a number into, by its whole label."""
        return self.lab.get_by_label(label, exact=True)

    def set_steps(self, steps: int) -> None:
        """Move the slider of gradient descent's steps: it is over powers of ten of 1 + steps."""
        self.control("Gradient descent steps").fill(f"{math.log10(1 + steps):.2f}")

    # --- coming and going -------------------------------------------------------------

    def open(self, query: str = "") -> Self:
        """Visit the page, with the part of a link after its question mark."""
        self.page.goto(f"{self.url}/{self.path}?{query}")
        return self._wait_shown()

    def open_screen(self, screen: Screen) -> Self:
        """Visit the link of a screen."""
        return self.open(urlencode(to_link(screen)))

    def reload(self) -> Self:
        """As F5 does."""
        self.page.reload()
        return self._wait_shown()

    def _wait_shown(self) -> Self:
        # Some pages hide the prompt strip, and more than two dimensions have no curve.
        self.lab.locator(".answer:visible, .curve:visible").first.wait_for()
        if self.lab.get_attribute("data-performs") is not None:
            self.page.keyboard.press("Shift")  # the first touch ends what Start performs
        return self.wait_settled()

    def wait_settled(self) -> Self:
        """Until no message is in flight and the last answer is drawn."""
        while True:
            while not self.wire.idle:
                self.page.wait_for_timeout(20)
            self.lab.evaluate(QUIET)
            # What the page has sent is told by another process of the browser, a little later.
            self.page.wait_for_timeout(30)
            if self.wire.idle:
                return self

    def link(self) -> dict[str, str]:
        """The parameters of the page's link."""
        return dict(parse_qsl(urlsplit(self.page.url).query, keep_blank_values=True))

    def screen(self) -> Screen:
        """What the page's link says of the screen."""
        screen, troubles = from_link(self.link())
        assert not troubles, f"The page wrote a link that it cannot read: {troubles}"
        return screen

    # --- what can be read ----------------------------------------------------------------

    def everything(self) -> dict[str, Any]:
        """All that the pad shows, to be compared with another page."""
        shown: dict[str, Any] = self.lab.evaluate(EVERYTHING)
        return shown

    def drawn(self) -> list[Point]:
        """The points drawn by hand, exactly as the link holds them."""
        points = self.screen().points
        assert points is not None, "The exemplars are sampled, not drawn."
        return list(points)

    def typed(self) -> list[Point]:
        """The points in the numeric table, to four digits."""
        self.show_numbers()
        values = [
            float(field.input_value()) for field in self.part("table").locator("td input").all()
        ]
        return list(zip(values[::2], values[1::2], strict=True))

    def told(self, method: str) -> float:
        """The method's prediction at the query, as printed."""
        return number(self.row(method).locator(".told").inner_text())

    def chips(self) -> list[tuple[str, str]]:
        """The prompt strip, token by token: its name and its value."""
        read = "nodes => nodes.map((n) => [n.firstChild.textContent, n.lastChild.textContent])"
        found = self.part("prompt").locator(".chip").evaluate_all(read)
        return [(name, value) for name, value in found]

    def row(self, method: str) -> Locator:
        """The method's row: its tick, its answer and its settings."""
        return self.part("methods").locator(f"li[data-method={method}]")

    def curve(self, method: str) -> Locator:
        """The method's line on the plane."""
        return self.plane.locator(f".curve[data-method={method}]")

    def curves(self) -> dict[str, str]:
        """Every line on the plane, as its path."""
        found = self.plane.locator(".curve").evaluate_all(
            "nodes => nodes.map((node) => [node.dataset.method, node.getAttribute('d')])"
        )
        return dict(found)

    def read_path(self, path: Locator) -> list[Point]:
        """A line of the plane in the coordinates of the task."""
        left, top, width, height = (
            float(self.plane.locator(".paper").get_attribute(name) or "nan")
            for name in ("x", "y", "width", "height")
        )
        half_x, half_y = self.axes()
        pixels = [pair.split() for pair in re.split("[ML]", path.get_attribute("d") or "")[1:]]
        return [
            (
                (2 * (float(x) - left) / width - 1) * half_x,
                (1 - 2 * (float(y) - top) / height) * half_y,
            )
            for x, y in pixels
        ]

    def axes(self) -> tuple[float, float]:
        """Half-widths of the plane, in x and in y."""
        half_x = float(self.query.get_attribute("aria-valuemax") or "nan")
        half_y = max(number(text) for text in self.ticks())
        return half_x, half_y

    def ticks(self) -> list[str]:
        """The numbers along both axes."""
        return self.plane.locator(".grid text:not(.axisTitle)").all_text_contents()

    def wait_for(self, shown: dict[str, Any]) -> None:
        """Until the pad shows what `everything` said before."""
        for _ in range(100):
            if self.wait_settled().everything() == shown:
                return
            self.page.wait_for_timeout(100)
        assert self.everything() == shown

    # --- what can be done -------------------------------------------------------------------

    def at(self, x: float, y: float) -> Point:
        """Where a point of the plane lies in the window."""
        self.plane.scroll_into_view_if_needed()
        box = self.plane.locator(".paper").bounding_box()
        assert box is not None
        half_x, half_y = self.axes()
        across, down = (1 + x / half_x) / 2, (1 - y / half_y) / 2
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    def centre(self, thing: Locator) -> Point:
        """Where the middle of something lies in the window."""
        self.plane.scroll_into_view_if_needed()
        box = thing.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def click(self, x: float, y: float) -> None:
        """Click a place on the plane."""
        self.page.mouse.click(*self.at(x, y))

    def drag(self, thing: Locator, dx: float, dy: float, *, drop: bool = True) -> None:
        """Drag something on the plane, in the units of its axes; `drop=False` keeps hold."""
        origin, target = self.at(0, 0), self.at(dx, dy)
        x, y = self.centre(thing)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + target[0] - origin[0], y + target[1] - origin[1], steps=6)
        if drop:
            self.page.mouse.up()

    def drag_point(self, index: int, dx: float, dy: float, *, drop: bool = True) -> None:
        """Drag an example."""
        self.drag(self.points.nth(index), dx, dy, drop=drop)

    def toggle(self, method: str) -> None:
        """Show or hide a method."""
        self.row(method).locator("label").first.locator("input").click()

    def show_numbers(self) -> None:
        """Open the numeric table."""
        table = self.lab.locator("details.numbers").first
        if table.get_attribute("open") is None:
            table.locator("summary").click()
        expect(self.part("table").locator("table")).to_be_visible()

    def type_number(self, label: str, text: str) -> None:
        """Type into a number field, as a person would, and leave it."""
        field = self.cell(label)
        field.click()
        field.press("ControlOrMeta+a")
        field.press("Backspace")
        field.press_sequentially(text)
        field.press("Tab")

    def tab_until(self, thing: Locator, *, at_most: int = 60) -> None:
        """Press Tab until something has the focus."""
        for _ in range(at_most):
            self.page.keyboard.press("Tab")
            if thing.evaluate("node => node.getRootNode().activeElement === node"):
                return
        raise AssertionError(f"Tab does not reach {thing} in {at_most} steps.")

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways; nothing, it is hoped."""
        found: list[str] = self.page.evaluate(TOO_WIDE)
        inside = self.lab.evaluate("lab => lab.scrollWidth - lab.clientWidth")
        return found + ([f"the pad: {inside} px too many"] if inside > 1 else [])
