"""The words of the two what-ifs: what they are, how sure, and what would make them misleading."""

BLEND_LEAD = (
    "At the query, after one layer, give the network a state between its own and the one it has "
    "when it is shown task **B**: $\\alpha h_A + (1 - \\alpha) h_B$. If a task is a direction "
    "there, **the line must turn in proportion to α**."
)
EXEMPLAR_LEAD = (
    "Inside one layer, let **one y** be another: its token gets the state that the other *y* would "
    "have given, and all the rest stays. Ridge says by how much each answer must change, the entry "
    "of its **hat matrix**; see whether the network follows it."
)
BLEND_SAID = (
    "On your prompt, mixed at {where}, the answers are what α asks for with **R² = {r2:.2f}** over "
    "all α; a random direction of the same length has {null:.2f}."
)
EXEMPLAR_SAID = (
    "On your prompt, changed at {where}, the answers move as ridge's hat matrix says with "
    "**R² = {r2:.2f}**; a random direction of the same length has {null:.2f}. With the other y "
    "in the prompt itself it is {whole:.2f}."
)
NO_MOVE = "Nothing is to move: both ends give the same answers."
STORED = (
    "**Over {prompts} fresh prompts** of {k} pairs, with 95 % intervals "
    "(`{command} --seed {seed}`). {figures}."
)

BLEND = r"""
**What it is.** Run A is your prompt, run B that of task B, both with the same queries. At the query
tokens alone, after one layer, the state becomes $\alpha h_A + (1 - \alpha) h_B$; the rest goes on
from there. Asked for is $\alpha \hat y_A + (1 - \alpha)\hat y_B$; $R^2 = 1 - \lVert \hat y -
\text{asked}\rVert^2 / \lVert(1 - \alpha)(\hat y_B - \hat y_A)\rVert^2$ over α = 0, ¼, ½, ¾: 1, the
answers turn just so; 0, they stay A's.

**What stands beside it.** The same length in a *random direction*, and *every other layer*: before
the query has gathered anything, A's and B's states at it are one.

**What we see on fresh prompts.** From layer 5 on the answers turn in proportion; in the first two
layers they do not turn at all. Adding and subtracting tasks in a state was seen in language models
(task vectors: Hendel et al. 2023) and in weights (Ilharco et al. 2023).

**What would make this misleading.** The last layer's state is read off linearly, so there it could
hardly be otherwise; the layers before it, whose output goes through others, are the finding. That
answers turn in a straight line does not say that the task is stored as $w$.
"""

EXEMPLAR = r"""
**What it is.** One $y_t$ becomes $y_t + \delta$; what that makes of its token's state after one
layer is put into your run, at that token alone. Ridge's answer at $x_q$ moves by
$\delta\, x_q^\top (X^\top X + \lambda I)^{-1} x_t$, the entry of the hat matrix (Hoaglin and
Welsch 1978), with $\lambda = \sigma^2$ of the task panel. $R^2$ is taken about zero: 1, the answers
move as that says; 0, they stay.

**What stands beside it.** The same length in a *random direction*; the entry of *the next pair*,
which says nothing of this one; and the *ceiling*: the other $y$ in the prompt itself, which is
layer 0.

**What we see on fresh prompts.** In the first two layers a changed state moves the answers as ridge
foretells, just as the other $y$ in the prompt does; then the token is used less and less, and from
layer 5 on hardly: the query has taken what it needs.

**What would make this misleading.** The network does not know σ, ridge is told it: the ceiling is
what a perfect edit would get. A large δ leaves what it was trained on.
"""
