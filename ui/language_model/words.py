"""The words of the page of the language model, and what would mislead."""

from __future__ import annotations

from collections.abc import Mapping

from icl_core.language.learner import Cost
from icl_core.studies.profiles import Table
from ui.language_model.host import Connection
from ui.language_model.numbers import Answers, Repeats
from ui.language_model.settings import GD, LIKELIEST, MEAN, NEAREST, OLS, RIDGE, SAMPLED
from ui.visitor.methods import NETWORK

INTRODUCTION = (
    "Do language models do the same? Your points become **text**, and a real language model goes "
    "on with it. **Drag a point, ask it, and see whom it answers like**: ridge, the nearest "
    "point, or the lab's own little network."
)
HOW = {
    LIKELIEST: "The likeliest reply (temperature 0)",
    SAMPLED: "Five samples a place, with their range",
}
HELD = "Hold it to numbers with a grammar"
TEXT = "**The prompt as it is sent**, with the last place asked. Its numbers have two decimals."
REPLIES = (
    "A reply counts where it begins with a number and says nothing more on its line. "
    "Nothing is put in the place of one that does not."
)
NONE = (
    "No language model is installed here, so the page cannot ask one about your points. What a "
    "small one answered stands below. On a computer of your own, `make demo LM=1` brings it along."
)
CONNECT = """
Any server that speaks OpenAI's interface will do. The host sets three variables before the lab
starts: `LAB_LLM_URL` (`https://host/v1`), `LAB_LLM_MODEL` and `LAB_LLM_KEY`. Without them the lab
asks SmolLM2-135M on its own machine, where `make demo LM=1` has installed it. Visitors can use a
key of their own only with addresses that the host lists in `LAB_LLM_VISITOR_URLS`.
"""
KEY = (
    "The key stays in the memory of this visit and goes to that address alone: it is in no link "
    "and no log, and it is gone when you leave."
)
WHO = {
    "model": "Language model",
    NETWORK: "The lab's transformer",
    RIDGE: "Ridge",
    OLS: "OLS",
    GD: "GD, 1 step",
    NEAREST: "1-NN",
    MEAN: "Mean of the y",
    "3-NN": "3-NN",
    "1-NN": "1-NN",
    "GD": "GD, 1 step",
    "mean": "Mean of the y",
    "OLS": "OLS",
    "zero": "Always 0",
}


def said_of_cost(link: Connection, cost: Cost, seconds: float | None) -> str:
    """What a press of the button costs: requests, tokens and time."""
    asked = (
        f"{link.model}, {link.where}: {cost.requests} requests, at most {cost.read:,} tokens to "
        f"read and {cost.written:,} to write"
    )
    if seconds is None:
        return f"{asked}. Each reply is waited for up to {link.timeout:g} s."
    return f"{asked}; about {max(1, round(seconds))} s, going by the last time."


def said_of_answers(model: str, found: Answers) -> str:
    """How many replies are numbers, and what follows from that for the pad."""
    count = len(found.told)
    said = f"**{model}** answered this prompt: {found.valid} of {count} replies are numbers."
    gaps = found.values.count(None)
    if not gaps or not found.valid:
        return said
    return (
        f"{said} At {gaps} of {len(found.values)} places there is none: its line has a gap there."
    )


def said_of_likeness(apart: Mapping[str, float]) -> str:
    """Whose answers are nearest."""
    first, second = sorted(apart, key=apart.__getitem__)[:2]
    return (
        f"On these points its answers are nearest to those of **{WHO[first]}** "
        f"({apart[first]:.2f} apart), then to **{WHO[second]}** ({apart[second]:.2f})."
    )


def said_of_copies(found: Answers, repeated: Repeats) -> str:
    """What of it was there to be copied."""
    return (
        f"Of its {found.valid} numbers {repeated.y} repeat a *y* of the prompt to the last digit, "
        f"and {repeated.x} the *x* that was asked, sign aside."
    )


