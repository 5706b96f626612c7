"""What one visitor's session holds: the screen, and what to tell them about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from ui.components.pad import read_message
from ui.visitor import teaching
from ui.visitor.links import newer
from ui.visitor.page_registry import PageSpec
from ui.visitor.screen import CODEC as SCREEN_CODEC
from ui.visitor.screen import Screen, apply, from_link, to_link

SCREEN, NOTICE, SEQ, SETTLED = "screen", "notice", "seq", "settled"
MOVING = "moving"
PAGE, ENTERED, NOTED, ASIDE = "page", "entered", "noted_link", "aside"
BEFORE, ARRIVAL, ARRIVING = "before_the_link", "arrival", "arriving"
TRAVELLED = "by Back or Forward"

Merge = Callable[[Screen, Mapping[str, Any]], tuple[Screen, list[str]]]
"""From a screen and changes to it to the new screen, and a sentence for each trouble."""


def enter() -> None:
    """Called by app.py before anything else."""
    st.session_state[ENTERED] = True
    if st.query_params:
        teaching.follow(st.query_params.to_dict())


def travel() -> None:
    """Called after Back or Forward: the visitor arrives at the address that they went to."""
    st.session_state[PAGE] = TRAVELLED


def arrive(
    page: PageSpec,
    link: Callable[[], dict[str, str]] | None = None,
    follow: Callable[[Mapping[str, str]], None] | None = None,
    begin: Callable[[], None] | None = None,
) -> None:
    """Called when a page is run: its link describes the screen, or is made to.

    link: what the page's link is to be, when that is more than the screen.
    follow: takes from a link what is more than the screen. begin: called where the
    visitor brings neither points of their own nor a link that says what to show.

    Until app.py has run once, Streamlit takes what lies in pages/ for an older kind
    of app and runs a page alone; `st.navigation` tells it better, and we begin again.
    """
    if ENTERED not in st.session_state:
        st.navigation([st.Page("app.py", default=True), st.Page(page.script)])
        st.rerun()
    if st.session_state.get(PAGE) == page.name:
        return
    brings_the_screen = comes_from_another(page)
    _bring_back(page.name)
    st.session_state[PAGE] = page.name
    if not brings_the_screen:
        parameters = st.query_params.to_dict()
        _take_link(parameters)
        if follow is not None:
            follow(parameters)
    if begin is not None and current_screen() == Screen() and not _says_what_to_show(page):
        begin()
    here = to_link(current_screen()) if link is None else link()
    if brings_the_screen:
        st.session_state[ARRIVAL] = st.session_state.get(ARRIVAL, 0) + 1
        st.session_state[ARRIVING] = True
        write_link(here)
    else:
        _note_link(here)


def arrival() -> tuple[int, dict[str, str]]:
    """The number of the last arrival at a page without a link, and the link that it gets.

    Called by app.py at the end of a run: the browser itself then completes the address.
    Written by Streamlit, as all later links are, it would be appended to the address of
    the page before, which the browser has not left yet, and Back would be led astray.
    """
    st.session_state[ARRIVING] = False
    return st.session_state.get(ARRIVAL, 0), st.session_state.get(NOTED, ("", {}))[1]


def comes_from_another(page: PageSpec) -> bool:
    """Whether the visitor comes from another page of the app, to one without a link yet."""
    known = st.session_state.get(PAGE) not in (None, page.name, TRAVELLED)
    return known and not st.query_params


def _says_what_to_show(page: PageSpec) -> bool:
    """Whether the address holds anything of the screen or the page, not teachers' parts alone."""
    tables = [codec.table for codec in (SCREEN_CODEC, page.codec) if codec is not None]
    return any(row.key in st.query_params for table in tables for row in table)


def current_screen() -> Screen:
    """The visitor's screen."""
    return st.session_state[SCREEN]


def _take_link(parameters: Mapping[str, str]) -> None:
    teaching.follow(parameters)
    st.session_state[BEFORE] = visitors_screen() if SCREEN in st.session_state else Screen()
    screen, troubles = from_link(parameters)
    st.session_state[SCREEN] = screen
    st.session_state.setdefault(SEQ, 0)
    st.session_state.setdefault(SETTLED, False)
    troubles = newer(parameters) + troubles
    st.session_state[NOTICE] = sentence("Part of this link could not be used", troubles)


def show_screen(screen: Screen) -> None:
    """Put another screen on the page."""
    st.session_state[SCREEN] = screen


def set_aside(page: str, screen: Screen) -> None:
    """Keep the visitor's screen while a page shows one of its own; other pages bring it back."""
    st.session_state[ASIDE] = (page, screen)


def visitors_screen() -> Screen:
    """The visitor's screen, also while a page shows one of its own."""
    return st.session_state[ASIDE][1] if ASIDE in st.session_state else current_screen()


def screen_before_the_link() -> Screen:
    """The visitor's screen before the link was followed that brought them here."""
    return st.session_state[BEFORE]


def _bring_back(page: str) -> None:
    if ASIDE in st.session_state and st.session_state[ASIDE][0] != page:
        st.session_state[SCREEN] = st.session_state.pop(ASIDE)[1]


def write_link(link: dict[str, str]) -> None:
    """Put a link into the address, unless it is there or was: Back may have left it.

    The same address twice would be two steps back.
    """
    is_new = _note_link(link)
    if st.session_state.get(ARRIVING):
        return
    if is_new and st.query_params.to_dict() != st.session_state[NOTED][1]:
        st.query_params.from_dict(st.session_state[NOTED][1])


def _note_link(link: dict[str, str]) -> bool:
    """Remember what the page's link is to be; whether that is new."""
    noted = (st.session_state[PAGE], {**link, **teaching.link()})
    is_new = st.session_state.get(NOTED) != noted
    st.session_state[NOTED] = noted
    return is_new


def sentence(start: str, troubles: list[str]) -> str | None:
    """One sentence for all troubles; None when there are none."""
    return f"{start}: {'; '.join(troubles)}." if troubles else None


def take_message(key: str, merge: Merge = apply) -> None:
    """Apply the pad's last message to the screen; the callback of `task_pad`.

    ``merge`` takes the changes in where the pad shows only part of the screen.
    """
    seq, final, changes = read_message(key)
    st.session_state[SEQ] = seq
    st.session_state[SETTLED] = final
    st.session_state[MOVING] = not final
    _keep(*merge(current_screen(), changes))


def change(changes: Mapping[str, object]) -> None:
    """Apply changes to the screen, clamped where they must be."""
    _keep(*apply(current_screen(), changes))


def _keep(screen: Screen, troubles: list[str]) -> None:
    st.session_state[SCREEN] = screen
    st.session_state[NOTICE] = sentence("That was not taken as it came", troubles)


def moving() -> bool:
    """Whether the pad's last message came from the midst of a gesture."""
    return st.session_state.get(MOVING, False)


def settled() -> bool:
    """Whether a gesture has just ended, so that the link is to be written; asked once."""
    ended: bool = st.session_state[SETTLED]
    st.session_state[SETTLED] = False
    return ended
