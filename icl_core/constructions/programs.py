"""Two theorems as decoder weights that run: SGD, and ridge regression.

Akyürek et al. (2023, §3) prove that a transformer decoder can train a linear
model on the pairs of its prompt. Here are such decoders, as lists of `slots`
layers: Theorem 1, gradient descent on one pair after another, and Theorem 2,
ridge regression by Sherman–Morrison updates, both carried through the whole
prompt. Nothing but attention, LayerNorm and GeLU computes anything.

*Tokens.* An empty start token, x₁ y₁ x₂ y₂ … and the query's x. An x-token carries
x, a y-token y. The start token is ours: what lies before the prompt must read as
zeros, and attention that finds nothing to read would otherwise read the reader.

*Rounds.* A ``mov`` first lets every y-token see its pair's x. Then one round of
layers, with the same weights in every round, is one update: the token y_j takes
what y_{j−1} has learned and updates it with pair j. After round j the token y_j
holds the w of the first j pairs, and further rounds leave it as it is. (Before
that, every y-token has learned from the last pairs before it, as many as there
have been rounds: all of them compute at once.) The other tokens see x = 0 as
their pair's input, so their updates change nothing. At the end every x-token
reads w from the token before it and multiplies: the last one answers the query.
So a program made for n pairs also runs on fewer, and on none.

*A factor of λ.* The paper's Appendix A subtracts λw in its list of steps and
2λw in its trace. The loss of §3 decides: the gradient of (wᵀx − y)² + λ‖w‖² is
2(x(wᵀx − y) + λw), so the trace is right, w ← w − 2α(x(wᵀx − y) + λw), and that
is what `sgd_program` and `predictors.sgd` do.

*How exact.* ``mul`` is an approximation whose error falls with GeLU's scale
until rounding takes over (`slots.product_error`); with the default (extrapolated)
product, and prompts that `Program.run` accepts, the programs agree with
`predictors.sgd` and `predictors.ridge` to `SGD_TOLERANCE` and `RIDGE_TOLERANCE`,
times 1 + the size of the answer, which the tests check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, PromptLimits, as_prompt, like_input
from icl_core.constructions.slots import Layer, Layout, Primitives, Slot

MAX_DIM = 8
"""Features a program may have: the Sherman–Morrison stream is 2d² rows wide and more."""

MAX_PAIRS = 40
"""Pairs a program may take: the depth grows with them, and a snapshot is kept of every layer."""

MAX_SIZE = 10.0
"""Largest |x| or |y| entry: beyond it GeLU's quadratic term alone is no longer precise enough."""

MAX_LEVERAGE = 1000.0
"""Largest ‖x‖²/λ: A⁻¹ starts at 1/λ and falls by at least this factor, losing digits."""

MAX_RATE = 100.0
"""Largest rate: inputs for which a larger one does not diverge are shorter than 0.1."""

SGD_TOLERANCE = 1e-7
"""Agreement of `sgd_program` on any prompt it accepts; 1e-11 is usual, at a low rate or n."""

RIDGE_TOLERANCE = 1e-6
"""Agreement of `sherman_morrison_program` on any prompt it accepts; 1e-10 is usual for λ near 1."""

_TYPICAL = 4.0
"""Magnitude of prompt entries and residuals that ``mul`` is scaled for."""


class Run(NamedTuple):
    """What a program did with a prompt of k pairs.

    prediction: the answer at the query. snapshots: (layers + 1, 2k + 2, width),
    the residual stream before the first layer and after each one, float64.
    """

    prediction: float
    snapshots: Tensor


@dataclass(frozen=True)
class Step:
    """One layer of a program with what there is to say about it.

    primitive: "mov", "mul", "div" or "aff"; words and equation (LaTeX): what it
    does at the token that `Program.focus` names; writes: the slots it fills;
    round: which pair's update it belongs to, 0 before the first, n + 1 after
    the last.
    """

    layer: Layer
    primitive: str
    words: str
    equation: str
    writes: tuple[str, ...]
    round: int