def likeness(found: Answers, off: float | None) -> str:
    """What the table's columns are."""
    said = (
        f"Root mean squared distance of the answers, over the {len(found.values)} places asked. "
        "All were given the same rounded numbers."
    )
    return said if off is None else f"{said} The language model itself is {off:.2f} off the truth."


LIKENESS = r"""
**What it is.** The model is asked at 21 places across the plane and at your query (at 12 fresh
inputs where there is no plane), each time with all your pairs and one new $x$; temperature 0, at
most 12 tokens, up to the end of the line. The formats are those of Requeima et al. (2024, lines)
and of Vacareanu et al. (2024, Feature and Output), and one of sentences. The distance is
$\sqrt{\operatorname{mean}_x(\hat y_{\text{model}}(x)-\hat y_{\text{other}}(x))^2}$. Ridge has
$\lambda=\tfrac1{16}$ and, as on every pad, the constant where the task has one.

**How sure it is.** One prompt is one prompt: another may say another name. The stored study below
has many, with intervals.

**What would make it misleading.** To be nearest to somebody is not to compute what they compute: a
model that repeats the $y$ of some example looks like a nearest neighbour where the nearest is what
it repeats. All distances can be large. A grammar turns every reply into a number, also one that
would have been words. A reply can hang on how much of the text the server still knew from the
question before: sums in another order round otherwise, and a close call can tip.
"""

ERRORS = (
    "Squared error against the answer without noise, over the questions that the language model "
    "answered with a number; the share that it did is in the table below."
)
STUDY = r"""
**What it is.** Linear tasks, $x\sim N(0,I)$, $w\sim N(0,I)$, noise $\sigma=\tfrac14$, written with
two decimals in each of three formats; two fresh questions after 2, 5, 10, 20 and 40 examples of the
same task. The model is SmolLM2-135M-Instruct with weights of four bits, asked for completions at
temperature 0. Ridge with $\lambda=\sigma^2$ is exact Bayes here. All learners are given the rounded
numbers. *Copied* is the share of its numbers that repeat a $y$ of the prompt to the last digit.

**How sure it is.** Bands are 95 % bootstrap intervals over prompts. Where there
are few prompts they are wide, and with fewer than about ten an interval of this kind is too narrow.

**What would make it misleading.** One small model is one small model: this says nothing of large
ones. Published figures are of another kind: on Friedman #2, 50 examples, four features, GPT-4 had a
mean absolute error of 43 where linear regression has 118 (Vacareanu et al. 2024).
"""


ENOUGH = 8
"""Prompts, below which an interval over them says nothing."""


def said_of_study(row: Table) -> str:
    """Whom the model is nearest to in one cell of the study, and how that compares with ridge."""
    nearest = row["nearest"]
    if nearest is None:
        return "No reply was a number."
    if row["prompts"] < ENOUGH:
        return "They are too few to say whom it answers like."
    value, low, high = nearest["over_ridge"]
    margin, least, most = nearest["over_second"]
    second = WHO[nearest["second"]]
    said = (
        f"Over all numbers of examples it answers most like **{WHO[nearest['rule']]}**: its mean "
        f"squared distance is {value:.2f} times that to ridge ({low:.2f}–{high:.2f})"
    )
    said += ", so ridge may be as near." if high >= 1 else "."
    beside = f"{margin:.2f} times as far as to {second} ({least:.2f}–{most:.2f})"
    if most >= 1:
        return f"{said} That is {beside}, so {second} may be as near."
    return f"{said} That is {beside}."


AXES = {"error": "squared error", "distance": "squared distance from the language model"}


def share(bounds: list[float] | None) -> str:
    """A share with its interval, in per cent."""
    if bounds is None:
        return "none"
    value, low, high = (100 * bound for bound in bounds)
    return f"{value:.0f} % ({low:.0f}–{high:.0f})"
