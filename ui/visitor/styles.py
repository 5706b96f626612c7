"""How a line is drawn, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass

CIRCLE = "M0-7A7 7 0 1 0 .01-7Z"


@dataclass(frozen=True)
class Style:
    """How a method is drawn. Colours keep 3:1 contrast on their background.

    dash: lengths in px, empty for a solid line; width: px; says: what it does, in a
    few words; marker: an SVG path around (0, 0), so that no method is told apart by
    colour alone.
    """

    label: str
    light: str
    dark: str
    dash: str
    width: float
    says: str
    marker: str = CIRCLE


TRUTH = Style("True line", "#6b7280", "#9ca3af", "", 1.5, "what made the points")
