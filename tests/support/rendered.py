"""What a page run by Streamlit's own test client shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.support.waiting import eventually

Open = Callable[..., AppTest]
"""Opens a page, most often with the parameters of its link."""


def component_of(page: AppTest, name: str) -> Any:
    """What the page's first component of this name was given; None when there is none."""
    mounted = [part.proto for part in page.get("bidi_component")]
    found = [proto for proto in mounted if proto.component_name == name]
    return json.loads(found[0].json or found[0].mixed.json) if found else None


def pad_of(page: AppTest) -> Any:
    """What the task pad was given; None when there is none."""
    return component_of(page, "task_pad")


def words(page: AppTest) -> str:
    """All that the page says in Markdown."""
    return "\n".join(text.value for text in page.markdown)


def press(page: AppTest, label: str) -> AppTest:
    """Press the one button whose label begins so; the page after it."""
    (button,) = [button for button in page.button if button.label.startswith(label)]
    page = button.click().run()
    assert not page.exception
    return page


def run_until(page: AppTest, holds: Callable[[], object]) -> None:
    """Run the page again, as its polling does, until something holds, and then once more."""

    def held() -> object:
        page.run()
        return holds()

    eventually(held, every=0.5)  # what is waited for needs the core, too
    page.run()
    assert not page.exception
