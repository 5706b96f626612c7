"""The words of the page about memorising and learning, and what would mislead."""

from __future__ import annotations

from icl_core.metrics import Gauge
from ui.diversity.learners import ALL, count
from ui.diversity.numbers import DRAWN, Remembered

ASKED = {"new": "New tasks", "pool": "Tasks that it saw"}
INTRODUCTION = (
    "These networks differ in one thing: how many lines they saw in their whole training. "
    "**Drag a point.** A network that saw four lines jumps from one of them to another; one that "
    "saw new lines only follows you."
)

SCALE = (
    "The gauge is 0 where it answers like ridge, which knows no line, and 1 where it answers like "
    "the one that knows its lines; with 95 % intervals over 1,024 prompts."
)
GAUGE = r"""
**What it is.** Two learners explain these networks. One knows the $M$ lines of the training and
weighs them by how well they fit your points: the mean $\hat w=\sum_m w_m\,p(w_m\mid\text{points})$,
the best answer when nothing but those lines can come (dMMSE; Raventós et al. 2023, §2.1). The other
is ridge, the best answer when every line is new. The gauge is
$\tfrac12\big(\tfrac{d(\text{network},\text{ridge})-d(\text{network},\text{dMMSE})}
{d(\text{ridge},\text{dMMSE})}+1\big)$ with $d$ the mean squared difference (Wurgaft et al. 2025):
0 where the network answers like ridge, 1 where it answers like the one that knows the lines. A mix
of the two, $1-t$ to $t$, has the gauge $t$.

**What would make it misleading.** Where the two learners nearly agree, there is no way to lie
between, and the gauge says nothing: it is then left out. So it is for lines when the pool is large:
1,024 lines fill the plane so densely that knowing them is hardly more than ridge. It can leave 0 to
1 when the network answers beyond either. On one prompt it is one sample: the averages stand beside
it, over 1,024 prompts, but over one training run for each number of lines.

**Budget.** 76,800 prompts each, 3 layers of width 64, one recipe; each pool is the beginning of the
next. Only the network of new lines saw twice as many prompts: it has nothing to know by heart, and
learns the line to more decimals.
"""

EIGHT = r"""
**What it is.** Raventós et al. (2023), Fig 2, on a smaller budget: tasks $y=w\cdot x$ of eight
features with noise $\sigma=0.5$ and 16 examples; $M$ tasks drawn once, 1,441,152 prompts of them
for each network (4 layers of width 64; theirs: 128 million prompts of 8 layers of width 128).
Error: the mean squared difference to the answer without noise, divided by 8. Bands are 95 %
bootstrap intervals over 1,024 prompts. On the axis 1k is 1,024.

**What differs from the paper.** There the network becomes a learner at about $2^{14}$ tasks, here
already between 32 and 128: with less training it learns fewer tasks by heart, so the switch comes
earlier. It is one training run a point: the place of the switch is not known better than to the
next point on either side. These pools are not nested.

**What would make it misleading.** A small error on tasks that it saw says nothing about learning:
a network that knows them all by heart has the smallest. The new tasks tell.
"""

WAY = (
    "Half-way between two tasks of its pool stands a task that it never saw. Who knows the pool "
    "must fail there; who learns does not notice."
)
PAIRING = (
    "A learner needs a head that brings each x to its y (*Inside* shows it). First: how much of "
    "each y's attention goes to its own x, in the head of each network that does so most. Then: "
    "the error when that head's output is replaced by its mean. The network that saw two tasks "
    "can do without: a glance at a few answers tells it which of the two it is. Bands: 95 % over "
    "64 prompts of tasks that it saw, after 16 examples; one training run for each point."
)


def size_name(tasks: str) -> str:
    """A number of lines as the slider has it."""
    return "∞" if tasks == ALL else f"{int(tasks):,}"


def said_of_gauge(found: Gauge | None, tasks: str) -> str:
    """What the gauge says of this prompt."""
    if tasks == ALL:
        return "Every line of its training was new, so there is no pool that it could know."
    if found is None or not found.tells:
        return (
            "On these points the one that knows the lines and ridge answer nearly alike, so the "
            "gauge says nothing. Move a point away from the faint lines."
        )
    share = found.share.value
    if share > 0.75:
        return "It answers like the one that knows its lines: **it remembers**."
    if share < 0.25:
        return "It answers like ridge, which knows no line: **it learns** from your points."
    return "It wavers between what it remembers and what your points say."


def said_of_pool(tasks: str, likeliest: Remembered | None) -> str:
    """Which lines are drawn faintly, and which of them is the likeliest."""
    if likeliest is None:
        return "No faint lines: this network saw a new one in every prompt."
    many = int(tasks)
    drawn = (
        f"The first {DRAWN} of its {many:,} lines are"
        if many > DRAWN
        else f"Its {count(tasks)} {'is' if many == 1 else 'are'}"
    )
    if many == 1:
        return f"{drawn} drawn faintly."
    likely = f"{100 * likeliest.share:.0f} %" if likeliest.share < 0.995 else "over 99 %"
    return (
        f"{drawn} drawn faintly. If your points came from one of them, it would be line "
        f"{likeliest.line} with a chance of {likely}."
    )


def said_of_new_lines(excess: list[float]) -> str:
    """How good the network is of which every prompt had its own line, and what the chart omits."""
    return (
        f"The network that saw new lines only has no gauge: its error is {interval(excess)} times "
        "that of exact Bayes, on 512 new lines. Where there is no point, the two learners agree so "
        "closely that the gauge says nothing: many lines fill the plane."
    )


def interval(bounds: list[float]) -> str:
    """A figure with its interval."""
    value, low, high = bounds
    return f"{value:.2f} ({low:.2f}–{high:.2f})"