@dataclass(frozen=True)
class Program:
    """A decoder whose weights carry out an algorithm. See `sgd_program` for one.

    theorem: the source and its count of layers and width. refuse: raises
    ValueError for inputs x: (k, d) that the program cannot take.
    """

    name: str
    theorem: str
    d: int
    n: int
    machine: Primitives
    layers: tuple[Step, ...]
    refuse: Callable[[Tensor], None]

    @property
    def layout(self) -> Layout:
        """The slots of the residual stream."""
        return self.machine.layout

    @property
    def width(self) -> int:
        """Rows of the residual stream."""
        return self.layout.width

    @property
    def heads(self) -> int:
        """Attention heads of a layer."""
        return max(step.layer.heads for step in self.layers)

    @property
    def hidden(self) -> int:
        """GeLU units of the widest layer."""
        return max(step.layer.hidden for step in self.layers)

    def run(
        self, x: Tensor | np.ndarray, y: Tensor | np.ndarray, query: Tensor | np.ndarray
    ) -> Run:
        """Run the decoder on x: (k, d), y: (k,), query: (d,), with k <= n.

        ValueError for other shapes, for numbers that are not finite or larger than
        `MAX_SIZE`, and where the program's own limits are passed (a rate at which
        SGD diverges on this prompt).
        """
        xs, ys, q = self._checked(x, y, query)
        stream = self.machine.embed(_interleave(xs, ys, q))
        snapshots = [stream]
        for step in self.layers:
            stream = step.layer(stream)
            snapshots.append(stream)
        prediction = self.layout.read(stream[-1], "prediction")
        return Run(float(prediction), torch.stack(snapshots))

    @property
    def limits(self) -> PromptLimits:
        """Prompts of its own d, and of at most n pairs."""
        return PromptLimits(self.d, self.n)

    @property
    def device(self) -> torch.device:
        """The CPU."""
        return torch.device("cpu")

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k), queries: (B, q, d) -> (B, q), as `InContextModel.predict`.

        A run for every query. Raises ValueError as `run` does.
        """
        prompt = as_prompt(x, y, queries, dtype=torch.float64)
        told = prompt.queries.new_zeros(prompt.queries.shape[:2])
        for b, (xs, ys, asked) in enumerate(zip(*prompt, strict=True)):
            for q, query in enumerate(asked):
                told[b, q] = self.run(xs, ys, query).prediction
        return like_input(told, x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k) -> (B, k); entry j has seen the first j pairs.

        The last y is not read, so k may be n + 1. Raises ValueError as `run` does.
        """
        prompt = as_prompt(x, y, dtype=torch.float64)
        told = torch.zeros_like(prompt.y)
        for b, (xs, ys, _) in enumerate(zip(*prompt, strict=True)):
            if len(xs):
                told[b] = self.predictions(self.run(xs[:-1], ys[:-1], xs[-1]))
        return like_input(told, x)

    def _checked(self, x: object, y: object, query: object) -> tuple[Tensor, Tensor, Tensor]:
        given = [torch.as_tensor(v, dtype=torch.float64) for v in (x, y, query)]
        for name, values, axes in zip(("x", "y", "query"), given, (2, 1, 1), strict=True):
            if values.ndim != axes:
                raise ValueError(f"{name} must have {axes} axes, not {values.ndim}.")
        prompt = as_prompt(
            given[0][None], given[1][None], given[2][None, None], dtype=torch.float64
        )
        xs, ys, q = prompt.x[0], prompt.y[0], prompt.queries[0, 0]
        if xs.shape[1] != self.d:
            raise ValueError(f"This program is made for d = {self.d} features, not {xs.shape[1]}.")
        if len(xs) > self.n:
            raise ValueError(f"This program is made for n = {self.n} pairs at most, not {len(xs)}.")
        largest = max(float(v.abs().max()) for v in (xs, ys, q) if v.numel())
        if largest > MAX_SIZE:
            raise ValueError(
                f"The prompt holds a number of size {largest:g}; the GeLU that multiplies is "
                f"accurate up to {MAX_SIZE:g}. Scale x or y down."
            )
        self.refuse(xs)
        return xs, ys, q

    def focus(self, layer: int, pairs: int) -> int:
        """The token to watch in snapshot ``layer`` (0 … layers) of a prompt of k pairs.

        In round j it is y_j, where the update of pair j takes place; in the end the
        query. Tokens are numbered start = 0, x₁ = 1, y₁ = 2, …, see `token_names`.
        """
        round_ = self.layers[max(layer - 1, 0)].round
        if round_ > self.n or not pairs:
            return 2 * pairs + 1
        return 2 * min(max(round_, 1), pairs)

    def weights(self, snapshots: Tensor) -> Tensor:
        """The linear model as far as it is trained, after each layer: (layers + 1, d).

        Read from the ``w`` slot of the token in focus; after the last round from
        that of the last pair's y-token.
        """
        pairs = snapshots.shape[1] // 2 - 1
        tokens = [min(self.focus(layer, pairs), 2 * pairs) for layer in range(len(snapshots))]
        return self.layout.read(snapshots[torch.arange(len(snapshots)), torch.tensor(tokens)], "w")

    def predictions(self, run: Run) -> Tensor:
        """What each x-token answers, (k + 1,): entry j has seen the first j pairs."""
        return self.layout.read(run.snapshots[-1, 1::2], "prediction")


