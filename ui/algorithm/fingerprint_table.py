"""The distances of one network to the rules, drawn as a table that moves with the finger."""

from __future__ import annotations

import math
from html import escape

from ui.algorithm.charts import LOOKS
from ui.algorithm.numbers import Distance, Fingerprint
from ui.figures.charts import colour_of

LEFT, RIGHT = -5.0, 1.0
"""The axis, in powers of ten of SPD/d."""

STYLE = """<style>
.fingerprint { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
.fingerprint caption { text-align: left; padding-bottom: 0.3rem; }
.fingerprint th { text-align: left; font-weight: 400; white-space: nowrap; }
.fingerprint th, .fingerprint td { padding: 0.14rem 0.6rem 0.14rem 0; border: 0; }
.fingerprint tr.nearest th, .fingerprint tr.nearest td { font-weight: 700; }
.fingerprint td.track { width: 60%; }
.fingerprint td.value { text-align: right; font-variant-numeric: tabular-nums; }
.fingerprint .rail { position: relative; height: 1.1rem; border-left: 1px solid #8886;
  background: repeating-linear-gradient(
    to left, #8886 0, #8886 1px, transparent 1px, transparent calc(100% / 6)); }
.fingerprint .dot { position: absolute; top: 50%; width: 0.8rem; height: 0.8rem;
  margin: -0.4rem 0 0 -0.4rem; border-radius: 50%; }
.fingerprint .span { position: absolute; top: calc(50% - 2px); height: 4px; opacity: 0.5; }
.fingerprint .scale { display: flex; justify-content: space-between; font-size: 0.8rem; }
</style>"""


def _share(value: float) -> float:
    """Where a distance stands on the axis, in per cent."""
    power = math.log10(max(value, 10**LEFT))
    return 100 * (min(power, RIGHT) - LEFT) / (RIGHT - LEFT)


def _span(distance: Distance, colour: str) -> str:
    if distance.low is None or distance.high is None:
        return ""
    left, right = _share(distance.low), _share(distance.high)
    return (
        f'<span class="span" style="left:{left:.1f}%;width:{right - left:.1f}%;'
        f'background:{colour}"></span>'
    )


def _told(distance: Distance) -> str:
    """The mean, marked where a few prompts carry it."""
    if distance.median is None:
        return f"{distance.value:.2g}"
    return f'<abbr title="median {distance.median:.2g}">{distance.value:.2g}†</abbr>'


def _row(rule: str, distance: Distance, is_nearest: bool, dark: bool) -> str:
    colour = colour_of(LOOKS[rule][0], dark)
    mark = " ← nearest compared" if is_nearest else ""
    return (
        f'<tr class="{"nearest" if is_nearest else ""}"><th scope="row">{escape(rule)}{mark}</th>'
        f'<td class="track"><div class="rail">{_span(distance, colour)}'
        f'<span class="dot" style="left:{_share(distance.value):.1f}%;background:{colour}"></span>'
        f'</div></td><td class="value">{_told(distance)}</td></tr>'
    )


def fingerprint_table(found: Fingerprint, dark: bool) -> str:
    """HTML: a row for each rule, nearest first, on a logarithmic axis."""
    shown = sorted(
        (rule for rule in LOOKS if rule in found.spd), key=lambda rule: found.spd[rule].value
    )
    few = "; † a few prompts carry the mean" if any(found.spd[r].median for r in shown) else ""
    rows = "".join(_row(rule, found.spd[rule], rule == found.nearest, dark) for rule in shown)
    scale = "".join(f"<span>{label}</span>" for label in ("10⁻⁵", "10⁻³", "0.1", "10"))
    return (
        f'{STYLE}<table class="fingerprint"><caption>Distance of the '
        f"network's answers (SPD/d, logarithmic{few})</caption><tbody>{rows}</tbody>"
        "<tfoot><tr><td></td>"
        f'<td><div class="scale">{scale}</div></td><td></td></tr></tfoot></table>'
    )
