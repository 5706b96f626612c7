"""Messages from the pad, without a browser."""

from typing import Any

import pytest
import streamlit as st
from hypothesis import given, settings

from tests.support.strategies import assert_sound, junk
from ui.components.pad import read_message
from ui.visitor import session
from ui.visitor.screen import Screen


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    held = {session.SCREEN: Screen(), session.SEQ: 0, session.SETTLED: False, session.NOTICE: None}
    monkeypatch.setattr(st, "session_state", held)
    return held


def test_a_message_changes_the_screen(state: dict[str, Any]) -> None:
    state["pad"] = {"message": {"seq": 3, "final": True, "changes": {"d": 5, "points": None}}}
    session.take_message("pad")
    assert state[session.SCREEN] == Screen(d=5, points=None)
    assert (state[session.SEQ], state[session.SETTLED]) == (3, True)
    assert state[session.NOTICE] is None


def test_a_bad_value_is_said_and_the_rest_is_taken(state: dict[str, Any]) -> None:
    state["pad"] = {"message": {"seq": 1, "final": True, "changes": {"k": 99, "seed": 5}}}
    session.take_message("pad")
    assert state[session.SCREEN].k == 40
    assert state[session.SCREEN].seed == 5
    assert "k was moved to 40" in state[session.NOTICE]


@pytest.mark.slow
@settings(max_examples=1000)
@given(junk)
def test_no_shape_of_message_breaks(message: object) -> None:
    held: dict[str, Any] = {
        session.SCREEN: Screen(),
        session.SEQ: 0,
        session.SETTLED: False,
        session.NOTICE: None,
    }
    held["pad"] = {"message": message}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "session_state", held)
        assert read_message("pad")[0] >= 0 or isinstance(message, dict)
        session.take_message("pad")
    assert_sound(held[session.SCREEN])
