"""The link and the messages: what is written is read back, and junk never breaks the screen."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.strategies import assert_sound, junk, screens
from ui.visitor.fields import number
from ui.visitor.screen import (
    CODEC,
    MAX_POINTS,
    X_LIMIT,
    Y_LIMIT,
    Screen,
    apply,
    from_link,
    to_link,
)


@pytest.mark.slow
@settings(max_examples=500)
@given(screens)
def test_a_link_reproduces_the_screen(screen: Screen) -> None:
    assert_sound(screen)


@settings(max_examples=200)
@given(screens)
def test_a_message_that_repeats_the_screen_changes_nothing(screen: Screen) -> None:
    points = screen.points and [list(point) for point in screen.points]
    as_json = {**vars(screen), **screen.settings, "points": points}
    if screen.points == ():
        as_json["points"] = []
    assert apply(screen, as_json) == (screen, [])


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.dictionaries(st.sampled_from([f.key for f in CODEC.table]), st.text(max_size=40)))
def test_a_hand_edited_link_never_breaks(parameters: Any) -> None:
    screen, troubles = from_link(parameters)
    assert_sound(screen)
    assert all(troubles)


@pytest.mark.slow
@settings(max_examples=2000)
@given(st.dictionaries(st.sampled_from([f.name for f in CODEC.table]), junk))
def test_a_message_of_the_wrong_shape_never_breaks(changes: Any) -> None:
    screen, _ = apply(Screen(), changes)
    assert_sound(screen)


@pytest.mark.slow
@settings(max_examples=500)
@given(st.lists(st.lists(st.floats() | st.none() | st.text(max_size=3), max_size=3), max_size=60))
def test_drawn_points_are_kept_finite_in_range_and_few(pairs: Any) -> None:
    screen, _ = apply(Screen(), {"points": pairs})
    assert screen.points is not None
    assert len(screen.points) <= MAX_POINTS
    for x, y in screen.points:
        assert math.isfinite(x)
        assert math.isfinite(y)
        assert abs(x) <= X_LIMIT
        assert abs(y) <= Y_LIMIT


def test_what_cannot_be_read_stays_as_it_was() -> None:
    before = Screen(d=3, sigma=0.5)
    after, troubles = apply(before, {"d": "three", "sigma": 0.1})
    assert (after.d, after.sigma) == (3, 0.1)
    assert troubles == ["d is not a number"]


def test_out_of_range_is_clamped_and_said() -> None:
    screen, troubles = from_link({"d": "11"})
    assert screen.d == 8
    assert troubles == ["d was moved to 8, the nearest value accepted"]


def test_more_than_forty_points_keep_the_first_forty() -> None:
    screen, troubles = apply(Screen(), {"points": [[i / 20, 0.0] for i in range(50)]})
    assert screen.points is not None
    assert screen.points[-1] == pytest.approx((39 / 20, 0.0))
    assert troubles == ["points only the first 40 were kept"]


def test_one_bad_point_does_not_lose_the_others() -> None:
    screen, troubles = apply(Screen(), {"points": [[0, 1], [float("nan"), 0], [1, 2]]})
    assert screen.points == ((0.0, 1.0), (1.0, 2.0))
    assert troubles == ["points 1 without two finite numbers were left out"]


def test_unknown_parameters_are_not_complained_of() -> None:
    assert from_link({"utm_source": "news"}) == (Screen(), [])


def test_the_first_screen_needs_no_link() -> None:
    assert to_link(Screen()) == {}


NUMBERS = json.loads((Path(__file__).parents[1] / "data" / "numbers.json").read_text())
"""Texts and what they say, also read by the browser's half: ``tests/js/numbers.test.js``."""


@pytest.mark.parametrize(("text", "value"), NUMBERS["read"])
def test_numbers_are_read_with_a_comma_and_with_a_minus_sign(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", NUMBERS["thousands"])
def test_what_may_be_two_numbers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="may be a thousand"):
        number(text)


@pytest.mark.parametrize("text", NUMBERS["refused"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number(text)


@pytest.mark.parametrize("text", NUMBERS["infinite"])
def test_what_is_beyond_every_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a finite number"):
        number(text)