def token_names(pairs: int) -> list[str]:
    """Names of the tokens of a prompt of k pairs: start, x1, y1, …, query."""
    return ["start", *(f"{kind}{j}" for j in range(1, pairs + 1) for kind in "xy"), "query"]


def _interleave(x: Tensor, y: Tensor, query: Tensor) -> dict[str, Tensor]:
    """Slots x and y of the tokens start x₁ y₁ … query: (2k + 2, d) and (2k + 2, 1)."""
    tokens = 2 * len(x) + 2
    xs, ys = x.new_zeros(tokens, x.shape[1]), x.new_zeros(tokens, 1)
    xs[1:-1:2], xs[-1], ys[2::2, 0] = x, query, y
    return {"x": xs, "y": ys}


def _longest(x: Tensor) -> float:
    """The largest ‖x‖² of a prompt, 0 for an empty one."""
    return float(x.square().sum(-1).amax()) if len(x) else 0.0


def _below(value: float) -> float:
    """The value cut (towards −∞) to three digits, for a sentence that names a limit."""
    digit = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    return float(f"{math.floor(value / digit) * digit:.3g}")


def _whole(name: str, value: int, most: int, why: str) -> None:
    if not 1 <= value <= most:
        raise ValueError(f"{name} must lie between 1 and {most}, not {value}: {why}.")


def _machine(
    d: int, n: int, slots: Sequence[Slot], product: str, scale: float | None
) -> Primitives:
    """Primitives for a stream with the slots that both programs share, and ``slots``."""
    _whole("d", d, MAX_DIM, "a wider residual stream is too large to show")
    _whole("n", n, MAX_PAIRS, "a snapshot is kept of every layer, and the depth grows with n")
    shared = (
        Slot("x", (d,), "prompt", "the input, at x-tokens and at the query"),
        Slot("y", (), "prompt", "the answer, at y-tokens"),
        Slot("x_pair", (d,), "prompt", "the input of this answer, at y-tokens"),
        Slot("w", (d,), "state", "the linear model trained so far"),
    )
    answer = (
        Slot("w_read", (d,), "state", "the trained w, as an x-token reads it"),
        Slot("prediction", (), "state", "the answer to this token's input"),
    )
    layout = Layout((*shared, *slots, *answer))
    return Primitives(layout, 2 * MAX_PAIRS + 2, product=product, scale=scale)


class _Text(NamedTuple):
    """What there is to say about a layer; the fields of `Step` without layer and round."""

    primitive: str
    words: str
    equation: str
    writes: tuple[str, ...]


def _program(
    name: str,
    theorem: str,
    n: int,
    machine: Primitives,
    layers: Sequence[Sequence[Layer]],
    texts: Callable[[int], Sequence[_Text]],
    refuse: Callable[[Tensor], None],
    w_size: float,
) -> Program:
    """layers: those before the first round and those of every round; texts: theirs, by round.

    w_size: a typical magnitude of the weights.
    """
    d = machine.layout.size("x")
    see_pair = machine.mov({"x_pair": "x"}, offset=1)
    answer = (
        machine.mov({"w_read": "w"}, offset=1),
        machine.mul("w_read", "x", "prediction", (1, d, 1), sizes=(w_size, _TYPICAL)),
    )
    before, every = layers
    parts: list[tuple[Sequence[Layer], Sequence[_Text], int]] = [
        ((see_pair, *before), (_SEE_PAIR, *texts(0)), 0),
        *((every, texts(j), j) for j in range(1, n + 1)),
        (answer, _ANSWER, n + 1),
    ]
    steps = tuple(
        Step(layer, *text, j)
        for group, told, j in parts
        for layer, text in zip(group, told, strict=True)
    )
    return Program(name, theorem, d, n, machine, steps, refuse)


