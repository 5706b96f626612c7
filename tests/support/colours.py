"""How well one colour stands out from another."""

LIGHT, DARK = "#fdfcfb", "#14151d"
"""The backgrounds of the two themes."""


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, by WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Their ratio, 1 to 21, by WCAG 2.1."""
    bright, dim = sorted([luminance(one), luminance(two)], reverse=True)
    return (bright + 0.05) / (dim + 0.05)
