"""The words of the page that looks inside: what each figure is, and what would mislead."""

from __future__ import annotations

TARGET_NAMES = {"w_bayes": "w (exact Bayes)", "w_ols": "w (least squares)", "moment": "XᵀY / k"}
"""What a probe reads, by its name in `icl_core.probes.targets.TARGETS`."""

READ_NAMES = {"mean y": "the y tokens, averaged", "last y": "the last y token"}
"""Off which states, by their name in `icl_core.probes.targets.READS`."""

SCORED_NAMES = {
    "trained": "this model",
    "random": "control: random weights",
    "fixed": "control: trained with w fixed",
}
"""Whose scores, by their name in `icl_core.probes.weights.MODELS`."""

NETWORK_NAMES = {"playground": "the playground's", "control": SCORED_NAMES["fixed"]}
"""The networks that can be looked into, by checkpoint."""

HEAD_ACTS = {"off": "Switch off", "swap": "Swap in other x"}
"""What can be done to heads, by its name in a link."""

HEAD_HOW = {
    "off": "Click a head to switch it off. Large: how much of each y token's attention goes to its "
    "own x. Small: how far the answers move (rms) without that head alone.",
    "swap": "Click a head: at the y tokens it alone gets the x of task B (seed {seed}), "
    "everything else stays yours. If it is how x reaches y, the line must go where the mixed "
    "pairs, x of B with your y, ask it to go.",
}
NO_HEAD = "Nothing is changed yet: this is the network as it is. Choose a head."
HEADS_OFF = (
    "Without these heads the answers move by {moved:.2f} (rms); the line's own size is {size:.2f}."
)
HEADS_SWAPPED = (
    "The answers went {share:.0f} % of the way to what the mixed pairs ask for. The same swap in "
    "the other heads of these layers: {null:.0f} %."
)
NO_WAY = "Your pairs and the mixed ones ask for the same line, so there is no way to go."

HEADS = r"""
**What it is.** $x_t$ and $y_t$ enter as separate tokens. Before any rule can use their product,
some head must bring $x_t$ to the token of $y_t$. The score is the mean attention from each $y$
token to its own $x$: 1 means it reads nothing else. Off: what the head gathers is set to zero at
every token. Swap: at the $y$ tokens the head gets what it would gather from B's $x$ and your $y$.
It is the step `mov` of the theorems (Akyürek et al. 2023, Appendix A), found by training; on a
prompt like this it is a previous-token head (Elhage et al. 2021), the first half of the induction
circuit (Olsson et al. 2022).

**What would make this misleading.** Attention says where a head looks, not that it matters: so
switch it off, and swap. Zero is not a neutral value. One prompt is one sample: `study pairing` has
every network, three kinds of ablation and intervals.
"""

READINGS = r"""
**What it is.** At each layer, a linear map to $w$ from the hidden states at the prompt's $y$
tokens: their mean, or the last one alone. It was fitted once, on other prompts, one map for each
layer and each $k$; here it is only applied: a matrix product. Targets: the moment vector $X^\top
Y/k$ (divided by $k$, so that its size does not grow), the least-squares $w$ (of least norm when
pairs are few; at most three times the prior's length, since noise makes it explode near $k = d$),
and exact Bayes' posterior mean (Akyürek et al. 2023, §5).

**Uncertainty.** $R^2$ is the share of the target's energy explained, on prompts of every $d$ that
the fit has not seen; brackets in the table are 95 % bootstrap intervals over those prompts. They
leave out the noise of the fit: fitted afresh, a middle layer's score has moved by as much as 0.1.

**What would make this misleading.** A probe may compute what the network did not. So the same
probes are fitted to two controls: the same network with random weights, and one that was trained
with a single fixed $w$, which has no use for other weights. Only what exceeds the controls is the
model's. That something can be read does not say that it is used: see the causal tests.
"""

CAUSAL = r"""
**What it is.** Run A is your prompt, run B another task with as many pairs. At one layer, the
states of some tokens of A are replaced by B's, and the rest of the network goes on from there
(activation patching: Vig et al. 2020, Meng et al. 2022). The share is $\langle \hat y - \hat
y_A,\ \hat y_B - \hat y_A\rangle / \lVert \hat y_B - \hat y_A\rVert^2$ over 16 queries: 0, the
answers stay A's; 1, they become B's. If patching all pairs at a layer moves nothing, the answer
no longer rests on the pairs' states there: what it needs has gone to the query.

**Uncertainty.** Lines are means over 64 fresh pairs of tasks like yours with 95 % bootstrap
intervals; diamonds are your prompt alone.

**What would make this misleading.** A patched state can be one that the network never makes: a
share above 1 or below 0 is a sign of that. Shares of single tokens do not add up. Two tasks that
happen to be alike make every share noisy; choose another task B.
"""