_SEE_PAIR = _Text(
    "mov",
    "Every answer's token copies the input of its pair from the token before it.",
    r"x_{\mathrm{pair}} \leftarrow x",
    ("x_pair",),
)

_ANSWER = (
    _Text(
        "mov",
        "The query reads the trained w from the last answer's token.",
        r"w_{\mathrm{read}} \leftarrow w",
        ("w_read",),
    ),
    _Text(
        "mul",
        "The query multiplies w with its own input: the prediction.",
        r"\hat y \leftarrow w^\top x",
        ("prediction",),
    ),
)


# --- Theorem 1 ----------------------------------------------------------------


def sgd_program(
    d: int,
    n: int,
    lr: float,
    decay: float = 0.0,
    *,
    product: str = "extrapolated",
    scale: float | None = None,
) -> Program:
    """One pass of stochastic gradient descent as a decoder (Akyürek et al., 2023, Theorem 1).

    w ← w − 2 lr (x(wᵀx − y) + decay·w) over up to n pairs of d features, from w = 0:
    `predictors.sgd(lr, decay)`. Five layers a pair and three more, two heads, width
    5d + 10. (The paper: O(1) layers and O(d) width a step, O(n) layers and O(n + d)
    width for n; we need no O(n) because our positions are angles.) ``product`` and
    ``scale`` choose how GeLU multiplies, see `slots.Primitives`.

    ValueError for d or n out of range, for lr outside [0, `MAX_RATE`] and for decay
    that is negative or not finite; `Program.run` raises it where the rate diverges on
    its prompt, which is lr (‖x‖² + decay) > 1 for one of the pairs: that step would
    leave its own residual larger than before.
    """
    if not 0 <= lr <= MAX_RATE:
        raise ValueError(f"lr must lie between 0 and {MAX_RATE:g}, not {lr!r}.")
    if not 0 <= decay < math.inf:
        raise ValueError(f"decay must be finite and not negative, not {decay!r}.")
    scratch = (
        Slot("guess", (), "scratch", "what w predicts for this pair"),
        Slot("residual", (), "scratch", "guess minus answer"),
        Slot("gradient", (d,), "scratch", "residual times input: half a gradient"),
    )
    machine = _machine(d, n, scratch, product, scale)
    unit, eye = torch.ones(1, 1).double(), torch.eye(d).double()
    # A rate that does not diverge bounds the inputs, ‖x‖ <= lr^-½; weights can grow as lr^½.
    root = math.sqrt(max(lr, 1 / _TYPICAL**2))
    x_size, w_size = 1 / root, _TYPICAL**2 * max(root, 1.0)
    every = (
        machine.mov({"w": "w"}, offset=2),
        machine.mul("w", "x_pair", "guess", (1, d, 1), sizes=(w_size, x_size)),
        machine.aff("residual", read=("guess", unit), own=("y", -unit)),
        machine.mul("x_pair", "residual", "gradient", (d, 1, 1), sizes=(x_size, _TYPICAL)),
        machine.aff("w", read=("w", (1 - 2 * lr * decay) * eye), own=("gradient", -2 * lr * eye)),
    )

    def refuse(x: Tensor) -> None:
        longest = _longest(x)
        if lr * (longest + decay) > 1:
            raise ValueError(
                f"A rate of lr = {lr:g} diverges on this prompt: its longest input has "
                f"‖x‖² = {longest:.4g}, so lr may be at most {_below(1 / (longest + decay))}."
            )

    theorem = "Theorem 1: O(n) layers, O(n + d) width"
    return _program("SGD", theorem, n, machine, ((), every), _sgd_texts, refuse, w_size)


