"""The words of the page of added layers, and what would mislead."""

from __future__ import annotations

from icl_core.added_layers import BATCH, LAYERS, ON, STEPS, WHOLE
from icl_core.studies.profiles import Table
from icl_core.studies.two_layers import BASE, READOUT, RIDGE

INTRODUCTION = (
    "Take a network that never learned in context, freeze it, and put new layers on top. **Do two "
    "more layers make it learn from your examples?** Drag a point, take layers away, add some: "
    "beside them stands ridge on the same frozen features, the best there is."
)
TRUNKS = {"random": "Random", "fixed": "One task", "control": "Decoder"}
SAYS = {
    "random": "Two hidden layers of 64 tanh units with random weights, never trained.",
    "fixed": "The same network after it had learned one single curve. It never saw another.",
    "control": (
        "Four blocks of a decoder of this lab that was trained with one and the same w in every "
        "prompt, so it had nothing to learn in context."
    ),
}
FEATURES = (
    "The trunk turns x into numbers; these are their four largest principal components, each of "
    "variance 1. Every sampled curve is a sum of these four, each times a weight. The added layers "
    "see them and y."
)
TRAIN = (
    "From scratch, on the frozen trunk, by the trainer of *Train one*: about half a minute. The "
    "pad follows. Your points are not among what it sees."
)
NOT_SHIPPED = "No trained weights of so many layers come along: train them here."
SHIPPED, HERE = "the shipped ones", "those trained here"
BEHIND = r"""
**What it is.** A trunk $\Phi:\mathbb R\to\mathbb R^4$ stays as it is. Tasks are
$y=w^\top\Phi(x)+\sigma\varepsilon$ with $w\sim N(0,0.75^2I)$, $\sigma=\tfrac14$ (after Guo et al.
2023, arXiv:2310.10616: lower layers compute $\Phi$, upper ones learn linearly in context). The
features are frozen activations, their principal components, whitened: the recipe of TART (Bhatia
et al. 2023), whose head has twelve layers; here there are one to four, of width 32. They read
$\Phi(x_1),y_1,\Phi(x_2),y_2,\dots$ and were trained on fresh $w$ in every prompt. *Ridge on
$\Phi$* with $\lambda=\sigma^2/0.75^2$ is the posterior mean, so nobody can do better on average.
*2 layers on x* are as large, and trained alike on the same curves, but are told $x$ in place of
$\Phi(x)$. With no layer added there is a linear readout of $\Phi$, the best over all tasks, and
since $w$ has mean zero it answers about 0 whatever you draw.

**What would make it misleading.** Curves that are no sum of the four features cannot be followed,
by ridge on $\Phi$ neither. It is one x and a small $\Phi$; the added layers' training was short.
What is on the pad is one run, of the first seed.
"""
STUDY = r"""
**What it is.** Fresh prompts for each trunk, the same for all who are asked. The *gap* runs from
the error of two layers on $x$ down to that of ridge on $\Phi$; the share closed is
$(E_{\text{alone}}-E)/(E_{\text{alone}}-E_{\text{ridge}})$, each $E$ a mean squared error against
the answer without noise. Intervals are 95 % bootstrap intervals over prompts, and over training
runs where there are several. *Trunk trained too* begins at the same trunk and changes it. The
*linear readout* shows what the trunk knows without examples.

**Why one layer cannot.** In the prompt $x_i$ and $y_i$ are two tokens. A y must first fetch its own
$\Phi(x_i)$, which takes one layer of attention, before a second one can sum over pairs; a single
layer never sees a pair (see *Inside*: one head pairs each y with its x).

**What would make it misleading.** All were trained on the same small budget. *2 layers on x* have
to learn $\Phi$ as well, and do so the better the longer they are trained: the gap, and so the
share, is one of this budget. It says what a trunk saves, not what is possible without one. A share
is of a mean: look at the errors too.
"""


