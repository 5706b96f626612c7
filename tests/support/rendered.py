"""What a page run by Streamlit's own test client shows."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def pad_of(page: AppTest) -> Any:
    """What the pad was given; None when there is none."""
    found = [part.proto for part in page.get("bidi_component")]
    found = [proto for proto in found if proto.component_name == "task_pad"]
    return json.loads(found[0].json or found[0].mixed.json) if found else None


def words(page: AppTest) -> str:
    """All that the page says in Markdown."""
    return "\n".join(text.value for text in page.markdown)


def press(page: AppTest, label: str) -> AppTest:
    """Press the one button whose label begins so; the page after it."""
    (button,) = [button for button in page.button if button.label.startswith(label)]
    page = button.click().run()
    assert not page.exception
    return page
