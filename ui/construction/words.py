"""The words behind the construction page: one click away, each with its source."""

HOW_IT_WORKS = r"""
**Tokens and slots.** The prompt is $x_1\,y_1\,x_2\,y_2 \ldots x_?$, one token each. Every token
has a residual stream: a list of numbers that each layer reads and adds to. Here the stream is cut
into named slots, so that you can see what each layer does.

**Four primitives, one layer each** (Akyürek et al. 2023, App. A):

| Primitive | What it does | Which part of the layer does it |
|---|---|---|
| mov | copies slots from another token | attention, sharp enough to look at one token alone |
| mul | multiplies two slots | the $z^2$ in $\mathrm{GeLU}(z) = z/2 + z^2/\sqrt{2\pi} + \ldots$ |
| div | divides one slot by another | LayerNorm, which divides by the size of the stream |
| aff | adds slots, each times a fixed matrix | attention and MLP, used as linear maps |

**Rounds.** The same few layers are repeated once for each example. In round $j$ the token $y_j$
takes what $y_{j-1}$ has learned and adds example $j$. All tokens compute at once, with the same
weights, so the grid shows later tokens busy too: they have learned from the examples just before
them, and are overwritten when their turn comes. The large column follows the token whose turn it
is.

**The start token** is ours. Before the first example there must be something to read that says
nothing.
"""

PROGRAM_WORDS = r"""
**Theorem 1.** One step of gradient descent on one example, with weight decay, takes O(1) layers
and O(d) width; $n$ steps take O(n) layers:

$$w_j = w_{j-1} - 2\alpha\,\bigl(x_j(w_{j-1}^\top x_j - y_j) + \lambda\, w_{j-1}\bigr),
\qquad w_0 = 0 .$$

The paper's appendix has $\lambda w$ in its list of steps and $2\lambda w$ in its trace. The
gradient of $(w^\top x - y)^2 + \lambda\lVert w\rVert^2$ decides for the trace, and that is what
these weights do.

**Theorem 2.** One update of the inverse by Sherman and Morrison takes O(1) layers and O(d²)
width. From $A_0^{-1} = I/\lambda$, with $u = A_{j-1}^{-1}x_j$:

$$A_j^{-1} = A_{j-1}^{-1} - \frac{u\,u^\top}{1 + x_j^\top u}, \qquad b_j = b_{j-1} + x_j y_j,
\qquad w_j = A_j^{-1} b_j ,$$

which after every example is ridge regression on the examples so far.

**Linear attention** (von Oswald et al. 2023, Prop. 1). With tokens $(x_j, y_j)$ and no softmax,
one layer is one step of gradient descent on all examples at once. It does not hold $w$: it
subtracts from every $y_i$ what the step explains. The $w$ drawn here is what the layers answer
when asked at the unit vectors.

Sources: Akyürek et al., *What learning algorithm is in-context learning?*, ICLR 2023,
[arXiv:2211.15661](https://arxiv.org/abs/2211.15661), §3 and App. A. Von Oswald et al.,
*Transformers learn in-context by gradient descent*, ICML 2023,
[arXiv:2212.07677](https://arxiv.org/abs/2212.07677). Ahn et al., *Transformers learn to implement
preconditioned gradient descent for in-context learning*, NeurIPS 2023,
[arXiv:2306.00297](https://arxiv.org/abs/2306.00297).
"""

WHAT_IT_SHOWS = r"""
- **It shows that a transformer can.** There are weights with which layers of this kind do SGD, or
  ridge regression, on any prompt within the limits named above.
- **It does not show that ours does.** The trained transformer has no named slots. Nobody told it
  how to use its stream, and its readouts need not follow either program.
- **Agreement at the end is weak evidence.** Two algorithms that both fit the examples well must
  answer alike, however they got there.
- **Float64 matters.** GeLU multiplies through a term so small that float32 could not hold it; see
  the chart of errors. A trained network would find another way to multiply.
- **Limits.** Numbers up to 10, a rate that does not diverge, λ not too small for the prompt. What
  is outside is refused with a sentence, not answered wrongly.
"""

MEETING = (
    "Linear attention of von Oswald et al. (2023): d = n = 10, x ~ U(−½, ½), w ~ N(0, I), no "
    "noise. Adam, 1000 steps a layer, 512 fresh tasks a step. Loss is half the mean squared error "
    "on 4000 held-out tasks; predicting 0 has 0.417."
)

AHN = (
    "Ahn et al. (2023, Theorem 1): for Gaussian inputs of covariance Σ the best single layer is "
    "one step of gradient descent with a rate for each direction, ((n + 1)/n Σ + tr(Σ)/n I)⁻¹. "
    "Directions in which the inputs vary little get a larger one. Here n = 10."
)

PAIRING_LEAD = (
    "The first layer of both programs of the paper is a `mov`: every *y* copies the *x* of its "
    "pair from the token before it. Nobody asked the trained networks for that, yet **a head does "
    "it**. Its *pairing score* is the mean attention from each *y* to its own *x*."
)

PAIRING = r"""
**What it is.** In a prompt $x_1\,y_1\,x_2\,y_2\ldots$ no rule can use $x_t y_t$ before the two are
in one token: the programs' first layer is that `mov` (Akyürek et al. 2023, App. A). In networks
trained on prompts such heads are known as previous-token heads (Elhage et al. 2021; Olsson et al.
2022). A score of 1: each $y$ reads its own $x$ and nothing else.

**How sure it is.** Diamonds are the best heads, means over prompts; the stored table has intervals.
No head pairs in networks of one layer, which hardly learn, nor in the control, whose $w$ never
changes: it has no use for the pairs.

**What would make this misleading.** Attention says where a head looks, not what hangs on it. What
does is measured on *Inside*: switch the head off, or give it alone another prompt's $x$. And a
first step that is alike does not make the rest of the program alike.
"""
