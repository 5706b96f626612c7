"""The end of the lesson: what was learned, and a card that says how it went."""

from __future__ import annotations

import base64

LEARNED = """
1. A transformer **learns from its prompt** while its weights stay: what it learned is in the \
numbers that flow, and gone with the prompt.
2. What it makes of a prompt **depends on its past**: after ever new lines it answers nearly as \
the best textbook rule would, with caution; after four lines it recalls one of them.
3. Inside, attention **pairs** each y with its x and then collects; that a line can be **read** \
there does not say that the answer rests on it: to know, one has to change it and look.
"""


def card_said(right: int, answered: int) -> str:
    """The card in words."""
    return f"{right} of {answered} predictions right in A model within a model"


def card(right: int, answered: int, steps: int) -> str:
    """The card as SVG: a dot for each step, filled where a prediction was right."""
    dots = "".join(_dot(i, right, answered, 500 / steps) for i in range(steps))
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


def card_image(picture: str, said: str) -> str:
    """The card on a page, with its words for who does not see it."""
    packed = base64.b64encode(picture.encode()).decode()
    source = f"data:image/svg+xml;base64,{packed}"
    return f'<img alt="{said}" src="{source}" style="max-width:100%">'


def _dot(index: int, right: int, answered: int, apart: float) -> str:
    """On a line that goes up, as on the pad."""
    x = 60 + apart * index
    y = 250 - (x - 40) * 100 / 520 + (22 if index % 3 == 0 else -18)
    fill = "#fff" if index < right else "#a78bfa" if index < answered else "none"
    return (
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="10" fill="{fill}" stroke="#fff" stroke-width="2"/>'
    )