def _sgd_texts(j: int) -> tuple[_Text, ...]:
    """What the five layers of round j say; nothing happens before round 1."""
    if not j:
        return ()
    return (
        _Text("mov", _take_over("w", j), rf"w \leftarrow w_{{{j - 1}}}", ("w",)),
        _Text(
            "mul",
            f"Predict pair {j} with the w so far.",
            rf"\hat y_{{{j}}} \leftarrow w_{{{j - 1}}}^\top x_{{{j}}}",
            ("guess",),
        ),
        _Text(
            "aff",
            f"Compare with the answer: the residual of pair {j}.",
            rf"r_{{{j}}} \leftarrow \hat y_{{{j}}} - y_{{{j}}}",
            ("residual",),
        ),
        _Text(
            "mul",
            "Multiply the residual with the input: the direction of steepest ascent.",
            rf"g_{{{j}}} \leftarrow x_{{{j}}}\, r_{{{j}}}",
            ("gradient",),
        ),
        _Text(
            "aff",
            f"Step downhill: w has learned from pair {j}.",
            rf"w_{{{j}}} \leftarrow w_{{{j - 1}}} - 2\alpha\,(g_{{{j}}} + \lambda w_{{{j - 1}}})",
            ("w",),
        ),
    )


def _take_over(what: str, j: int) -> str:
    if j == 1:
        return f"The first answer's token starts from the initial {what}."
    return f"Answer {j}'s token copies {what} from answer {j - 1}'s token."


# --- Theorem 2 ----------------------------------------------------------------


def sherman_morrison_program(
    d: int,
    n: int,
    lam: float,
    *,
    product: str = "extrapolated",
    scale: float | None = None,
) -> Program:
    """Ridge regression as a decoder, one Sherman–Morrison update a pair (Theorem 2).

    From A₀⁻¹ = I/λ and b₀ = 0, over up to n pairs of d features: u = A⁻¹x,
    A⁻¹ ← A⁻¹ − (u/(1 + xᵀu)) uᵀ, b ← b + x y, w = A⁻¹b, which is
    `predictors.ridge(lam)` of the pairs seen. Akyürek et al. (2023) prove one update:
    O(1) layers, O(d²) width. Here: nine layers a pair and five more, two heads, width
    2d² + 8d + 9. ``product`` and ``scale`` choose how GeLU multiplies, see
    `slots.Primitives`.

    ValueError for d or n out of range and for lam that is not finite and positive;
    `Program.run` raises it where lam is too small for its prompt (`MAX_LEVERAGE`).
    """
    if not 0 < lam < math.inf:
        raise ValueError(
            f"lam must be finite and greater than 0, not {lam!r}: "
            "Sherman–Morrison starts from A⁻¹ = I/λ."
        )
    scratch = (
        Slot("A_inv", (d, d), "state", "the inverse of λI + XᵀX over the pairs so far"),
        Slot("moment", (d,), "state", "b = Xᵀy over the pairs so far"),
        Slot("term", (d,), "scratch", "this pair's part of b: input times answer"),
        Slot("u", (d,), "scratch", "A⁻¹x"),
        Slot("q", (), "scratch", "1 + xᵀA⁻¹x"),
        Slot("gain", (d,), "scratch", "u/q"),
        Slot("drop", (d, d), "scratch", "what this pair takes off A⁻¹"),
    )
    machine = _machine(d, n, scratch, product, scale)
    unit, eye, square = (torch.eye(size).double() for size in (1, d, d * d))
    big, root = 1 / lam, lam**-0.5
    before = (
        machine.aff("A_inv", bias=(eye / lam).flatten()),
        machine.mul("x_pair", "y", "term", (d, 1, 1), sizes=(_TYPICAL, _TYPICAL)),
    )
    state = ("A_inv", "moment", "w")
    every = (
        machine.mov({name: name for name in state}, offset=2),
        machine.mul("A_inv", "x_pair", "u", (d, d, 1), sizes=(big, _TYPICAL)),
        machine.mul("x_pair", "u", "q", (1, d, 1), sizes=(_TYPICAL, big * _TYPICAL)),
        machine.aff("q", read=("q", unit), bias=torch.ones(1).double()),
        machine.div("u", "q", "gain"),
        machine.mul("gain", "u", "drop", (d, 1, d), sizes=(root, big * _TYPICAL)),
        machine.aff("A_inv", read=("A_inv", square), own=("drop", -square)),
        machine.aff("moment", read=("moment", eye), own=("term", eye)),
        machine.mul("A_inv", "moment", "w", (d, d, 1), sizes=(big, n * _TYPICAL)),
    )

    def refuse(x: Tensor) -> None:
        longest = _longest(x)
        if longest > MAX_LEVERAGE * lam:
            raise ValueError(
                f"λ = {lam:g} is too small for this prompt: its longest input has ‖x‖² = "
                f"{longest:.4g}, and A⁻¹ would lose too many digits on the way down from 1/λ. "
                f"Take λ of at least {-_below(-longest / MAX_LEVERAGE)}."
            )

    theorem = "Theorem 2: O(1) layers an update, O(d²) width"
    layers, w_size = (before, every), _TYPICAL * max(root, 1.0)
    return _program("Sherman–Morrison", theorem, n, machine, layers, _ridge_texts, refuse, w_size)


