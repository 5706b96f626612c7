"""Light, dark, or as the visitor's system: chosen below each page.

Streamlit's own switch is in its main menu, which would bring a recorder of the screen and take
the navigation's room. This one writes where that one keeps its choice, and opens the page anew
from its link: Streamlit reads the choice once, when a page is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ui.components.component import component

_mount = component("theme_switch", Path(__file__).parent)


def theme_switch(pages: Sequence[str]) -> None:
    """Show the choice. pages: the last part of every page's address, for each has its own."""
    _mount(key="theme_switch", data={"pages": list(pages)})
