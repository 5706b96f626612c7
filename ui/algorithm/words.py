"""What the page that names the algorithm says beside its figures."""

from __future__ import annotations

from collections.abc import Sequence

WHAT_DIFFERS = {
    "layers": "How deep it is",
    "width": "How wide it is",
    "noise": "How noisy its tasks were",
    "step": "How long it was trained",
    "playground": "The playground's network",
}
RUNG_LABELS = {
    "layers": "Layers",
    "width": "Width of each layer (4 layers)",
    "noise": "σ²/τ² of the tasks it was trained on",
    "step": "Training step of the paper model",
}
FIGURE_NAMES = {
    "fig1": "Fig 1: who answers alike",
    "fig2": "Fig 2: noise",
    "fig2-160k": "Fig 2 on an eighth of the prompts",
    "fig3-depth": "Fig 3a: depth",
    "fig3-depth-160k": "Fig 3a on a third of the prompts",
    "fig3-width": "Fig 3b: width, d = 8",
    "fig3-width-16d": "Fig 3b: width, d = 16",
    "emergence": "While it is trained",
    "layers": "Layer by layer: GD or Newton",
    "claims": "All claims",
}
PAPER_SAID = {
    "fig1": "Below 0.01 from OLS for almost any number of examples; every other rule agrees "
    "considerably less.",
    "fig2": "Trained with noise, the transformer matches the ridge whose λ is σ²/τ².",
    "fig3-depth": "One layer is nearest to one gradient step, though not close to it; 2 to 4 "
    "layers to ridge; 8 or more to OLS.",
    "fig3-width": "Ridge-like from width 16 on, for d = 8.",
    "fig3-width-16d": "Ridge-like from width 32 on, for d = 16.",
    "emergence": "Nothing: the paper shows trained networks only.",
    "layers": "Nothing. Fu et al. (2024): the layers converge as Newton's method does: its closest "
    "step grows evenly from layer to layer, while that of gradient descent grows by a factor.",
}
PAPER_SAID |= {f"{name}-160k": PAPER_SAID[name] for name in ("fig2", "fig3-depth")}


def budget(prompts: Sequence[int], runs: Sequence[int]) -> str:
    """What stands behind a claim: "486,400 prompts, 3 training seeds"."""
    seen = " or ".join(f"{count:,}" for count in prompts)
    seeds = " or ".join(map(str, runs))
    return f"{seen} prompts, {seeds} training seed{'s' * (runs[-1] > 1)}"


MAP = """
**Where a network stands.** To the right: how far its answers are from those of least squares (OLS).
Upwards: how far from one step of gradient descent at its best rate (exact line search). Both are
root mean squares of the difference of answers, over √d; on fresh tasks also over τ, the spread of w
that the network's tasks had, since answers grow with it. The lines are families of rules: *ridge*
for every penalty λ from 0.001 to 100, *GD* after 1 to 1024 steps at the rate 1/(2 λmax), *Newton*
after 1 to 12. A network on a line answers about as far from both anchors as that rule does; it need
not be that rule, since two distances do not fix a place in a space of many dimensions. The
fingerprint has the distance to each rule itself.

On fresh tasks each place is a mean over 1,024 prompts, with a 95 % bootstrap interval over prompts
(and over training seeds where there are several). On your own prompt it is one prompt: no interval.

A likeness of answers is not a likeness of mechanism. What happens inside is another page's matter.

*Source: SPD and ILWD are those of Akyürek et al. (2023), §4.1. Newton: Fu et al. (2024).*
"""

FINGERPRINT = r"""
**SPD** is the mean of (network − rule)² over fresh queries, divided by d. **ILWD** is the squared
distance of weights, divided by d: the network's implicit weights ŵ are the least-squares fit of its
answers, ŵ = argmin Σ (answer − wᵀx)². **R²** says how much of the answers ŵ explains. While k < d
the network is not quite linear, R² falls below 1, and ILWD misleads.

**Nearest** is the candidate with the smallest SPD. Candidates are the rules that the paper compares
with: for depth, width and training OLS, ridge 0.1 and 0.5, one GD step (rates 0.01, 0.02), one-pass
SGD (0.01, 0.03) and 3-NN; for noise OLS and the four ridges that match. "GD best rate" is one step
with exact line search: the rate that leaves the smallest squared error on the examples. Exact Bayes
is told the prior that the network was trained on. "Always 0" is a rule that has learned nothing:
what lies no nearer to a candidate than to that has not learned it.

*Source: Akyürek et al. (2023), §4.1 and §4.2.*
"""

INTERVALS = """
Intervals are 95 % bootstrap intervals over prompts and, where there are three training seeds, over
those too. Three seeds are few: an interval over three runs holds what very many would give less
often than it says, about four times in five. With one seed it says nothing of other runs.
Parameters of a family (λ of ridge, steps of gradient descent or Newton) are chosen on one half of
the prompts and tested on the other.
"""

TRAPS = """
**Budgets.** Within a ladder every network saw as many prompts, with one exception. Depth: 486,400
prompts, three training seeds for each rung, but 12 layers only 160,000 and one seed. Noise:
1,280,000. Width: 160,000. Depth and noise are there on 160,000 prompts as well, so that you can see
what is a phase and what was impatience. All had the same rates; the noise ladder's tasks differ in
noise and scale. The networks for d = 16 had a curriculum: over the first 80,000 prompts the
dimension grew from 1 to 16, since without it none of them learned. One rate for every width is a
handicap to the wide ones, whose best rate may be lower: the width ladder cannot say that wider is
worse.

**k = d.** There XᵀX is often nearly singular, and a network of finite depth and precision inverts
it only roughly. With noise the squared distance to least squares has no finite mean for k from d −
1 to d + 1: a few prompts decide the figure, and its interval means little. Such figures are marked
†, with their medians; Fig 2 is taken over k < d, as the paper's is.

**The paper's absolute values in Fig 2** do not follow from its text: two of its own reference rules
lie farther apart than its table says. Nor do columns compare with one another: the tasks of 1/9
have τ = 1.5, those of 4/9 τ = 0.75, the others 1, and SPD/d grows with τ². The order within a
column is what can be compared, and shades are within a column.
"""
