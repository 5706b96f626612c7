"""What exact Bayes believes, as a table that moves with the finger."""

from __future__ import annotations

from html import escape

from ui.curves.functions import FAMILY_NAMES
from ui.curves.numbers import Belief

MOST_CELLS = 21
"""Squares in a row: of more examples some are left out, never the last."""

STYLE = """<style>
.belief { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
.belief caption { text-align: left; padding-bottom: 0.3rem; }
.belief th { text-align: left; font-weight: 400; }
.belief thead th { font-size: 0.85rem; }
.belief th, .belief td { padding: 0.14rem 0.6rem 0.14rem 0; border: 0; }
.belief tr.likeliest th, .belief tr.likeliest td { font-weight: 700; }
.belief td.track { width: 38%; }
.belief td.value { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.belief .rail { height: 1rem; border-left: 1px solid #8886; }
.belief .bar { height: 100%; border-radius: 0 3px 3px 0; background: light-dark(#6d28d9, #b794f6); }
.belief .squares { display: flex; gap: 1px; height: 0.9rem; min-width: 5rem; }
.belief .squares i { flex: 1; background: light-dark(#6d28d9, #b794f6); outline: 1px solid #8884; }
@media (max-width: 640px) { .belief td.grown, .belief th.grown { display: none; } }
</style>"""


def belief_table(found: Belief) -> str:
    """A row for each family: how likely after each example, and in the end."""
    likeliest = found.last.index(max(found.last))
    nearest = int(found.off.argmin())
    rows = "".join(
        _row(name, found, place, place == likeliest, place == nearest)
        for place, name in enumerate(FAMILY_NAMES.values())
    )
    return (
        f'{STYLE}<table class="belief"><caption>Which kind of curve exact Bayes believes in'
        '</caption><thead><tr><th scope="col">kind</th><th scope="col" class="grown">after each '
        'example</th><th scope="col">now</th><th scope="col">share</th>'
        '<th scope="col">network off by</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(name: str, found: Belief, place: int, likeliest: bool, nearest: bool) -> str:
    share = found.last[place]
    grown = found.shares[place].tolist()
    step = -(-len(grown) // MOST_CELLS)
    kept = grown[::-1][::step][::-1]
    squares = "".join(f'<i style="opacity:{max(one, 0.02):.2f}"></i>' for one in kept)
    mark = " ← nearest" if nearest else ""
    return (
        f'<tr class="{"likeliest" if likeliest else ""}"><th scope="row">{escape(name)}</th>'
        f'<td class="grown"><div class="squares" aria-hidden="true">{squares}</div></td>'
        f'<td class="track"><div class="rail"><div class="bar" style="width:{100 * share:.1f}%">'
        f'</div></div></td><td class="value">{100 * share:.0f} %</td>'
        f'<td class="value">{float(found.off[place]):.2f}{mark}</td></tr>'
    )
