"""The words of the page of curves, and what would mislead."""

from __future__ import annotations

from collections.abc import Sequence

from icl_core.studies.curves import ALL, NOISY
from icl_core.studies.profiles import Table
from ui.curves.functions import FAMILY_NAMES
from ui.curves.numbers import Belief

INTRODUCTION = (
    "This network was brought up on **seven kinds of curve** and never told which, nor how noisy. "
    "On ten points of a sine it answers nearly like exact Bayes; the playground's network, which "
    "has only ever seen lines, fails. **Drag a point, draw your own, take another shape.**"
)
PICK = "Sample points from"
BAND = (
    "The grey bands are where exact Bayes believes the true curve to lie: half of the time within "
    "the darker one, nine times in ten within the lighter."
)
OWN_BAND = "Show how sure the network itself is (dashed)"
OWN_BAND_HELP = (
    "Where a head on the network's hidden states believes the true curve to lie, half of "
    "the time within the inner pair of lines, nine times in ten within the outer."
)
BELIEF = (
    "Before the first point every kind of curve is as likely as every other. Each square is what "
    "exact Bayes believes after one more example, the darker the surer."
)
EXPLAINED = r"""
**What it is.** Every prompt of the training comes from one of seven Gaussian processes: a line,
$w,b\sim N(0,1)$; a cubic, $1.5\sum_{j\le3}c_jP_j(x/3)$ with Legendre's $P_j$ and $c\sim N(0,I)$;
smooth curves, covariance $2.25\,e^{-(x-x')^2/2\ell^2}$ with $\ell=0.4$, $0.8$ or $1.6$ (wiggly,
smooth, gentle); and curves that repeat, $2.25\,e^{-2\sin^2(\pi(x-x')/p)}$ with $p=1.5$ or $3$
(Rasmussen and Williams 2006, §4.2). The noise is $0$, $0.1$, $0.25$ or $0.5$. So exact Bayes is a
mixture of 28 processes, each weighed by its marginal likelihood (ibid., eq. 2.30):
$\hat f(x)=\sum_m p(m\mid\text{points})\,k_m(x,X)(K_m+\sigma_m^2I)^{-1}y$. Networks that learn
such mixtures from samples alone are known as prior-fitted (Müller et al. 2022); that a transformer
learns more than lines in context was shown by Garg et al. (2022).

**What the bars say.** The belief in a family is the sum over its noise levels. "Network off by" is
the root mean squared distance over the plane between the network's curve and the best curve of
that family alone: the smallest says whose curve it is most like on these points. It says nothing of
how the network came to it.

**What would make it misleading.** A step, a V or a staircase comes from none of the seven: then
exact Bayes is the best answer to another question, and its band is too narrow where the curve
jumps. Its belief also hangs on the law: a family that is not in it cannot be believed in. "Kernel
ridge" with penalty $\lambda$ is the mean of one process with $\sigma^2=\lambda$ and variance 1.
"""


def said_of_belief(found: Belief, points: int) -> str:
    """Which family is believed in, and whose curve the network's is most like."""
    names = list(FAMILY_NAMES.values())
    nearest = names[int(found.off.argmin())]
    if not points:
        return "No points yet: every kind is as likely as every other."
    share = max(found.last)
    likeliest = names[found.last.index(share)]
    told = "over 99 %" if share > 0.995 else f"{100 * share:.0f} %"
    return (
        f"Exact Bayes believes most in **{likeliest.lower()}** ({told}). The network's curve is "
        f"most like the best one of **{nearest.lower()}** "
        f"({float(found.off.min()):.2f} off, and {found.off_bayes:.2f} off exact Bayes)."
    )


ERRORS = (
    "Squared error against the true curve at the next example, after each number of examples. The "
    "dotted line is the floor: on average nobody who is not told more can be lower. A polynomial "
    "is drawn only where it is on the chart."
)
ERRORS_EXPLAINED = r"""
**What it is.** Fresh prompts, as many of every kind with every noise; the next answer after $k$
examples against the answer without noise. Bands are 95 % bootstrap intervals over prompts, of one
training run. The *excess* over exact Bayes, which is told neither kind nor noise, is
$1+E(\text{network}-\text{Bayes})^2/E(\text{Bayes}-\text{truth})^2$: 1 is as good as it.

**The others.** *One process* has the length 0.8 and the size 1.5 of the smooth kind and takes the
noise for 0.25: on that kind it knows more than Bayes does. *Kernel ridge* has the same length and
penalty 0.1; three neighbours; a polynomial of degree 5 by least squares, which has nothing to hold
it before it has six points. *Line network* is the playground's.

**Where the network falls short.** Without noise the floor falls towards zero, and the network stops
at an error of some hundredths: its excess is then large though both are small. Of the kinds it is
worst at curves that repeat: it does not carry a repetition over as exactly as Bayes does. It saw
2.75 million prompts in three minutes of one graphics card, a third of the playground's.

**What would make it misleading.** Averages over all kinds hide the kinds: choose one. The squared
error is ruled by the few prompts where a curve is asked far from its points.
"""
LEVEL_NAMES = {
    ALL: "any noise",
    NOISY: "σ of at least 0.1",
    "0": "no noise",
    "0.1": "σ = 0.1",
    "0.25": "σ = 0.25",
    "0.5": "σ = 0.5",
}


