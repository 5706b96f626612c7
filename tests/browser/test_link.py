"""The link: it holds the whole screen, and junk in it does no harm."""

import base64
import re
import struct
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.pad import Pad
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen

SAMPLED = Screen(points=None)
FIVE = Screen(points=None, d=5)
Gesture = Callable[[Pad], object]


def give_and_undo(pad: Pad) -> None:
    pad.click(-2, 1)
    pad.button("undo").click()


GESTURES: dict[str, tuple[Screen, Gesture]] = {
    "a point given": (Screen(), lambda pad: pad.click(-2, 1.5)),
    "a point dragged": (Screen(), lambda pad: pad.drag_point(0, 0.53, 1.51)),
    "all points cleared": (Screen(), lambda pad: pad.button("clear").click()),
    "a new task": (Screen(), lambda pad: pad.button("sample").click()),
    "a true line": (Screen(), lambda pad: pad.part("truth").click()),
    "a handle dragged": (SAMPLED, lambda pad: pad.drag(pad.handles.nth(1), 0, 1.03)),
    "the query dragged": (Screen(), lambda pad: pad.drag(pad.query, 2.02, 0)),
    "a method shown": (Screen(), lambda pad: pad.toggle("newton")),
    "all methods hidden": (Screen(show=("gd",)), lambda pad: pad.toggle("gd")),
    "a setting": (Screen(), lambda pad: pad.control("Ridge λ").fill("0.7")),
    "a layer": (Screen(), lambda pad: pad.strip.nth(4).click()),
    "more features": (Screen(), lambda pad: pad.control("Number of features d").fill("4")),
    "a new task of five": (FIVE, lambda pad: pad.button("sample").click()),
    "no intercept": (Screen(), lambda pad: pad.control("intercept").click()),
    "fewer examples": (FIVE, lambda pad: pad.control("Number of examples k").fill("3")),
    "an undo": (Screen(), give_and_undo),
}


@pytest.mark.parametrize("gesture", GESTURES)
def test_after_a_gesture_the_link_reproduces_the_screen(
    pad: Pad, elsewhere: Callable[[str], Pad], gesture: str
) -> None:
    start, act = GESTURES[gesture]
    before = pad.open_screen(start).everything()
    act(pad)
    here = pad.wait_settled().everything()
    assert (here != before) == (gesture != "an undo")
    assert elsewhere(pad.page.url).everything() == here


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


JUNK = {
    "words for numbers": "d=two&k=many&x=left",
    "not finite": "x=nan&gr=inf&gs=1e999",
    "out of range": "d=99&k=-4&nn=0",
    "not points": "p=%25%25%25",
    "points cut short": "p=AAAAAA",
    "points that are not finite": f"p={packed((1, 1), (float('nan'), 2))}",
    "too many points": f"p={packed(*[(0.1 * i, 1) for i in range(45)])}",
    "points far away": f"p={packed((1e30, -1e30), (0, 1))}",
    "an unknown method": "m=transformer.oracle",
    "half a line": "p=sampled&l=1",
    "no such layer": "ly=64",
    "an unknown noise level": "s=0.3",
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
