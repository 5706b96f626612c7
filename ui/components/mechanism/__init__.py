"""The way from the prompt to the answer, to play, scrub and step through, layer by layer.

It looks like the task pad, whose styles it shares. Data goes down as one dictionary; when a
visitor changes what is done to the pairing head, ``{"heads", "heads_do"}`` comes up, in the
words of a link.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.components.component import component

_mount = component("mechanism", Path(__file__).parent, shared=("figures", "prompt_line"))


def mechanism(*, key: str, data: dict[str, Any], on_choice: Callable[[], None]) -> None:
    """Show what `ui.mechanism.numbers.picture` made. ``on_choice`` runs when a choice is new."""
    _mount(key=key, data=data, on_chosen_change=on_choice)