def said_of_excess(row: Table) -> str:
    """How far the network is from exact Bayes on these prompts."""
    pooled = row["pooled"]
    if pooled is None:
        return "Exact Bayes makes no error here, so there is no excess over it."
    value, low, high = pooled
    return (
        f"Over all numbers of examples the network's error is {value:.2f} times that of exact "
        f"Bayes ({low:.2f}–{high:.2f})."
    )


INSIDE = (
    "A probe reads the kind of curve off the hidden state at the last answer: one linear map for "
    "each layer. Bands are 95 % intervals over prompts. Random weights show what the probe finds "
    "by itself; exact Bayes is the ceiling."
)
INSIDE_EXPLAINED = r"""
**What it is.** A multinomial logistic regression (Alain and Bengio 2016, §3) from the normalised
state at the token of $y_k$ to the seven families, fitted for each layer and each of $k=2,4,8,16,32$
on six times as many prompts as are counted here. Kind and noise are drawn as in training. Exact
Bayes names the family whose posterior, summed over the noise levels, is highest: nobody who sees
the same examples is right more often on average.

**What would make it misleading.** The network is asked for the next answer, not for the kind. What
a linear map cannot read at this one token may be held elsewhere, or in another form; and what it
can read the network need not use: nothing is changed here. A stronger probe would read more. There
is one training run.
"""


def said_inside(table: Table) -> str:
    """Which layer's probe names the family best, beside random weights, Bayes and chance."""
    best = max(table["members"], key=lambda row: row["right"]["trained"][-1][0])
    random = max(row["right"]["random"][-1][0] for row in table["members"])
    k = table["ks"][-1]
    ours, bayes = best["right"]["trained"][-1], table["bayes"][-1]
    first = next(
        row["label"]
        for row in table["members"]
        if row["right"]["trained"][-1][1] > row["right"]["random"][-1][2]
    )
    return (
        f"**In part.** After {k} examples a probe of {best['label']} names the kind on "
        f"{100 * ours[0]:.0f} % of prompts ({100 * ours[1]:.0f}–{100 * ours[2]:.0f}), and exact "
        f"Bayes on {100 * bayes[0]:.0f} %. Off random weights it is {100 * random:.0f} % at best, "
        f"and by chance {100 / len(table['families']):.0f} %. The first layer that surely "
        f"tells more than random weights is {first}."
    )


SURE = (
    "How often the true curve at the next example lies within the 90 % band, with 95 % intervals "
    "over prompts. A band that is right on average holds it nine times in ten."
)
SURE_EXPLAINED = r"""
**What it is.** The network was trained to answer, not to say how sure it is. A head with one hidden
layer reads the normalised states of all layers at the query and gives a probability to each of 128
buckets around the network's own answer; their edges are quantiles of its error on prompts of the
law, and the two outermost have half-normal tails (Müller et al. 2022, §3). Only the head was
trained, by the log-likelihood of the true curve without noise; the network stayed as it was.

**The figures.** *Behind Bayes* is how much lower the log-likelihood of the true curve is than exact
Bayes', in nats, both as masses of the same buckets. *By k alone* is the control: it knows how often
each bucket held the truth after $k$ examples in the training, and nothing of the points.

**What would make it misleading.** A band that holds the truth as often as it says may still be
vague: the control's does so too. Only the log-likelihood tells how much it knows of the points.
Without noise exact Bayes is nearly certain, and a network that is not loses most there. Nobody is
told the noise: among prompts of one level even exact Bayes' bands hold too often, where it is low,
or too seldom, where it is high; without any they are too wide besides, as 0.00001 stands for none.
On shapes that come from none of the seven kinds neither band is to be believed. One head was
trained, on one network.
"""


HELD = 2
"""By how many hundredths of the prompts a band may be off and is still said to hold."""


def in_nats(bounds: Sequence[float]) -> str:
    """A difference of log-likelihoods with its interval."""
    value, low, high = bounds
    return f"{value:.2f} nats ({low:.2f}–{high:.2f})"


