"""What a first-time visitor sees before touching anything."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.support.pad import Pad, number
from tests.support.reference import DRAWN, PRINTED, answers, told
from ui.visitor import methods
from ui.visitor.screen import EXAMPLE, Screen


def test_the_example_is_on_the_pad(pad: Pad) -> None:
    pad.open()
    assert pad.typed() == [(round(x, 4), round(y, 4)) for x, y in EXAMPLE]
    assert pad.points.count() == len(EXAMPLE)


def test_the_example_is_already_answered_by_the_shipped_weights(pad: Pad) -> None:
    pad.open()
    expected = told(pad.typed(), Screen())["transformer"]
    assert pad.told("transformer") == pytest.approx(expected, abs=PRINTED)


def test_every_method_has_answered(pad: Pad) -> None:
    pad.open()
    expected = told(pad.typed(), Screen())
    assert {name: pad.told(name) for name in methods.ids()} == pytest.approx(expected, abs=PRINTED)


def test_every_shown_line_is_that_of_its_method(pad: Pad) -> None:
    pad.open()
    assert set(pad.curves()) == set(Screen().show)
    for method in Screen().show:
        xs, ys = zip(*pad.read_path(pad.curve(method)), strict=True)
        expected = answers(pad.typed(), xs, Screen())[method]
        assert np.allclose(ys, expected, atol=DRAWN), method


def test_the_prompt_strip_ends_in_the_query_and_the_answer(pad: Pad) -> None:
    pad.open()
    (first, x), *_, (asked, query), (answered, answer) = pad.chips()
    assert (first, number(x)) == ("x1", round(EXAMPLE[0][0], 2))
    assert (asked, number(query)) == ("x?", Screen().query)
    assert (answered, number(answer)) == ("ŷ?", pad.told("transformer"))


def test_nothing_is_amiss_and_the_link_is_bare(pad: Pad) -> None:
    pad.open()
    expect(pad.notice).to_be_hidden()
    assert pad.link() == {}


def test_the_page_asks_nobody_else_for_anything(pad: Pad, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    pad.open()
    strangers = [url for url in asked if url.startswith("http") and not url.startswith(pad.url)]
    assert asked
    assert not strangers
