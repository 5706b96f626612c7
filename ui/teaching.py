"""What a teacher's link adds to any page: parts that are left out, and large type for a room.

It lives in the session and in every link that the session writes, so that a class
which moves from page to page keeps it. What is left out is not drawn and not sent;
it is no promise that a student cannot find it, since they can edit the link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from ui.fields import Clamped, Codec, Field, flag
from ui.methods import STYLES

STATE = "teaching"
PARTS = {
    "Who answers": {
        **{name: style.label for name, style in STYLES.items() if name != "transformer"},
        "settings": "their settings (λ, steps, rates)",
        "methods": "the whole list, whatever is ticked above",
    },
    "The task": {
        "d": "features d",
        "k": "examples k",
        "sigma": "noise σ",
        "intercept": "intercept",
        "seed": "seed",
        "task": "all of these, whatever is ticked above",
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
        "prompt": "the prompt, token by token",
        "hint": "hints",
        "layers": "layer by layer",
        "errors": "error after every example",
        "numbers": "the same as numbers",
        "python": "open in Python",
    },
    "Playground": {
        "averages": "errors on fresh tasks",
        "explanations": "explanations",
    },
    "Inside": {
        "readings": "what the probes read",
        "causal": "readable is not used",
        "steering": "write a line into a layer",
        "algorithms": "each layer, as an algorithm",
        "attention": "who reads whom",
    },
    "Algorithm": {
        "growth": "as examples come in",
        "families": "every step, every penalty",
        "figures": "the paper's figures",
    },
    "Construction": {
        "meeting": "trained meets constructed",
        "costs": "what the programs cost",
        "exactness": "how exact the primitives are",
    },
    "Everywhere": {"nav": "the way to the other pages"},
}
NAMES = tuple(name for group in PARTS.values() for name in group)


@dataclass(frozen=True)
class Teaching:
    """hidden: names in `PARTS` that are left out; present: whether the page is for a room."""

    hidden: tuple[str, ...] = ()
    present: bool = False


def read_hidden(value: object) -> tuple[str, ...]:
    """Names in `PARTS`, from a list or from a link."""
    names = value.split(".") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("is not a list of parts")
    known = tuple(name for name in NAMES if name in names)
    if len(known) < len({name for name in names if name}):
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
    assert name in NAMES
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
