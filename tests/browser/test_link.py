"""The link: it holds the whole screen, and junk in it does no harm."""

import base64
import re
import struct
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.pad import Pad
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen

FIVE = Screen(points=None, d=5)
Gesture = Callable[[Pad], object]


def give_and_undo(pad: Pad) -> None:
    pad.click(-2, 1)
    pad.button("undo").click()


# Several gestures on one screen, one after the other: to open a page costs more than all of them.
GESTURES: dict[str, tuple[Screen, dict[str, Gesture]]] = {
    "drawn points": (
        Screen(),
        {
            "a point given": lambda pad: pad.click(-2, 1.5),
            "a point dragged": lambda pad: pad.drag_point(0, 0.53, 1.51),
            "the query dragged": lambda pad: pad.drag(pad.query, 2.02, 0),
            "a method shown": lambda pad: pad.toggle("newton"),
            "a setting": lambda pad: pad.control("Ridge λ").fill("0.7"),
            "a layer": lambda pad: pad.strip.nth(4).click(),
            "an undo": give_and_undo,
            "all points cleared": lambda pad: pad.button("clear").click(),
            "no intercept": lambda pad: pad.control("intercept").click(),
        },
    ),
    "one method": (
        Screen(show=("gd",)),
        {
            "all methods hidden": lambda pad: pad.toggle("gd"),
            "a true line": lambda pad: pad.part("truth").click(),
            "a handle dragged": lambda pad: pad.drag(pad.handles.nth(1), 0, 1.03),
            "a new task": lambda pad: pad.button("sample").click(),
            "more features": lambda pad: pad.control("Number of features d").fill("4"),
        },
    ),
    "five features": (
        FIVE,
        {
            "a new task of five": lambda pad: pad.button("sample").click(),
            "fewer examples": lambda pad: pad.control("Number of examples k").fill("3"),
        },
    ),
}


@pytest.mark.parametrize("start", GESTURES)
def test_after_each_gesture_the_link_reproduces_the_screen(
    pad: Pad, elsewhere: Callable[[str], Pad], start: str
) -> None:
    screen, gestures = GESTURES[start]
    before = pad.open_screen(screen).everything()
    for name, act in gestures.items():
        act(pad)
        here = pad.wait_settled().everything()
        assert (here != before) == (name != "an undo"), name
        assert elsewhere(pad.page.url).everything() == here, name
        before = here


def test_every_field_of_the_screen_travels_in_the_link(pad: Pad) -> None:
    everything = Screen(
        points=EXAMPLE[:4],
        sigma=0.5,
        query=1.25,
        show=("transformer", "bayes", "gd", "sgd", "knn", "newton"),
        settings=MethodSettings(
            lam=0.5,
            steps=7,
            rate=0.01,
            sgd_rate=0.1,
            neighbours=2,
            weighted=True,
            newton=5,
        ),
        layer=2,
    )
    pad.open_screen(everything).drag(pad.query, 0.25, 0)
    after = pad.wait_settled().screen()
    assert after.query == pytest.approx(1.5, abs=0.02)
    same = {name: value for name, value in vars(everything).items() if name not in ("query", "k")}
    assert {name: getattr(after, name) for name in same} == same


def test_a_reload_keeps_the_screen(pad: Pad) -> None:
    pad.open().drag_point(0, 0.53, 1.51)
    pad.wait_settled().strip.nth(4).click()
    here = pad.wait_settled().everything()
    assert pad.reload().everything() == here


def packed(*points: tuple[float, float]) -> str:
    data = b"".join(struct.pack("<ff", *point) for point in points)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# The rest of what a link may hold wrongly is asked of the page without a browser.
JUNK = {
    "not finite": "x=nan&gr=inf&gs=1e999",
    "out of range": "d=99&k=-4&nn=0",
    "points that are not finite": f"p={packed((1, 1), (float('nan'), 2))}",
    "markup": "d=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E",
    "all at once": "p=!&l=x&d=x&i=x&s=x&k=x&n=x&x=x&m=x&lam=x&gs=x&gr=x&sr=x&nn=x&nw=x&ns=x&ly=x",
}


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_a_link_gives_one_sentence_and_a_page_that_works(pad: Pad, junk: str) -> None:
    pad.open(JUNK[junk])
    sentence = pad.notice.inner_text()
    assert sentence.startswith("Part of this link could not be used: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in pad.page.content()
    if pad.plane.is_visible():
        pad.drag(pad.query, 0.5, 0)
    else:
        pad.control("Number of examples k").fill("9")
    assert pad.wait_settled().link() != {}
    expect(pad.notice).to_be_hidden()


def test_what_is_not_the_pages_is_ignored_in_silence(pad: Pad) -> None:
    pad.open("utm_source=a-class&zz=1")
    expect(pad.notice).to_be_hidden()
    assert pad.points.count() == len(EXAMPLE)


def test_back_and_forward_travel_through_the_gestures(pad: Pad) -> None:
    start = pad.open_screen(Screen()).everything()
    pad.click(-2, 1.5)
    given = pad.wait_settled().everything()
    pad.part("truth").click()
    lined = pad.wait_settled().everything()
    pad.page.go_back()
    pad.wait_for(given)
    pad.page.go_back()
    pad.wait_for(start)
    pad.page.go_forward()
    pad.page.go_forward()
    pad.wait_for(lined)


def test_a_page_follows_when_the_system_turns_dark(pad: Pad) -> None:
    pad.open()
    expect(pad.lab).not_to_have_class(re.compile("dark"))
    pad.page.emulate_media(color_scheme="dark")
    expect(pad.lab).to_have_class(re.compile("dark"))