def _ridge_texts(j: int) -> tuple[_Text, ...]:
    """What the nine layers of round j say, and for j = 0 the two before round 1."""
    if not j:
        return (
            _Text(
                "aff",
                "Start from the inverse of λI.",
                r"A_0^{-1} \leftarrow I/\lambda",
                ("A_inv",),
            ),
            _Text(
                "mul",
                "Every answer's token multiplies its input with its answer.",
                r"m_i \leftarrow x_i\, y_i",
                ("term",),
            ),
        )
    old, new = rf"A_{{{j - 1}}}^{{-1}}", rf"A_{{{j}}}^{{-1}}"
    return (
        _Text(
            "mov",
            _take_over("A⁻¹, b and w", j),
            rf"A^{{-1}},\, b,\, w \leftarrow {old},\, b_{{{j - 1}}},\, w_{{{j - 1}}}",
            ("A_inv", "moment", "w"),
        ),
        _Text(
            "mul",
            f"Multiply A⁻¹ with the input of pair {j}.",
            rf"u \leftarrow {old} x_{{{j}}}",
            ("u",),
        ),
        _Text(
            "mul", "Multiply that with the input again.", rf"q \leftarrow x_{{{j}}}^\top u", ("q",)
        ),
        _Text("aff", "Add 1: the denominator.", r"q \leftarrow 1 + q", ("q",)),
        _Text("div", "Divide by it, with LayerNorm.", r"k \leftarrow u / q", ("gain",)),
        _Text(
            "mul",
            f"The outer product: what pair {j} takes off A⁻¹.",
            r"D \leftarrow k\, u^\top",
            ("drop",),
        ),
        _Text("aff", "The Sherman–Morrison update.", rf"{new} \leftarrow {old} - D", ("A_inv",)),
        _Text(
            "aff",
            f"Add pair {j} to the moment vector.",
            rf"b_{{{j}}} \leftarrow b_{{{j - 1}}} + m_{{{j}}}",
            ("moment",),
        ),
        _Text(
            "mul",
            f"The ridge solution of the first {j} pairs." if j > 1 else "The ridge solution.",
            rf"w_{{{j}}} \leftarrow {new} b_{{{j}}}",
            ("w",),
        ),
    )


# --- what they cost -------------------------------------------------------------


class Cost(NamedTuple):
    """One row of `complexity_table`; hidden: GeLU units of the widest layer."""

    program: str
    d: int
    n: int
    layers: int
    heads: int
    width: int
    hidden: int
    theorem: str


def complexity_table(
    dims: Sequence[int] = (1, 2, 4, 8), pairs: Sequence[int] = (1, 10, 40)
) -> list[Cost]:
    """Layers, heads and width of both programs, counted on the weights, beside the theorem's."""
    programs = [sgd_program(d, n, lr=0.01) for d in dims for n in pairs]
    programs += [sherman_morrison_program(d, n, lam=1.0) for d in dims for n in pairs]
    return [
        Cost(p.name, p.d, p.n, len(p.layers), p.heads, p.width, p.hidden, p.theorem)
        for p in programs
    ]