NEAREST = r"""
**What it is.** A layer's readout (Fu et al. 2024) is a linear map from that layer's own state at
the query to the answer. Its answers on your prompt are compared with those of gradient descent
after every number of steps, of Newton after every number of steps, and of ridge at every
$\lambda$; the closest of each is named. *Unexplained* is the mean squared distance over the mean
squared answer: 0, the same answers.

**What would make this misleading.** A likeness of answers is not one of mechanism. On few points
many rules answer alike; where all are far, the closest means little. A readout is fitted to
answer well, so it can look wiser than the layer that it reads.
"""

ATTENTION = r"""
**What it is.** The attention of one head on your prompt: each row is a token that reads, each
column one that is read, and a row sums to 1; the last row, $x_?$, is your query. It opens on the
head with the highest score. The table says what each head reads most, as
$(\text{share} - \text{uniform})/(1 - \text{uniform})$: 0 is what reading all earlier tokens alike
would give, 1 is nothing else; below 0.25 a head is called broad.

**What would make this misleading.** Attention says where a head looks, not what it takes from
there, nor whether that matters: take the head out and see. One prompt is one sample.
"""

ABLATION = r"""
**What it is.** One head or one MLP is taken out (its output set to zero) and your prompt is
answered again. The change is that of the mean squared error at 16 queries, against the truth if
it is known, else against exact Bayes.

**What would make this misleading.** Zero is not a neutral value, so damage is not the same as
importance; other parts can stand in for what is missing. One prompt is one sample.
"""

AT_NAMES = {"y": "the y tokens", "query": "the query"}
"""At which tokens a line is written, by its name in a link."""

WHAT_NAMES = {"line": "slope and offset", "slope": "the slope alone", "offset": "the offset alone"}
"""What of a line is written, by its name in a link."""

STEERING = r"""
**What it is.** At one layer, states are moved along the direction in which they vary with what is
written: at the $y$ tokens by $\Sigma p^\top (p \Sigma p^\top)^{-1} \Delta w$, for the probe $p$ and
the covariance $\Sigma$ of the states that it reads; at the query by the slope of its state in the
answer, at a given $x$. Then the network goes on. Run B is your prompt with every $y$ moved by what
the new line moves it; the share is that of the move from A's answers to B's.

**What stands beside it.** *Ceiling*: all of B's states at these tokens. *Own y*: each $y$ of B
written into its own token in the same way, which is surely used: the positive control. *Random*: a
random direction of the same length. A null means something only under a high ceiling.

**What we see on fresh prompts.** At the $y$ tokens an offset is followed as far as the ceiling and
beyond; a slope is not followed at any layer, though it can be read there. That null has power at
layers 1 and 2 alone, where ceiling and control are high: what is used there is the pair
$(x_t, y_t)$, and a $y$ that is written is followed. At the query the direction works nearly as well
as all of the query's state.

**What would make this misleading.** The least change that a probe reads, which this page used
before, leaves the law of the states: even a $y$ in its own token was hardly followed. Other
directions may carry more. A share above 1 says that the write moves more than what it was meant to.
"""

HELD_BY = {"y": "the token's own pair (x, y)", "query": "the query's x and the answer"}
"""What directions may hold, by the tokens that they belong to."""

INTERCHANGE = r"""
**What it is.** Prompts A and B have other inputs and other lines. At one layer the states of A take
from B only their part within $r$ directions: $h_A + Q Q^\top (h_B - h_A)$, with orthonormal columns
of $Q$ found by gradient descent on how near the answers come to B's, on other prompts than those
that are scored (distributed alignment search, [Geiger et al. 2024](https://arxiv.org/abs/2303.02536)).

**What stands beside it.** *All of the state*: the ceiling. *At random*: as many random directions,
the null. $R^2$: least squares from what the tokens hold to the coordinates, on fresh prompts.

**What would make this misleading.** The directions were looked for: they say that so few are
enough, not that the network uses no others, and they can bring a little more than all of the state
does. A low ceiling leaves little to be carried. One network, one kind of task (a line with an
offset, seven examples).
"""
