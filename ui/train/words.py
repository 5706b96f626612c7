"""The words behind the page that trains: one click away, each with its source."""

from __future__ import annotations

WHY_NOISE = "Without noise exact Bayes makes no error, and an excess over it would say nothing."
WHY_POOL = (
    "With always new tasks it can only learn from the prompt. With a few it can learn them by heart: "
    "then its line jumps between those, whatever you draw (see *Memorise or learn*)."
)
HOW_LONG = (
    "How many times the weights change; every step sees 64 new prompts. The learning rate falls "
    "over the second half, so a run of fewer steps is no part of a longer one."
)

SOON = "It is being prepared: the curves appear here after a few seconds."
NOT_MEASURED = (
    "How long it takes is measured as it runs, and said here once one like it has been trained on "
    "this machine."
)


def how_long(seconds: float | None) -> str:
    """What a training will take; a number only where it was measured here."""
    if seconds is None:
        return NOT_MEASURED
    return f"About {seconds:.0f} s on this machine, as the last one like it took."


WHAT_TO_EXPECT = """
**Beside this** is your network before its first step: its line has nothing to do with the points.

1. Press **Start training**. After a few seconds of preparation its curves grow here.
2. First its answers ignore the prompt: the plateau. Then the curve falls: it has begun to learn from
   the examples it is given.
3. See it in its line, and layer by layer below it. Go back through its snapshots with the slider,
   then train another with AdamW and compare.
"""

WHAT_IS_TRAINED = r"""
**The prompts.** Every step draws 64 new tasks: weights $w \sim N(0, I)$, inputs as people draw them,
noise $\sigma$. A prompt holds up to 16 pairs, $x_1\,y_1\,x_2\,y_2\ldots$, and the network predicts every
$y_j$ from the pairs before it. No task comes twice, so there is nothing to memorise: the only way to
do well is to learn from the prompt (Akyürek et al. 2023, [arXiv:2211.15661](https://arxiv.org/abs/2211.15661)).
With a number of *tasks it sees*, every prompt is of one of so many, drawn once by the seed: then the
best is to know them by heart (Raventós et al. 2023, [arXiv:2306.15063](https://arxiv.org/abs/2306.15063)).

**The loss** is the squared error of each prediction, weighted by $1/(\max(d - j, 0) + \tfrac12)$ with
$j$ the pairs seen so far, about one over the error that the best predictor is left with.

**The trainer** is the one that made the shipped network, on one processor core, in a process of its
own. The same settings and seed give the same run.
"""

EXCESS = r"""
With known $\sigma$ exact Bayes is ridge regression with $\lambda = \sigma^2$; on the pad, the lines
*Ridge* (with λ matched to σ) and *Exact Bayes* coincide. Where the network sees a few tasks only, exact
Bayes is the one that knows them, so 1 means that it has them by heart. The curve shows

$$1 + \frac{E(\text{model} - \text{Bayes})^2}{E(\text{Bayes} - \text{truth})^2}$$

on 256 held-out prompts after 1 to 16 pairs: 1 is the best that any predictor can do. The upper dotted line is the excess
of always answering 0, the best answer that does not look at the prompt.

**The plateau** counts as broken at the first snapshot from which on the network has made up half of
what lies between the two dotted lines. It is measured at the snapshots, so it is known no better than they are
apart: a few steps at the start, about twenty to sixty later.
"""

PAIRING = r"""
Before any rule can use the product of $x_t$ and $y_t$, some head must bring $x_t$ to the token of
$y_t$: the `mov` of the theorems (Akyürek et al. 2023, Appendix A), on such prompts a previous-token
head (Elhage et al. 2021; Olsson et al. 2022). A head's **pairing score** is its mean attention from
each $y$ token to its own $x$, on 16 held-out prompts; the curve is that of the best head. 1: it reads
nothing else; 0.11 is what reading all earlier tokens alike would give.

**What to look for.** Does the score rise where the plateau breaks? In the paper's model, on tasks of
eight features, it did: 0.11 and 0.15 after 125 and 250 steps, on the plateau; 0.62 after 400, where it
broke; 0.96 and more from 550 on (`study pairing`). On lines the curve may fall first: in one run of three
layers and 500 steps the excess came from 19 to 3 while the score stayed below 0.2, and only then did
both go on together. A network of one layer cannot use what such a head would bring, since no attention
comes after it.

**What would make this misleading.** Attention says where a head looks, not what hangs on it: on
*Inside*, switch it off.
"""

OPTIMISERS = r"""
**Muon** makes every update of a weight matrix nearly orthogonal, so that all its directions move
equally far, by a few Newton–Schulz iterations on the momentum (Jordan et al. 2024,
[kellerjordan.github.io/posts/muon](https://kellerjordan.github.io/posts/muon/)). It moves the matrices of the blocks, at rate 0.02; AdamW moves the
rest at $10^{-3}$.

**AdamW** scales every weight's step by its own gradient's size (Loshchilov and Hutter 2019,
[arXiv:1711.05101](https://arxiv.org/abs/1711.05101)); here it moves all weights, at $3 \cdot 10^{-3}$.

Train the same network with both, then look at the curves together: how many steps does each stay up
there, and how near does it come? One run each, on one seed, is an example and no proof: change the
seed before you believe it.
"""

RULES = """
- One training at a time for each visitor, and one or two on this server; the others wait in a queue
  and see their place in it.
- A training ends after four minutes at the latest, pauses left out, and a paused one after two in all.
- Where many train, visitors take turns, and older runs keep fewer snapshots.
- Your last three runs stay as long as this tab. Half a minute after you have closed or reloaded it,
  they are ended and deleted. The last snapshot of your newest run is kept in the tab as well, at most
  ten seconds old: when its server is gone, bring it back or save it from there.
- The link holds the settings and your points, not the weights.
"""

EXPLAINED = {
    "What is being trained, and on what?": WHAT_IS_TRAINED,
    "What the curves measure": EXCESS,
    "What the pairing score is": PAIRING,
    "Muon and AdamW": OPTIMISERS,
    "How long it may take, and what becomes of it": RULES,
}
