"""What a teacher's link adds to any page: parts that are left out, and large type for a room.

It lives in the session and in every link that the session writes, so that a class
which moves from page to page keeps it. What is left out is not drawn and not sent;
it is no promise that a student cannot find it, since they can edit the link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from ui.visitor import methods, page_registry
from ui.visitor.fields import Clamped, Codec, Field, flag

STATE = "teaching"
PAD_PARTS = {
    "Who answers": {
        "settings": "Their settings (λ, steps, rates)",
        "methods": "The whole list, whatever is ticked above",
    },
    "The task": {
        "d": "Features d",
        "k": "Examples k",
        "sigma": "Noise σ",
        "intercept": "Intercept",
        "seed": "Seed",
        "task": "All of these, whatever is ticked above",
    },
    "Buttons": {
        "sample": "New task",
        "addPoint": "Add point",
        "history": "Undo and Redo",
        "clear": "Clear",
        "truth": "True line",
        "export": "Copy link, CSV, PNG",
    },
    "Around the plane": {
        "prompt": "The prompt, token by token",
        "hint": "Hints",
        "layers": "Layer by layer",
        "errors": "Error after every example",
        "numbers": "The same as numbers",
        "python": "Open in Python",
    },
}
EVERYWHERE = {"Everywhere": {"nav": "The way to the other pages"}}


def common_parts() -> tuple[str, ...]:
    """The parts that are not one page's own."""
    return tuple(name for group in (*PAD_PARTS.values(), *EVERYWHERE.values()) for name in group)


def parts() -> dict[str, Mapping[str, str]]:
    """What can be left out, labels by name, in groups: the pad's, each page's, the app's."""
    by_page = {page.title: page.parts for page in page_registry.all_pages() if page.parts}
    who = {one.id: one.style.label for one in methods.all_methods() if one.id != methods.NETWORK}
    pad = {**PAD_PARTS, "Who answers": {**who, **PAD_PARTS["Who answers"]}}
    return {**pad, **by_page, **EVERYWHERE}


def names() -> tuple[str, ...]:
    """Every part that can be left out."""
    return tuple(name for group in parts().values() for name in group)


@dataclass(frozen=True)
class Teaching:
    """hidden: names in `parts` that are left out; present: whether the page is for a room."""

    hidden: tuple[str, ...] = ()
    present: bool = False


def read_hidden(value: object) -> tuple[str, ...]:
    """Names in `parts`, from a list or from a link."""
    told = value.split(".") if isinstance(value, str) else value
    if not isinstance(told, list | tuple) or not all(isinstance(name, str) for name in told):
        raise ValueError("is not a list of parts")
    known = tuple(name for name in names() if name in told)
    if len(known) < len({name for name in told if name}):
        raise Clamped(known, "names a part that does not exist")
    return known


CODEC = Codec(
    Teaching(),
    (
        Field("hidden", "th", "hidden parts", read_hidden, ".".join),
        Field("present", "present", "presenter mode", flag),
    ),
)


def current() -> Teaching:
    """What holds in this session."""
    return st.session_state.get(STATE, CODEC.plain)


def shows(name: str) -> bool:
    """Whether a part of the app is there."""
    assert name in names()
    return name not in current().hidden


def link() -> dict[str, str]:
    """Query parameters that bring it back."""
    return CODEC.to_link(current())


def follow(parameters: Mapping[str, str]) -> None:
    """Take what a link says of it; unknown parts are left to show."""
    st.session_state[STATE] = CODEC.from_link(parameters)[0]


def present(wanted: bool) -> None:
    """Begin or end presenter mode, in the address too."""
    st.session_state[STATE] = Teaching(current().hidden, wanted)
    kept = {name: value for name, value in st.query_params.items() if name != "present"}
    st.query_params.from_dict({**kept, **link()})
