"""The methods' colours, checked by computation, also as colour-blind people see them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.colours import DARK, LIGHT, contrast
from ui.visitor import methods
from ui.visitor.screen import Screen
from ui.visitor.styles import TRUTH, Style

Colour = NDArray[np.float64]

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
# Vision Deficiency" (IEEE TVCG 2009), severity 1.0, on linear RGB.
DEFICIENCIES = {
    "full colour vision": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Linear sRGB to CIE XYZ (IEC 61966-2-1), white D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
JUST_NOTICEABLE = 2.3  # ΔE*ab; Mahy, Van Eycken and Oosterlinck (1994)
APART = 4 * JUST_NOTICEABLE

STYLES = {method.id: method.style for method in methods.all_methods()}


def linear(colour: str) -> Colour:
    """#rrggbb as linear RGB."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(colour: str, deficiency: str) -> Colour:
    """The linear RGB that looks to others as this colour looks with a deficiency."""
    return np.clip(DEFICIENCIES[deficiency] @ linear(colour), 0, 1)


def lab(rgb: Colour) -> Colour:
    """CIE L*a*b* of a linear RGB colour."""
    ratio = (TO_XYZ @ rgb) / (TO_XYZ @ np.ones(3))
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, two: str, deficiency: str) -> float:
    """ΔE*ab (CIE 1976) of two colours, as they are seen."""
    return float(np.linalg.norm(lab(seen(one, deficiency)) - lab(seen(two, deficiency))))


def as_hex(rgb: Colour) -> str:
    """Linear RGB as #rrggbb."""
    parts = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in parts)


def shade(style: Style, dark: bool) -> str:
    return style.dark if dark else style.light


def test_the_distance_is_that_of_the_literature() -> None:
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.02)
    # Sharma's table and Bruce Lindbloom's calculator give these for pure red.
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    # Red and green of one lightness are one colour without the long cones.
    assert distance("#c00000", "#00a000", "full colour vision") > 100
    assert distance("#7d6b00", "#5f7500", "deuteranopia") < 15


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_line_stands_out_from_its_background(deficiency: str, dark: bool) -> None:
    """3:1, WCAG 2.2 SC 1.4.11, as each sees it."""
    paper = as_hex(seen(DARK if dark else LIGHT, deficiency))
    for name, style in [*STYLES.items(), ("truth", TRUTH)]:
        assert contrast(as_hex(seen(shade(style, dark), deficiency)), paper) >= 3, name


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_a_newcomer_sees_can_be_told_apart_by_colour_alone(
    deficiency: str, dark: bool
) -> None:
    for one, two in combinations(Screen().show, 2):
        between = distance(shade(STYLES[one], dark), shade(STYLES[two], dark), deficiency)
        assert between >= APART, f"{one} and {two}: ΔE {between:.1f}"


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_lines_that_look_alike_in_colour_differ_in_dash(deficiency: str, dark: bool) -> None:
    """Eight hues cannot all stay apart without a cone: the dash tells them then."""
    for (one, a), (two, b) in combinations(STYLES.items(), 2):
        if distance(shade(a, dark), shade(b, dark), deficiency) < APART:
            assert _rhythm(a) != _rhythm(b), f"{one} and {two}"


def _rhythm(style: Style) -> tuple[float, ...]:
    """A dash as shares of its period: what is longer by a factor looks the same from afar."""
    parts = [float(part) for part in style.dash.split()]
    return tuple(round(part / sum(parts), 1) for part in parts)


def print_distances() -> None:
    """The nearest pairs of each kind, for who changes a colour."""
    for deficiency in DEFICIENCIES:
        for dark in (False, True):
            near = sorted(
                (distance(shade(a, dark), shade(b, dark), deficiency), one, two)
                for (one, a), (two, b) in combinations(STYLES.items(), 2)
            )
            told = ", ".join(f"{one}/{two} {between:.0f}" for between, one, two in near[:4])
            print(f"{deficiency:20} {'dark ' if dark else 'light'} {told}")


if __name__ == "__main__":
    print_distances()
