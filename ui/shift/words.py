"""The words of the page about training data, and what would mislead."""

from __future__ import annotations

from icl_core.metrics import Interval
from icl_core.priors.shifted import PLAIN
from icl_core.priors.switches import SWITCHES
from icl_core.studies.profiles import Table
from ui.shift.numbers import Average

INTRODUCTION = (
    "A network learns in context what its training data taught it to. **Change one thing that was "
    "never different in training**, and see who fails: the network, or even the best learner that "
    "its upbringing could make."
)

UPBRINGINGS = {
    "plain": "Plain",
    "drawn": "As drawn",
    "few": "32 tasks",
    "narrow": "Narrow",
    "wide": "Wide",
}
SAYS = {
    "plain": "x and w of size 1, eight features, noise σ = ½, in 1.3 million prompts",
    "drawn": "the flagship: x as people draw it, up to eight features, five hidden noise levels",
    "few": "only 32 tasks in its whole training",
    "narrow": "a small network, two features, x and w of size 1",
    "wide": "the same small network, x and w from a quarter to 4 times that size",
}
GROUPS = {"inputs": "Inputs", "tasks": "Tasks", "noise": "Noise"}
SWITCH = {
    PLAIN: "As in training",
    "x-scale": "x larger or smaller",
    "x-mean": "x off centre",
    "x-skew": "x long and thin",
    "x-subspace": "x in a subspace",
    "x-quadrant": "One quadrant",
    "x-outlier": "One x far out",
    "q-orthogonal": "Question orthogonal",
    "q-among": "Question seen before",
    "w-scale": "w larger or smaller",
    "w-cap": "w in a cap",
    "w-sparse": "w sparse",
    "w-tails": "w heavy-tailed",
    "e-level": "More or less noise",
    "e-uneven": "Noise on one side",
    "e-tails": "Bursts of noise",
}
EXPLAINS = {
    "x-scale": "Every input so many times as large, the question, too.",
    "x-mean": "All inputs of a prompt moved by this much, in a direction of its own.",
    "x-skew": "Variances 1/(i + 1) to this power, on turned axes; as large on average.",
    "x-subspace": "All inputs within this share of the dimensions, as long as before.",
    "x-quadrant": "This share of the examples in one quadrant; the question anywhere.",
    "x-outlier": "One example so many times as far out. Its answer lies on the line.",
    "q-orthogonal": "The question turned out of what the examples span; half as many examples.",
    "q-among": "The question moved to one of the examples.",
    "w-scale": "The task's weights so many times as large.",
    "w-cap": "Tasks only within this angle of one direction.",
    "w-sparse": "This share of the weights kept, the others zero.",
    "w-tails": "Most tasks small, a few very large: Student's t, variance 1.",
    "e-level": "Noise so many times as large.",
    "e-uneven": "Noise larger where the first feature is positive, smaller elsewhere.",
    "e-tails": "Most noise small, a few answers far off: Student's t, the same variance.",
}
WHO = {
    "network": "The network",
    "trained": "Bayes of its training",
    "shifted": "Bayes of this law",
    "ridge": "Ridge, told sizes",
}
OVER = {"excess": "the best of its upbringing", "whole": "the best there is"}

BEHIND = r"""
**What it is.** Home is $x\sim N(0,I)$, $w\sim N(0,I)$, $y=w\cdot x+\sigma\varepsilon$ with
$\sigma=\tfrac12$ (the nearest level that the network knows), $2d$ examples and a question. A
switch changes one of these (Garg et al. 2022, §4: scale, skewed covariance, half a subspace times
$\sqrt2$, quadrants, orthogonal and repeated questions; Goddard et al. 2025: caps). Four answer:
the network; **Bayes of its training**, the posterior mean under the law that it was trained on:
what the best learner with this upbringing would say; **Bayes of this law**, the posterior mean
under the law that holds now; and ridge with $\lambda=\sigma^2/\tau^2$, told the true sizes of
noise and weights and no more. The network's error over the first Bayes' is its own fault; the
first Bayes' over the second's is its upbringing's. The law of $x$ moves no answer of Bayes: under
every switch of the inputs the two are the same for a network that was told $\sigma$.

**How Bayes of this law is got.** Larger weights or noise: one ridge. Sparse weights: a mixture
over all supports; heavy-tailed ones: over their sizes, 96 nodes. Uneven noise: weighted pairs. A
cap: the ridge's Gaussian cut to the cone, 2,048 samples. Bursts of noise: Gibbs sampling over the
size of each error (Geweke 1993), 150 sweeps. Tasks that are no Gaussian with bursts: nobody knows
it here, and the page leaves the comparison out.

**What would make it misleading.** One prompt is one sample: the average stands beside it, over
512, the same at every strength, with 95 % bootstrap intervals over prompts. With heavy tails a
few prompts carry the mean. A network can come out better than Bayes of its training, where that
was sure of something that no longer holds. It is one training run for each upbringing.
"""
MAP = r"""
**What it is.** 256 fresh prompts for every switch, the same at every strength and for all
networks of as many features; each cell is the mean squared error of the network over that of
Bayes, on the last of $2d$ examples' question. Compared with *the best of its upbringing* it shows
what the network itself does wrong away from home; compared with *the best there is*, all that is
lost. Step 0 is home. The bands of the lines are 95 % bootstrap intervals over prompts.

**Upbringings.** *Plain*: `noise-1-4`, 8 layers of width 64. *As drawn*: the flagship, 8 layers of
width 128. *32 tasks*: `tasks-32`, 4 layers of width 64, asked about new tasks. *Narrow* and
*wide*: 3 layers of width 32, two features, the same budget, recipe and seed; wide saw x and w of
a scale from ¼ to 4, hidden, another in every prompt. Between networks of different size and
budget compare how far each holds, not how good it is at home.

**What would make it misleading.** A ratio hides sizes: far from home both errors are large. The
network that saw 32 tasks is already far from home with new ones, and then answers like the one
that knows its 32, which is as wrong: its cells stay near 1 while all is lost. One run for each
upbringing.
"""


