"""What the picture says: of each layer, and of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LITTLE = 0.005
"""A share that is said to be nothing."""

TITLE = "From the prompt to the answer"
DOOR = "How does it come to this line? From the prompt to the answer, layer by layer"
NO_PAIR = "There is no pair yet: add a point first."
LEAD = (
    "Press **Play**. Beads are the tokens of your prompt, as the transformer reads them. Arcs are "
    "attention: how much one token reads another. The line is what a readout gets from the query's "
    "state after that layer."
)
OF_KIND = {
    "pairs": "**{pairs}**: each y reads its own x",
    "collects": "**{collect}**: the query reads the y tokens",
    "reads x": "**{compare}**: the query reads the x tokens",
    "off": "{are} **off**: nothing is gathered there",
}
ONE = {"pairs": "pairs", "collect": "collects", "compare": "compares", "are": "is"}
MORE = {"pairs": "pair", "collect": "collect", "compare": "compare", "are": "are"}
"""Verbs for one head, and for more."""

EXPLAINED = r"""
**What is measured.** Attention of every head on your prompt, with your query ▲ as the last token.
An arc is as wide as the largest weight that any head of the layer gives it, or the chosen head's
own. A head *pairs* where the stored study found so on fresh prompts of this network (`study
pairing`: mean attention from each $y$ to its own $x$ of at least .5); the others are named for the
kind of token that the query reads here, where that scores .25 or more in "Who reads whom". The
share of the answer is $1 - \operatorname{mean}(r_\ell - \hat y)^2 / \operatorname{var}\hat y$ over
the plane, for the readout $r_\ell$ of layer $\ell$.

**What is interpretation.** A readout (Fu et al. 2024) is ours, not the network's: a linear map
fitted once for that layer. The network itself answers only at the end. "Pair, then collect" is
our reading of the arcs. That the pairing heads are how $x$ reaches $y$ was tested: with another
prompt's $x$ in these heads alone, the line goes where the mixed pairs ask it to go.

**What would make this misleading.** Attention says where a head looks, not what it takes. Between
two layers the picture moves evenly; the network makes one step. One prompt is one sample.
"""


def acts(pairing: int) -> dict[str, str]:
    """What can be done to so many pairing heads, by its name in a link; "" leaves them."""
    heads = "Pairing head" if pairing == 1 else "Pairing heads"
    return {"": "As it is", "off": f"{heads} off", "swap": "Other x for them"}


def of_layer(layer: int, heads: Sequence[Sequence[Any]], there: Sequence[float]) -> str:
    """What happens in a layer, in a sentence or two, from its heads and its readout."""
    if layer == 0:
        return "The prompt enters: every x and every y is a token of its own. Nothing is read yet."
    told = [_of_kind(kind, heads[layer - 1]) for kind in OF_KIND]
    what = "; ".join(filter(None, told)) or "All heads read broadly"
    was, now = there[layer - 1], there[layer]
    if now < LITTLE:
        return f"{what}. The readout has nothing of the final line yet."
    return f"{what}. The readout has {100 * now:.0f} % of the final line, {100 * was:.0f} % before."


def _of_kind(kind: str, heads: Sequence[Any]) -> str:
    those = [(head + 1, one.share) for head, one in enumerate(heads) if one.kind == kind]
    if not those:
        return ""
    *most, last = (str(head) for head, _ in those)
    who = f"Heads {', '.join(most)} and {last}" if most else f"Head {last}"
    does = OF_KIND[kind].format_map(MORE if most else ONE)
    shares = ", ".join(f"{share:.2f}" for _, share in those)
    return f"{who} {does}" if kind == "off" else f"{who} {does} ({shares})"
