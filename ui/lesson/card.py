"""The end of the lesson: what was learned, and a card that says how it went."""

from __future__ import annotations

LEARNED = """
1. A transformer with frozen weights **learns from its prompt**: what it learned is in the numbers \
that flow, and gone with the prompt.
2. Its answers **lie near the best textbook lines**, careful where dots are few or noisy. That is \
behaviour: other programs can give the same answers.
3. Inside, a line can be **read** from the middle layers on; what the answer **rests on** has \
to be tested by changing it.
"""


def card_said(right: int, answered: int) -> str:
    """The card in words."""
    return f"{right} of {answered} predictions right in A model within a model"


def card(right: int, answered: int, steps: int) -> str:
    """The card as SVG: a dot for each step, filled where a prediction was right."""
    dots = "".join(_dot(i, right, answered) for i in range(steps))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" width="420" \
font-family="sans-serif">
<rect width="600" height="300" rx="24" fill="#6d28d9"/>
<path d="M40 250L560 150" stroke="#fff" stroke-opacity=".35" stroke-width="14" \
stroke-linecap="round"/>
<text x="40" y="64" fill="#fff" font-size="30" font-weight="700">A model within a model</text>
<text x="40" y="100" fill="#ede9fe" font-size="20">I asked a transformer how it learns from its \
prompt.</text>
{dots}
<text x="560" y="262" text-anchor="end" fill="#fff" font-size="44" font-weight="700">\
{right} of {answered} right</text>
</svg>"""


def _dot(index: int, right: int, answered: int) -> str:
    """On a line that goes up, as on the pad."""
    x = 60 + 44 * index
    y = 250 - (x - 40) * 100 / 520 + (22 if index % 3 == 0 else -18)
    fill = "#fff" if index < right else "#a78bfa" if index < answered else "none"
    return f'<circle cx="{x}" cy="{y:.0f}" r="10" fill="{fill}" stroke="#fff" stroke-width="2"/>'
