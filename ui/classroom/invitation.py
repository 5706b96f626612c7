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
from ui.visitor import page_registry, teaching
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
    """start: one of `beginnings`; step: where the lesson begins; the rest as in `Teaching`."""

    start: str = "playground"
    step: str = IDS[0]
    hidden: tuple[str, ...] = ()
    room: bool = False


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
    told = teaching.CODEC.to_link(Teaching(invitation.hidden, invitation.room))
    if invitation.start != "lesson":
        return {**to_link(screen), **told}
    own = None if screen == Screen() else screen
    return {**lesson_state.CODEC.to_link(Lesson(step=invitation.step, own=own)), **told}


def qr_picture(link: str) -> str:
    """The link as a QR code, for an img element."""
    return segno.make(link, micro=False).svg_data_uri(scale=4, border=3, light="#fff")


def qr_png(link: str) -> bytes:
    """The link as a QR code, for a slide."""
    out = io.BytesIO()
    segno.make(link, micro=False).save(out, kind="png", scale=12, border=3)
    return out.getvalue()
