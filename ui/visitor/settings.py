"""What a visitor has set on one page beside the prompt: in the session and in the link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import streamlit as st

from ui.visitor import session
from ui.visitor.fields import Clamped, Codec
from ui.visitor.page_registry import PageSpec
from ui.visitor.screen import Screen, to_link

State = TypeVar("State")


class Settings(Generic[State]):
    """The settings of the page that a codec belongs to."""

    def __init__(self, codec: Codec[State]):
        assert codec.page is not None
        self.page, self.codec = codec.page, codec
        self._notice = f"{self.page}_notice"

    def arrive(self, page: PageSpec) -> None:
        """Called when the page is run: its link says what is on it, or is made to."""
        assert page.codec is self.codec
        session.arrive(page, self.link, self.follow, self.begin)
        session.write_link(self.link())

    def begin(self) -> None:
        """What to show where a visitor brings nothing: the lab's example, but for some pages."""

    def current(self) -> State:
        """What the visitor has set."""
        return st.session_state.get(self.page, self.codec.plain)

    def link(self) -> dict[str, str]:
        """Query parameters that reproduce the page, the prompt's included."""
        return {**to_link(session.current_screen()), **self.codec.to_link(self.current())}

    @property
    def notice(self) -> str | None:
        """What could not be taken as it came, or None."""
        return st.session_state.get(self._notice)

    def follow(self, link: Mapping[str, str]) -> None:
        """Take the settings of a link, and let the widgets show them."""
        state, troubles = self.codec.from_link(link)
        self._keep(state, session.sentence("Part of this link could not be used", troubles))
        for row in self.codec.table:
            self._forget(row.name)

    def merge(self, apply: session.Merge, *, without: str) -> session.Merge:
        """How a pad's message is taken on a page that shows learners of its own.

        Which of them are shown goes to the page, the rest by ``apply`` to the screen, where
        ``without``, for which this page's pad has no place, stays as it was.
        """

        def merge(screen: Screen, changes: Mapping[str, Any]) -> tuple[Screen, list[str]]:
            rest = {name: value for name, value in changes.items() if name != without}
            if "show" in rest:
                self.change(show=rest.pop("show"))
            return apply(screen, rest)

        return merge

    def widget(self, name: str) -> dict[str, Any]:
        """Arguments that tie a Streamlit widget to a setting."""
        key = self._widget(name)
        if key not in st.session_state:
            st.session_state[key] = getattr(self.current(), name)
        return {"key": key, "on_change": lambda: self.change(**{name: st.session_state[key]})}

    def pick(self, label: str, name: str, names: Mapping[Any, str], **more: Any) -> None:
        """A box to choose a setting's value in; names: what each value is called."""
        known = self.widget(name)
        st.selectbox(label, list(names), format_func=names.__getitem__, **known, **more)

    def enter(
        self, label: str, name: str, written: Callable[[Any], str] | None = None, **more: Any
    ) -> None:
        """A cell to type a setting's number into, read as every number of the lab is.

        written: how a value that is no number stands in it. What cannot be taken stays in the
        cell with a sentence, and the setting as it was.
        """
        key = self._widget(name)
        if key not in st.session_state:
            st.session_state[key] = (written or _written)(getattr(self.current(), name))
        st.text_input(
            label, key=key, on_change=lambda: self._take(name, written or _written), **more
        )
        if trouble := st.session_state.get(_trouble(key)):
            st.caption(f":red[{label} {trouble}]")

    def _take(self, name: str, written: Callable[[Any], str]) -> None:
        """Take what was typed into a cell, or say why not."""
        key = self._widget(name)
        read = next(row.read for row in self.codec.table if row.name == name)
        st.session_state.pop(_trouble(key), None)
        try:
            self.change(**{name: read(st.session_state[key].strip())})
        except Clamped as beyond:
            why = f"must not go beyond {beyond.value:g}"
        except ValueError as error:
            why = str(error)
        else:
            return
        stays = written(getattr(self.current(), name)) or "the page's own"
        st.session_state[_trouble(key)] = f"{why}; {stays} is used"

    def change(self, **changes: object) -> None:
        """Apply changes, clamped where they must be."""
        state, troubles = self.codec.apply(self.current(), changes)
        self._keep(state, session.sentence("That was not taken as it came", troubles))

    def hold(self, why: str = "This network has no more", **most: int) -> str | None:
        """Move numbers to the most that the page has of something; a sentence if any moved."""
        held = {name: getattr(self.current(), name) or 0 for name in most}
        beyond = {name: high for name, high in most.items() if held[name] > high}
        if not beyond:
            return None
        labels = {row.name: row.label for row in self.codec.table}
        moved = [f"{labels[name]} was moved to {high}" for name, high in beyond.items()]
        self.change(**beyond)
        for name in beyond:
            self._forget(name)
        return session.sentence(why, moved)

    def _widget(self, name: str) -> str:
        return f"{self.page}_{name}"

    def _forget(self, name: str) -> None:
        """Let a setting's widget show what it is now."""
        key = self._widget(name)
        st.session_state.pop(key, None)
        st.session_state.pop(_trouble(key), None)

    def _keep(self, state: State, notice: str | None) -> None:
        st.session_state[self.page] = state
        st.session_state[self._notice] = notice


def _trouble(key: str) -> str:
    return f"{key}_trouble"


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"
