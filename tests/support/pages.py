"""The table of pages as the tests go through it, and components that are worked by hand."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import streamlit as st
from streamlit.testing.v1 import AppTest

from ui import components
from ui.pages import all_pages
from ui.visitor import screen, session, teaching
from ui.visitor.fields import Codec
from ui.visitor.page_registry import PageSpec

APP = Path(__file__).resolve().parents[2] / "app.py"
Callbacks = dict[str, Callable[[], None]]


def codecs() -> dict[str, Codec[Any]]:
    """Every codec of a link: the prompt's, the teachers' and each page's."""
    own = {page.name: page.codec for page in all_pages() if page.codec is not None}
    return {"prompt": screen.CODEC, "teaching": teaching.CODEC, **own}


def link_keys(page: PageSpec) -> list[str]:
    """Every key that a link of the page can have."""
    shared = [row.key for codec in (screen.CODEC, teaching.CODEC) for row in codec.table]
    return sorted({*shared, *page.rows(), "ver"})


def opened(page: PageSpec, **link: str) -> AppTest:
    """The page, as a visitor who follows a link finds it."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    if not page.starts:
        app.run().switch_page(page.script)
    for key, value in link.items():
        app.query_params[key] = value
    return app.run()


class Hand:
    """Sends messages to a page as its components would: before its next run."""

    def __init__(self) -> None:
        self.callbacks: dict[str, Callbacks] = {}
        self.waiting: list[tuple[str, object]] = []

    def mount(self, *, key: str, data: object, **callbacks: Any) -> None:
        """In place of a component: what it is sent must be JSON."""
        json.dumps(data, allow_nan=False)
        self.callbacks[key] = {
            name: call for name, call in callbacks.items() if name.startswith("on_")
        }

    def send(self, key: str, message: object) -> None:
        """Let a component send a message when the page runs next."""
        self.waiting.append((key, message))

    def deliver(self) -> None:
        """Called when a page's run begins, after which its components are mounted anew."""
        for key, message in self.waiting:
            st.session_state[key] = SimpleNamespace(message=message, pressed=message)
            for call in self.callbacks.get(key, {}).values():
                call()
        self.waiting.clear()
        self.callbacks.clear()


@contextmanager
def by_hand() -> Iterator[Hand]:
    """Pages whose own components are a `Hand`."""
    hand, arrive = Hand(), session.arrive

    def begin(*here: Any) -> None:
        hand.deliver()
        arrive(*here)

    with ExitStack() as stack:
        stack.enter_context(patch.object(session, "arrive", begin))
        for found in pkgutil.iter_modules(components.__path__):
            module = importlib.import_module(f"{components.__name__}.{found.name}")
            if hasattr(module, "_mount"):
                stack.enter_context(patch.object(module, "_mount", hand.mount))
        yield hand