def said_of_bands(table: Table) -> str:
    """Whether the network's bands hold what they say, and what it is behind exact Bayes."""
    whole, noisy = table["members"][0], table["members"][1]
    within = {band: 100 * whole["within_all"][band]["network"][0] for band in ("50", "90")}
    holds = all(abs(share - int(band)) <= HELD for band, share in within.items())
    verdict = "**On average, yes; less sharply than Bayes.**" if holds else "**Not quite.**"
    return (
        f"{verdict} A head on its hidden states says how sure it is. Over all prompts the true "
        f"curve lies within its 50 % band {within['50']:.1f} % of the time and within its 90 % "
        f"band {within['90']:.1f} % of the time. Its log-likelihood is "
        f"{in_nats(whole['behind_all']['network'])} behind that of exact Bayes, with noise of at "
        f"least 0.1 it is {in_nats(noisy['behind_all']['network'])}; knowing $k$ alone it would be "
        f"{in_nats(whole['behind_all']['by k'])}."
    )


MANY = (
    "Three more networks, one for each class of functions of many features (Garg et al. 2022), "
    "which cannot be drawn. Sparse tasks: 3 of 16 weights count. ReLU networks: 16 units on 4 "
    "features. Trees: three questions for the sign of one of 8 features. There is no noise."
)
CLASS_NAMES = {
    "sparse": "Sparse linear tasks",
    "relu": "ReLU networks",
    "tree": "Decision trees",
}
VERDICTS = {
    "sparse": (
        "**This network falls short.** With eight examples its error is {network[8]:.2f}; Lasso's "
        "is {Lasso[8]:.2f}, and exact Bayes has found the task. With 40 it still errs by "
        "{network[40]:.3f}, where least squares makes no error. It has seen too few tasks."
    ),
    "relu": (
        "**Few examples go well, many less so.** With eight examples its error is "
        "{network[8]:.2f}, no worse than the floor's {floor[8]:.2f}. With 40 it is "
        "{network[40]:.3f} against {floor[40]:.3f}: about that of a net trained on the prompt, "
        "{trained net[40]:.3f}."
    ),
    "tree": (
        "**Better than a greedy tree, not as good as can be.** With 16 examples its error is "
        "{network[16]:.2f}; that of a greedy tree which is told the signs is "
        "{greedy tree, told the signs[16]:.2f}, and exact Bayes' is {floor[16]:.2f}. With 40 it "
        "is {network[40]:.2f} against {floor[40]:.3f}: it has seen too few tasks."
    ),
}
"""What the stored figures say of each network, as a template for them by who and k."""


def verdict(row: Table, ks: Sequence[int]) -> str:
    """What the figures of a class say of its network, in words."""
    errors = {
        who: {k: value for k, (value, _, _) in zip(ks, bounds, strict=True)}
        for who, bounds in row["error"].items()
    }
    return VERDICTS[row["label"]].format_map(errors)


MANY_ERRORS = (
    "Squared error at the next example, with 95 % intervals over prompts. A line ends where it "
    "is off the chart: the floor of sparse tasks falls to 0."
)
FRESH = "**On fresh tasks.** Ask all of them again, about tasks of each class from a seed of yours."
MANY_EXPLAINED = r"""
**The floors.** Sparse tasks: exact Bayes, a mixture over all 560 choices of 3 weights, each weighed
by its marginal likelihood. Trees: exact Bayes too, a mixture over all 2 million trees of depth 3,
summed level by level, since what lies below a node hangs only on the examples that come to it. ReLU
networks have no exact floor in closed form: the line is the Gaussian process with the arc-cosine
kernel (Cho and Saul 2009), which has the covariance of these networks. It is the best of all rules
that are **linear in the answers**, and a rule that is not may be lower.

**The baselines.** Lasso without intercept, its penalty chosen for every $k$ among 1 to $10^{-4}$ on
other prompts of the same law, which is more than a user would know. The greedy trees and gradient
boosting (50 trees of depth 3) are scikit-learn's; on raw $x$ they must find out that only signs
count, and one greedy tree is told. The trained net has 64 ReLU units and 300 steps of Adam on the
prompt alone.

**What would make it misleading.** Each network saw 0.6 million prompts in under three minutes of
one graphics card, a start: one that is worse than a baseline here may only be undertrained. There
is one training run of each, so intervals are over prompts, not over trainings.
"""


def said_of_class(row: Table, ks: Sequence[int]) -> str:
    """After how many examples the network is surely below each rival, and surely above.

    A rival without a share makes no error but rounding: the network is above it.
    """
    said = []
    for who, shares in row["share"].items():
        if who == "zero":
            continue
        at = list(zip(ks, shares, strict=True))
        below = [str(k) for k, one in at if one is not None and one[2] < 1]
        above = [str(k) for k, one in at if one is None or one[1] > 1]
        parts = [f"below after {', '.join(below)}"] if below else []
        parts += [f"above after {', '.join(above)}"] if above else []
        said.append(f"- {_RIVALS.get(who, who)}: {'; '.join(parts) or 'no sure difference'}.")
    start = "Where the network's error is surely below or above that of others, by examples seen:"
    return f"{start}\n\n" + "\n".join(said)


_RIVALS = {"floor": "the floor"}
