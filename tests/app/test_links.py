"""Links that were made by earlier versions still open the same screens."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.support.pages import codecs
from tests.support.rendered import Open
from ui.visitor import links, methods, session, teaching
from ui.visitor.screen import MethodSettings, Screen, from_link, to_link

STORED = json.loads((Path(__file__).parents[1] / "data" / "links.json").read_text())
CODECS = codecs()
every_link = pytest.mark.parametrize(
    "stored", STORED["links"], ids=[entry["name"] for entry in STORED["links"]]
)


def frozen(value: Any) -> Any:
    """JSON's lists as the tuples that a state holds."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def state_of(plain: Callable[..., Any], said: Any) -> Any:
    """The state that a stored entry describes by what differs from the default."""
    parts = {name: frozen(value) for name, value in said.items()}
    if isinstance(parts.get("own"), dict):
        parts["own"] = state_of(Screen, parts["own"])
    if plain is Screen:
        chosen = {name: parts.pop(name) for name in methods.settings().keys() & parts.keys()}
        parts["settings"] = MethodSettings(**chosen)
    return plain(**parts)


def query_of(stored: dict[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(stored["query"], keep_blank_values=True))


@every_link
def test_a_stored_link_is_read_as_it_was_meant(stored: dict[str, Any]) -> None:
    assert from_link(query_of(stored)) == (state_of(Screen, stored["screen"]), [])
    # The same keys with the same text: links of both ages can be compared by eye.
    written = to_link(state_of(Screen, stored["screen"]))
    assert written.items() <= query_of(stored).items()
    if "page_state" in stored:
        codec = CODECS[stored["page"]]
        expected = state_of(type(codec.plain), stored["page_state"])
        assert codec.from_link(query_of(stored)) == (expected, [])
    told = state_of(teaching.Teaching, stored.get("teaching", {}))
    assert teaching.CODEC.from_link(query_of(stored)) == (told, [])


@pytest.mark.slow
@every_link
def test_a_stored_link_opens_its_page_with_its_screen(
    open_page: Open, open_root: Open, stored: dict[str, Any]
) -> None:
    query = query_of(stored)
    page = open_page(stored["page"], **query) if stored["page"] else open_root(**query)
    assert not page.exception
    assert page.session_state[session.SCREEN] == state_of(Screen, stored["screen"])
    assert page.session_state[session.NOTICE] is None
    assert page.session_state[session.PAGE] == (stored["page"] or "playground")
    if "page_state" in stored:
        plain = type(CODECS[stored["page"]].plain)
        assert page.session_state[stored["page"]] == state_of(plain, stored["page_state"])
    # What the page then writes into the address opens the same again.
    again = dict(page.query_params)
    assert from_link(again)[0] == page.session_state[session.SCREEN]


def test_a_link_of_an_older_version_is_upgraded_step_by_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "VERSION", 3)
    renamed = {
        1: lambda old, page: {**old, "d": old["dim"]},
        2: lambda old, page: {**old, "k": "5"},
    }
    monkeypatch.setattr(links, "UPGRADES", renamed)
    assert from_link({"dim": "3", "p": "sampled"})[0] == Screen(points=None, d=3, k=5)
    assert from_link({"ver": "3", "p": "sampled", "d": "4"})[0] == Screen(points=None, d=4)


def test_every_page_with_settings_has_a_stored_link() -> None:
    told = {entry["page"] for entry in STORED["links"] if "page_state" in entry}
    assert told == CODECS.keys() - {"prompt", "teaching"}


def test_a_page_writes_the_keys_of_an_older_version_anew(open_page: Open) -> None:
    page = open_page("teach", ts="lesson", te="noise", tr="1")
    (room,) = [box for box in page.checkbox if box.label == "For the projector"]
    page = room.uncheck().run()
    assert dict(page.query_params) == {"bs": "lesson", "be": "noise", "ver": "2"}


def test_a_link_says_its_version_where_a_key_is_younger_than_the_first(open_page: Open) -> None:
    assert "ver" in CODECS["teach"].to_link(replace(CODECS["teach"].plain, room=True))
    assert "ver" not in CODECS["train"].to_link(replace(CODECS["train"].plain, sigma=0.5))
    # So an old key is not read off a link of today.
    assert CODECS["teach"].from_link({"ver": "2", "tr": "1"})[0] == CODECS["teach"].plain


def test_a_link_of_a_newer_version_is_read_as_far_as_it_goes_and_said(open_page: Open) -> None:
    page = open_page("playground", ver="7", p="sampled", d="3")
    assert not page.exception
    assert page.session_state[session.SCREEN] == Screen(points=None, d=3)
    assert "newer version" in page.session_state[session.NOTICE]


@pytest.mark.parametrize("said", ["", "-1", "1.5", "ten", "9" * 400, "٣"])
def test_a_version_that_makes_no_sense_does_no_harm(said: Any) -> None:
    assert from_link({"ver": said, "d": "3"})[0].d == 3


def test_a_link_copied_out_of_html_opens_the_same_screen() -> None:
    drawn = Screen(points=((0.5, 1.0), (1.5, -1.0)), query=2.0)
    link = to_link(drawn)
    assert len(link) > 1
    assert from_link({f"amp;{key}": value for key, value in link.items()}) == (drawn, [])
