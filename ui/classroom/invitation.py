"""What a teacher puts into a link: where it begins, what is on the pad, what is left out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import segno
import streamlit as st

from ui.lesson import state as lesson_state
from ui.lesson.state import Lesson
from ui.lesson.steps import IDS
from ui.lesson.steps import steps as all_steps
from ui.visitor import methods, page_registry, teaching
from ui.visitor.fields import Codec, Field, flag, one_of
from ui.visitor.screen import Screen, to_link
from ui.visitor.settings import Settings
from ui.visitor.teaching import Teaching


def beginnings() -> dict[str, str]:
    """The pages at which a class can begin, titles by name."""
    return {page.name: page.title for page in page_registry.all_pages() if page.begins}


def _start(value: object) -> str:
    return one_of(*beginnings())(value)


@dataclass(frozen=True)
class Invitation:
    """start: one of `beginnings`; step: where the lesson begins; the rest as in `Teaching`.

    steps: those of the lesson that are walked, all of them where it is empty.
    """

    start: str = "playground"
    step: str = IDS[0]
    hidden: tuple[str, ...] = ()
    room: bool = False
    steps: tuple[str, ...] = ()


PAD_OUT = ("errors", "numbers", "python", "export", "layers", "prompt")
"""Parts of the pad that this page has no use for."""

# Every key starts with b: those of every page share the link.
CODEC = Codec(
    Invitation(),
    (
        Field("start", "bs", "start page", _start),
        Field("step", "be", "first step", lesson_state.read_step),
        Field("hidden", "bx", "hidden parts", teaching.read_hidden, ".".join),
        Field("room", "br", "presenter mode", flag),
        Field("steps", "bl", "steps to walk", lesson_state.read_steps, "_".join),
    ),
    page="teach",
    since=2,
)


class _Settings(Settings[Invitation]):
    """As of every page; of the hidden parts each has a tick of its own."""

    def follow(self, link: Mapping[str, str]) -> None:
        super().follow(link)
        for name in teaching.names():
            st.session_state.pop(tick_key(name), None)


SETTINGS = _Settings(CODEC)


def tick_key(name: str) -> str:
    """The key of the tick that shows or hides a part."""
    return f"teach_shows_{name}"


def parameters(invitation: Invitation, screen: Screen) -> dict[str, str]:
    """The query parameters of the link that students get."""
    there = tuple(name for name in invitation.hidden if name in parts_at(invitation.start))
    told = teaching.CODEC.to_link(Teaching(there, invitation.room))
    if invitation.start != "lesson":
        return {**to_link(screen), **told}
    own = None if screen == Screen() else screen
    first = invitation.step
    if invitation.steps and first not in invitation.steps:
        first = invitation.steps[0]
    lesson = Lesson(step=first, own=own, only=invitation.steps)
    return {**lesson_state.CODEC.to_link(lesson), **told}


def groups_at(start: str) -> dict[str, dict[str, str]]:
    """What can be left out where a class begins, labels by name in groups."""
    if start != "lesson":
        return {group: dict(found) for group, found in teaching.parts().items()}
    used = {part for step in all_steps() for part in (*step.parts, *step.shown)}
    used |= {"hint", *teaching.EVERYWHERE["Everywhere"]}
    kept = {
        group: {name: label for name, label in found.items() if name in used}
        for group, found in teaching.parts().items()
    }
    return {group: found for group, found in kept.items() if found}


def parts_at(start: str) -> tuple[str, ...]:
    """The names in `groups_at`."""
    return tuple(name for group in groups_at(start).values() for name in group)


POINTS_AND_A_LINE = frozenset({"addPoint", "history", "clear", "hint", "nav"})
"""Parts that a class keeps which is to see its points and the transformer's line alone."""
PRESETS = {
    "plain": "Points and a line",
    "methods": "All methods",
    "researcher": "Researcher",
    "own": "As ticked",
}


def hidden_by(preset: str) -> tuple[str, ...]:
    """What a preset leaves out; a researcher sees everything."""
    names = teaching.names()
    if preset == "plain":
        return tuple(name for name in names if name not in POINTS_AND_A_LINE)
    if preset == "methods":
        kept = {*methods.ids(), *teaching.common_parts()} - FOR_RESEARCHERS
        return tuple(name for name in names if name not in kept)
    return ()


FOR_RESEARCHERS = frozenset({"errors", "layers", "numbers", "python", "prompt"})
"""Parts of the pad that go beyond its points and methods."""


def preset_of(hidden: tuple[str, ...]) -> str:
    """The preset that leaves this out, or that it is the teacher's own."""
    return next((one for one in list(PRESETS)[:-1] if hidden_by(one) == hidden), "own")


def qr_picture(link: str) -> str:
    """The link as a QR code, for an img element."""
    return segno.make(link, micro=False).svg_data_uri(scale=4, border=3, light="#fff")


def qr_png(link: str) -> bytes:
    """The link as a QR code, for a slide."""
    out = io.BytesIO()
    segno.make(link, micro=False).save(out, kind="png", scale=12, border=3)
    return out.getvalue()