def strength(switch: str, value: float) -> str:
    """A strength as its slider has it."""
    if switch in ("x-scale", "w-scale", "e-level", "x-outlier"):
        return f"× {value:.3g}"
    if switch in ("x-mean", "x-skew"):
        return f"{value:.3g}"
    if switch == "w-cap":
        return f"{value:.3g}°"
    if switch == "e-uneven":
        return f"× {value:.3g}, ÷ {value:.3g}"
    if switch.endswith("tails"):
        return f"ν = {1 / value:.3g}" if value else "Gaussian"
    return f"{value:.0%}".replace("%", " %")


def tick(switch: str, value: float) -> str:
    """A strength as an axis has it, so short that ten of them fit a phone."""
    whole = strength(switch, value)
    return f"{value:.2g}" if whole.startswith("× ") and "÷" not in whole else whole


def network_name(network: str) -> str:
    """A checkpoint as the box has it."""
    return NETWORKS.get(network, network)


NETWORKS = {
    "noise-1-4": "Plain",
    "playground": "As drawn: the flagship",
    "tasks-32": "Saw 32 tasks only",
    "shift-narrow": "Narrow: x and w of size 1",
    "shift-wide": "Wide: x and w up to × 4",
}


def verdict(found: Average) -> str:
    """Whose fault the errors are, in two sentences."""
    own, raised = found.network, found.upbringing
    if own is None:
        return (
            "Without noise, and with so many examples, Bayes makes no error here: there is nothing "
            "to divide by. Compare the errors themselves."
        )
    first = f"The network errs {times(own)} as much as Bayes of its training"
    if own.low > 1.5:
        first += ": **that is the network's own fault**."
    elif own.high < 0.95:
        first += ": away from home it does better than what its training prescribes."
    else:
        first += ": it does what its training prescribes."
    if not found.known:
        return first + " Nobody knows Bayes of this law, so its upbringing cannot be judged here."
    if raised is None:
        return first + " Bayes of this law makes no error: **that is its upbringing's fault**."
    second = f" That Bayes errs {times(raised)} as much as the best under this law"
    if raised.low > 1.5:
        return first + second + ": **that is its upbringing's fault**."
    return first + second + ": its upbringing is hardly to blame."


def times(bounds: Interval) -> str:
    """A ratio with its interval."""
    if max(abs(bound - 1) for bound in bounds) < 0.005:
        return "just"
    return f"{bounds.value:.3g} ({bounds.low:.3g}–{bounds.high:.3g}) times"


def far_words(switch: str, bounds: list[float | None]) -> str:
    """The strength at which the excess has doubled, with its interval."""
    value, low, high = (None if bound is None else strength(switch, bound) for bound in bounds)
    last = strength(switch, SWITCHES[switch].strengths[-1])
    if value is None:
        return f"not up to {last}" if low is None else f"not up to {last} (perhaps from {low})"
    return f"{value} ({low}–{high or f'beyond {last}'})"


def said_of_range(table: Table) -> str:
    """How much farther the wide upbringing holds than the narrow one, and what that costs."""
    narrow, wide = (
        next(row for row in table["members"] if row["label"] == label)
        for label in ("narrow", "wide")
    )
    parts = []
    sure = all((table["farther"][switch][1] or 0) > 1 for switch in ("x-scale", "w-scale"))
    headline = "**A wider upbringing reaches farther.** " if sure else ""
    for switch, what in (("x-scale", "larger x"), ("w-scale", "larger w")):
        value, low, high = table["farther"][switch]
        if value is None:
            parts.append(f"with {what} its excess never doubled")
            continue
        until = "beyond" if high is None else f"{high:.2g}"
        parts.append(f"with {what} {value:.2g} (95 %: {low:.2g}–{until}) times as far")
    at = SWITCHES["x-scale"].strengths.index(1.0)
    home = [row["switches"]["x-scale"]["at"][at]["whole"] for row in (narrow, wide)]
    is_dearer = home[1][1] > home[0][2]
    verdict = (
        "that is what a wide range costs, since nobody told it the size"
        if is_dearer
        else "the intervals overlap, so whether a wide range costs anything is not shown"
    )
    (budget,) = {run["prompts"] for row in (narrow, wide) for run in row["runs"].values()}
    cost = " and ".join(f"{value:.2f} ({low:.2f}–{high:.2f})" for value, low, high in home)
    return (
        f"{headline}Before its excess doubles, the wide network holds "
        f"{' and '.join(parts)} than the narrow one. At home the errors of narrow and wide are "
        f"{cost} times the best there: {verdict}. Each is one run of {budget:,} prompts."
    )
