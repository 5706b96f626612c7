"""The words of the page of curves, and what would mislead."""

from __future__ import annotations

from ui.curves.functions import FAMILY_NAMES
from ui.curves.numbers import Belief

INTRODUCTION = (
    "This network was brought up on **seven kinds of curve** and never told which, nor how noisy. "
    "**Take a sine, draw your own, drag a point**: it answers nearly like exact Bayes. The "
    "playground's network, which has only ever seen lines, fails."
)
PICK = "Sample points from"
BAND = (
    "The grey bands are where exact Bayes believes the true curve to lie: half of the time within "
    "the darker one, nine times in ten within the lighter."
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