def percent(bounds: list[float]) -> str:
    """A share with its interval."""
    value, low, high = (f"{100 * bound:.0f}".replace("-", "−") for bound in bounds)
    return f"{value} % ({low} to {high})"


def count(layers: int) -> str:
    """So many layers, in words."""
    return "one layer" if layers == 1 else f"{('two', 'three', 'four')[layers - 2]} layers"


HALF = 0.5


def enough(row: Table) -> int | None:
    """The fewest added layers that surely close more than half of the gap, None where none do."""
    told = row["closed_all"]
    return next((n for n in layers_of(row) if told[f"{ON}-{n}"][1] > HALF), None)


def layers_of(row: Table) -> list[int]:
    """The numbers of added layers that were trained on a trunk."""
    return [n for n in LAYERS if f"{ON}-{n}" in row["closed_all"]]


def verdict(row: Table) -> str:
    """Whether two layers do it, computed from the row of a trunk."""
    needed = enough(row)
    shares = ", ".join(
        f"{count(n)} {percent(row['closed_all'][f'{ON}-{n}'])}" for n in layers_of(row)
    )
    if needed is None:
        head = f"**Not even {count(max(layers_of(row)))} surely close most of the gap here.**"
    elif needed == 1:
        head = "**One added layer is enough to close most of the gap.**"
    elif needed == 2:
        head = "**Two added layers close most of the gap; one does not.**"
    else:
        head = f"**Two layers do not close most of the gap here; {count(needed)} do.**"
    told = row["closed_all"].values()
    below = " Below zero is worse than two layers on x." if any(one[0] < 0 for one in told) else ""
    return f"{head} Of the gap between two layers on x and ridge on Φ: {shares}.{below}"


SHARE = "0 % is two layers on x, 100 % ridge on Φ: left over all k on the three trunks, right by k."
LOWEST = -0.5
"""The least share that the figures show."""


def off_the_figure(table: Table) -> str:
    """Which numbers of layers lie below the figure of shares, on all trunks."""
    rows = table["members"]
    gone = [
        n for n in LAYERS if all(r["closed_all"].get(f"{ON}-{n}", [0])[0] < LOWEST for r in rows)
    ]
    return f" Below the figure: {', '.join(map(count, gone))}." if gone else ""


def said_of_trunk(row: Table) -> str:
    """Whether the trunk is what it was, and that the check can tell."""
    frozen, trained = row["trunk"][ON], row["trunk"][WHOLE]
    start = (
        f"The trunk's fingerprint `{row['trunk']['fingerprint'][:12]}` was the same before and "
        f"after in {frozen['same after']} of {frozen['runs']} trainings of added layers"
    )
    if not trained["runs"]:
        return f"{start}."
    changed = trained["runs"] - trained["same after"]
    return f"{start}; where the trunk was trained too it changed in {changed} of {trained['runs']}."


def said_of_budget(table: Table, row: Table) -> str:
    """Who was asked, how long all were trained, and the errors over all k."""
    error = row["all"]
    return (
        f"Every network saw {table['seen']:,} prompts, {STEPS} steps of {BATCH}. Runs, each of its "
        f"own seed: {runs_told(row)}. Mean squared error over all numbers of examples: linear "
        f"readout {error[READOUT][0]:.2f}, 2 layers on x {error[BASE][0]:.2f}, trunk and 2 layers "
        f"{error[f'{ON}-2'][0]:.2f}, ridge on Φ {error[RIDGE][0]:.2f}."
    )


def runs_told(row: Table) -> str:
    """How many runs stand behind each line, in a few words."""
    seeds = row["seeds"]
    counts = {seeds[f"{ON}-{n}"] for n in layers_of(row)}
    if len(counts) == 1:
        return f"{counts.pop()} of each"
    of_two = f"{seeds[f'{ON}-2']} with two layers"
    others = {seeds[f"{ON}-{n}"] for n in layers_of(row) if n != 2}
    return f"{of_two}, {min(others)} with other numbers"
