"""A residual stream split into named slots, and four primitives that compute on it.

Akyürek et al. (2023, Appendix A) prove their theorems with four primitives, each
of which is one decoder layer:

- ``mov`` copies slots from another token;
- ``mul`` multiplies two slots of one token as matrices;
- ``div`` divides a slot by the absolute value of another;
- ``aff`` applies an affine map to two slots of one token.

All four are cases of RAW (read, arithmetic, write): at token i

    h_write ← (W_read · mean of h_read over the tokens K(i))  ⋆  (W_own · h_own),   ⋆ ∈ {+, ⊙}.

With ⋆ = ⊙ we have only K(i) = {i}: a ``mov`` first brings what is elsewhere.

A `Layer` is what the paper calls a decoder layer, with every weight written out:

    a = h + attention(h),   h' = a + W_out GeLU(W_in LayerNorm(a)) + b_out.

*Attention* has two heads, as in the paper. The first reads h_read at K(i), the
second reads the token itself to empty the slots that are about to be written.
K(i) = {i − offset} is softmax attention on two position slots (cos θi, sin θi):
the query turns them by −offset·θ, and the inverse temperature is so large that
every other token's weight underflows to exactly 0 in float64. Where i − offset
lies before the first token, the first is read.

*LayerNorm* divides by the size of the whole stream, which no layer but ``div``
wants. Two slots of the stream are a yardstick: the second head sets them to ±C,
so large that LayerNorm divides by C√(2/width) whatever the rest holds, and
W_in multiplies it back. ``div`` sets the yardstick to ±C·h_denominator instead;
then LayerNorm divides the stream by |h_denominator|. The relative error of
either is ‖h‖²/4C² (over the denominator squared for ``div``), which is nothing in
float64 (`division_error`), so that no other way to divide is needed. The paper
divides by LayerNorm too; the yardstick, renewed in every layer so that the next
need not know what came before, is our way to make all layers alike. LayerNorm also
subtracts the mean of the stream; W_in reads each slot against one that is always
zero, so the mean cancels.

*GeLU* passes numbers through unchanged, because GeLU(z) − GeLU(−z) = z exactly.
It multiplies through its quadratic term (`PRODUCTS`, `product_error`): with
z small, GeLU(z) = z/2 + z²/√(2π) + O(z⁴).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

ROLES = ("prompt", "state", "scratch", "machinery")
"""What a slot is for: the prompt as given, what is learned, intermediate results, plumbing."""

YARDSTICK = 2.0**40
"""C, the size of the stream as LayerNorm sees it. A power of two, so that scaling is exact."""

SHARPNESS = 2.0**21
"""Inverse temperature of attention; enough for 82 tokens to make a one-hot pattern exact."""

Terms = tuple[tuple[float, float, float], ...]

_SYMMETRIC: Terms = ((1, 1, 0.25), (-1, -1, 0.25), (1, -1, -0.25), (-1, 1, -0.25))

PRODUCTS: dict[str, tuple[Terms, ...]] = {
    "paper": (((1, 1, 1.0), (1, 0, -1.0), (0, 1, -1.0)),),
    "symmetric": (_SYMMETRIC,),
    "extrapolated": (
        tuple((p, q, 4 / 3 * c) for p, q, c in _SYMMETRIC),
        tuple((2 * p, 2 * q, -1 / 12 * c) for p, q, c in _SYMMETRIC),
    ),
}
"""Three ways to multiply with GeLU: Σ c GeLU(s(p·a + q·b)) · √(π/2)/s² ≈ ab.

"paper" is Akyürek et al. (2023, App. A), three hidden units a product.
"symmetric" takes the even part of GeLU at a + b and at a − b, four units.
"extrapolated" combines that at s and 2s so that the error in s² cancels
(Richardson), eight units. For |a|, |b| <= 1 the largest error of the first two
falls as s² (1.1 s² and 0.65 s²) and of the third as s⁴ (1.5 s⁴), until rounding
takes over at about 1e-16/s (not 1e-16/s²: what is rounded is the linear term z/2).
The best measured is 1e-10 at s = 5e-6, 3e-11 at s = 4e-6 and 4e-13 at s = 3e-4; see
`product_error`.
"""

BEST_SCALES = {"paper": 5e-6, "symmetric": 4e-6, "extrapolated": 3e-4}
"""Where truncation and rounding are about equal for operands of size 1."""


@dataclass(frozen=True)
class Slot:
    """Some neighbouring rows of the residual stream with a name.

    ``shape`` is () for a number, (d,) for a vector, (d, d) for a matrix stored
    row by row; ``role`` is one of `ROLES`; ``words`` says what the slot holds.
    """

    name: str
    shape: tuple[int, ...]
    role: str
    words: str
    start: int = 0

    @property
    def size(self) -> int:
        """How many rows of the stream the slot takes."""
        return math.prod(self.shape)

    @property
    def rows(self) -> slice:
        """Where the slot lies in the stream."""
        return slice(self.start, self.start + self.size)


MACHINERY = (
    Slot("one", (), "machinery", "the constant 1"),
    Slot("zero", (), "machinery", "always 0: what LayerNorm's mean is measured at"),
    Slot("position", (2,), "machinery", "cos and sin of the token's angle"),
    Slot("yardstick", (2,), "machinery", "two large opposite numbers that set LayerNorm's scale"),
)


class Layout:
    """Which rows of the stream hold what; `MACHINERY` comes after the slots given."""

    def __init__(self, slots: Iterable[Slot]):
        self.slots: dict[str, Slot] = {}
        self.width = 0
        for slot in (*slots, *MACHINERY):
            if slot.name in self.slots:
                raise ValueError(f"There are two slots named {slot.name!r}.")
            self.slots[slot.name] = replace(slot, start=self.width)
            self.width += slot.size

    def __getitem__(self, name: str) -> slice:
        return self._slot(name).rows

    def _slot(self, name: str) -> Slot:
        if name not in self.slots:
            raise ValueError(f"There is no slot {name!r}; there are {', '.join(self.slots)}.")
        return self.slots[name]

    def size(self, name: str) -> int:
        """How many rows a slot takes."""
        return self._slot(name).size

    def indices(self, name: str) -> list[int]:
        """The rows of a slot, one by one."""
        return list(range(self.width))[self[name]]

    def read(self, stream: Tensor, name: str) -> Tensor:
        """A slot of a stream (…, width) in its own shape: (…, *shape)."""
        slot = self._slot(name)
        return stream[..., slot.rows].reshape((*stream.shape[:-1], *slot.shape))

    def changed(self, before: Tensor, after: Tensor) -> tuple[str, ...]:
        """Names of the slots in which two streams of one shape differ, plumbing left out."""
        return tuple(
            name
            for name, slot in self.slots.items()
            if slot.role != "machinery"
            and not torch.equal(before[..., slot.rows], after[..., slot.rows])
        )


@dataclass(frozen=True, eq=False)
class Layer:
    """One causal decoder layer as explicit weights, float64.

    w_q, w_k: (heads, 2, width); w_v: (heads, value, width); w_o: (width, heads·value);
    mlp_in: (hidden, width); mlp_out: (width, hidden); mlp_bias: (width,), b_out of
    the module's equation. Hidden units have no bias: none is needed.
    """

    w_q: Tensor
    w_k: Tensor
    w_v: Tensor
    w_o: Tensor
    mlp_in: Tensor
    mlp_out: Tensor
    mlp_bias: Tensor

    @property
    def heads(self) -> int:
        """Number of attention heads."""
        return len(self.w_q)

    @property
    def hidden(self) -> int:
        """Number of GeLU units."""
        return len(self.mlp_in)

    def pattern(self, stream: Tensor) -> Tensor:
        """Who reads whom: (…, tokens, width) -> (…, heads, tokens, tokens), rows are readers."""
        each = stream.unsqueeze(-3)
        queries, keys = each @ self.w_q.mT, each @ self.w_k.mT
        tokens = stream.shape[-2]
        future = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
        return torch.softmax((queries @ keys.mT).masked_fill(future, -math.inf), dim=-1)

    def __call__(self, stream: Tensor) -> Tensor:
        """The stream after this layer: (…, tokens, width) -> (…, tokens, width)."""
        values = self.pattern(stream) @ (stream.unsqueeze(-3) @ self.w_v.mT)
        stream = stream + values.transpose(-3, -2).flatten(-2) @ self.w_o.mT
        hidden = functional.gelu(functional.layer_norm(stream, stream.shape[-1:]) @ self.mlp_in.mT)
        return stream + hidden @ self.mlp_out.mT + self.mlp_bias


class _Read(NamedTuple):
    """What attention carries: target rows += matrix @ source rows."""

    target: str
    source: str
    matrix: Tensor


class _Hidden(NamedTuple):
    """GeLU units: what they read of the stream, and what they add to it."""

    reads: Tensor
    writes: Tensor


class Primitives:
    """Makes the layers ``mov``, ``mul``, ``div`` and ``aff`` for one layout.

    ``max_tokens`` is the length of the longest prompt (all angles fit into half a
    turn, so the nearest token is always the one that scores highest). ``product``
    is a key of `PRODUCTS`; ``scale`` is its s, by default the best for operands
    of size 1; ``yardstick`` is C. ValueError for a product that is not known or
    a scale or yardstick that is not positive.
    """

    def __init__(
        self,
        layout: Layout,
        max_tokens: int,
        *,
        product: str = "extrapolated",
        scale: float | None = None,
        yardstick: float = YARDSTICK,
    ):
        if product not in PRODUCTS:
            raise ValueError(f"product must be one of {', '.join(PRODUCTS)}, not {product!r}.")
        self.layout = layout
        self.angle = math.pi / (max_tokens + 1)
        self.product = PRODUCTS[product]
        self.scale = BEST_SCALES[product] if scale is None else scale
        self.yardstick = yardstick
        if not self.scale > 0 or not self.yardstick > 0:
            raise ValueError("scale and yardstick must be greater than 0.")

    def embed(self, values: Mapping[str, Tensor]) -> Tensor:
        """The stream before the first layer, (…, tokens, width).

        values: for each slot that the prompt fills, (…, tokens, size). The constant
        and the positions are added; everything else is 0.
        """
        shape = next(iter(values.values())).shape[:-1]
        stream = torch.zeros(*shape, self.layout.width, dtype=torch.float64)
        for name, value in values.items():
            stream[..., self.layout[name]] = value
        angles = self.angle * torch.arange(shape[-1], dtype=torch.float64)
        stream[..., self.layout["one"]] = 1
        stream[..., self.layout["position"]] = torch.stack([angles.cos(), angles.sin()], dim=-1)
        return stream

    # --- the four primitives ----------------------------------------------

    def mov(self, moves: Mapping[str, str], offset: int) -> Layer:
        """Every token i sets slot ``target`` to slot ``source`` of token i − offset.

        moves: target -> source, of one size. Where there is none, token 0.
        ValueError if sizes differ.
        """
        reads = [_Read(t, s, self._identity(t, s)) for t, s in moves.items()]
        return self._layer(list(moves), reads, offset=offset)

    def aff(
        self,
        target: str,
        *,
        read: tuple[str, Tensor] | None = None,
        own: tuple[str, Tensor] | None = None,
        bias: Tensor | None = None,
    ) -> Layer:
        """target ← W_read h_read + W_own h_own + bias, each part optional, at every token.

        read, own: a slot and the matrix (target size, slot size) it is multiplied
        by. Attention carries the first and the MLP the second, so ``read`` may be
        the target itself and ``own`` may not (ValueError).
        """
        reads = [_Read(target, *read)] if read else []
        units = [self._pass(target, *own)] if own else []
        return self._layer([target], reads, units, bias=bias)

    def mul(
        self,
        left: str,
        right: str,
        target: str,
        shape: tuple[int, int, int],
        *,
        sizes: tuple[float, float] = (1.0, 1.0),
    ) -> Layer:
        """target ← left · right as matrices (a × b) · (b × c), shape = (a, b, c), at every token.

        ``sizes`` are typical magnitudes of the two operands. Each is divided by its
        own before GeLU sees it, since the error is smallest for operands of about 1.
        ValueError if the slots do not have these sizes or overlap with the target.
        """
        a, b, c = shape
        wanted = {left: a * b, right: b * c, target: a * c}
        for name, count in wanted.items():
            if self.layout.size(name) != count:
                raise ValueError(f"Slot {name!r} has {self.layout.size(name)} rows, not {count}.")
        cells = [
            (i * b + j, j * c + k, i * c + k) for i in range(a) for j in range(b) for k in range(c)
        ]
        rows = torch.eye(self.layout.width, dtype=torch.float64)
        factor, other, result = (
            rows[self.layout[name].start + index]
            for name, index in zip((left, right, target), torch.tensor(cells).T, strict=True)
        )
        product = self._times(factor / sizes[0], other / sizes[1], sizes[0] * sizes[1] * result.mT)
        return self._layer([target], units=[product], untouched=(left, right))

    def div(self, numerator: str, denominator: str, target: str) -> Layer:
        """target ← numerator / |denominator|, by LayerNorm, at every token.

        The denominator is one number, in every token well away from 0: the relative
        error is ‖h‖²/(4 C² denominator²), and the rounding that of the stream's mean
        over the denominator. Where it is 0 the result means nothing. ValueError if it
        is not one number or the sizes of the other two differ.
        """
        if self.layout.size(denominator) != 1:
            raise ValueError(f"A denominator is one number; {denominator!r} has more.")
        units = [self._pass(target, numerator, self._identity(target, numerator))]
        return self._layer([target], units=units, measure=denominator)

    # --- assembly ----------------------------------------------------------

    def _identity(self, target: str, source: str) -> Tensor:
        sizes = self.layout.size(target), self.layout.size(source)
        if sizes[0] != sizes[1]:
            raise ValueError(f"{source!r} has {sizes[1]} rows and {target!r} has {sizes[0]}.")
        return torch.eye(sizes[0], dtype=torch.float64)

    def _pass(self, target: str, source: str, matrix: Tensor) -> _Hidden:
        """target += matrix @ source, exactly: GeLU(z) − GeLU(−z) = z."""
        if source == target:
            raise ValueError(f"{target!r} is emptied before the MLP can read it.")
        size = self.layout.size(source)
        reads = torch.zeros(2 * size, self.layout.width, dtype=torch.float64)
        writes = torch.zeros(self.layout.width, 2 * size, dtype=torch.float64)
        unit = torch.eye(size, dtype=torch.float64)
        reads[:, self.layout[source]] = torch.cat([unit, -unit])
        writes[self.layout[target]] = torch.cat([matrix, -matrix], dim=1)
        return _Hidden(reads, writes)

    def _times(self, left: Tensor, right: Tensor, result: Tensor) -> _Hidden:
        """Adds result @ (left h ⊙ right h); left, right: (m, width), result: (width, m)."""
        unit = math.sqrt(math.pi / 2) / self.scale**2
        terms = [term for group in self.product for term in group]
        reads = [self.scale * (p * left + q * right) for p, q, _ in terms]
        return _Hidden(torch.cat(reads), torch.cat([c * unit * result for *_, c in terms], dim=1))

    def _layer(
        self,
        written: Sequence[str],
        reads: Sequence[_Read] = (),
        units: Sequence[_Hidden] = (),
        *,
        offset: int = 0,
        bias: Tensor | None = None,
        measure: str = "one",
        untouched: Sequence[str] = (),
    ) -> Layer:
        """One layer that empties ``written``, then fills it by attention, MLP and bias.

        measure: the slot that LayerNorm is to divide by.
        """
        for name in untouched:
            if name in written:
                raise ValueError(f"{name!r} is emptied before the MLP can read it.")
        carried = self._carry(reads)
        emptied = self._empty(written, measure)
        value = max(len(carried[0]), len(emptied[0]))
        w_v = torch.stack([_pad(v, value, 0) for v, _ in (carried, emptied)])
        w_o = torch.cat([_pad(o, value, 1) for _, o in (carried, emptied)], dim=1)
        mlp_bias = torch.zeros(self.layout.width, dtype=torch.float64)
        if bias is not None:
            mlp_bias[self.layout[written[0]]] = bias
        nothing = torch.zeros(0, self.layout.width, dtype=torch.float64)
        mlp_in = torch.cat([nothing, *(part.reads for part in units)])
        mlp_out = torch.cat([nothing.mT, *(part.writes for part in units)], dim=1)
        w_q = torch.stack([self._query(offset), self._query(0)])
        w_k = torch.stack([self._key(), self._key()])
        return Layer(w_q, w_k, w_v, w_o, self._against_norm(mlp_in), mlp_out, mlp_bias)

    def _carry(self, reads: Sequence[_Read]) -> tuple[Tensor, Tensor]:
        """Value (v, width) and output (width, v) of the head that reads K(i)."""
        sizes = [self.layout.size(read.source) for read in reads]
        value = torch.zeros(sum(sizes), self.layout.width, dtype=torch.float64)
        output = torch.zeros(self.layout.width, sum(sizes), dtype=torch.float64)
        start = 0
        for read, size in zip(reads, sizes, strict=True):
            rows = slice(start, start + size)
            value[rows, self.layout[read.source]] = torch.eye(size, dtype=torch.float64)
            output[self.layout[read.target], rows] = read.matrix
            start += size
        return value, output

    def _empty(self, written: Sequence[str], measure: str) -> tuple[Tensor, Tensor]:
        """The head that reads the token itself: empties slots, renews the yardstick."""
        rows = [row for name in (*written, "yardstick") for row in self.layout.indices(name)]
        value = torch.zeros(len(rows) + 1, self.layout.width, dtype=torch.float64)
        output = torch.zeros(self.layout.width, len(rows) + 1, dtype=torch.float64)
        for index, row in enumerate(rows):
            value[index, row], output[row, index] = 1, -1
        value[-1, self.layout[measure]] = 1
        output[self.layout["yardstick"], -1] = torch.tensor([1.0, -1.0]).double() * self.yardstick
        return value, output

    def _query(self, offset: int) -> Tensor:
        """(cos θi, sin θi) turned to the angle of token i − offset, made sharp: (2, width)."""
        cos, sin = math.cos(offset * self.angle), math.sin(offset * self.angle)
        turn = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)
        query = torch.zeros(2, self.layout.width, dtype=torch.float64)
        query[:, self.layout["position"]] = SHARPNESS * turn
        return query

    def _key(self) -> Tensor:
        key = torch.zeros(2, self.layout.width, dtype=torch.float64)
        key[:, self.layout["position"]] = torch.eye(2, dtype=torch.float64)
        return key

    def _against_norm(self, reads: Tensor) -> Tensor:
        """W_in that finds in LayerNorm(h) what ``reads`` would find in h."""
        gain = self.yardstick * math.sqrt(2 / self.layout.width)
        reads = gain * reads
        reads[:, self.layout["zero"]] -= reads.sum(1, keepdim=True)
        return reads


def _pad(matrix: Tensor, size: int, axis: int) -> Tensor:
    """Zeros after the matrix until ``axis`` (of two) has the size."""
    missing = size - matrix.shape[axis]
    return functional.pad(matrix, (0, 0, 0, missing) if axis == 0 else (0, missing))


# --- how exact the primitives are -------------------------------------------


class MeasuredError(NamedTuple):
    """The largest error of a primitive over random operands, for one setting."""

    setting: float
    error: float


def _operands(samples: int, seed: int, low: float) -> Tensor:
    """(samples, 2), magnitudes uniform in [low, 1], signs random."""
    gen = torch.Generator().manual_seed(seed)
    size = low + (1 - low) * torch.rand(samples, 2, generator=gen, dtype=torch.float64)
    return size * (torch.randint(2, size.shape, generator=gen) * 2 - 1)


def _two_operands() -> Layout:
    names = ("a", "b", "result")
    return Layout(Slot(name, (), "scratch", name) for name in names)


def product_error(
    scales: Sequence[float], *, product: str = "extrapolated", samples: int = 2000, seed: int = 0
) -> list[MeasuredError]:
    """Largest |mul(a, b) − ab| over |a|, |b| <= 1 of a real ``mul`` layer, for each scale s.

    product: a key of `PRODUCTS`. The error falls with s until rounding takes over.
    """
    pairs = _operands(samples, seed, 0.0)
    wanted = pairs.prod(-1)
    rows = []
    for scale in scales:
        machine = Primitives(_two_operands(), 1, product=product, scale=scale)
        result = _alone(machine, machine.mul("a", "b", "result", (1, 1, 1)), pairs)
        rows.append(MeasuredError(scale, float((result - wanted).abs().max())))
    return rows


def division_error(
    yardsticks: Sequence[float], *, samples: int = 2000, seed: int = 0
) -> list[MeasuredError]:
    """Largest relative error of a real ``div`` layer for each C, 0.1 <= |a|, |b| <= 1.

    It falls as 1/C² down to float64's own rounding, reached at about C = 1e9.
    """
    pairs = _operands(samples, seed, 0.1)
    wanted = pairs[:, 0] / pairs[:, 1].abs()
    rows = []
    for yardstick in yardsticks:
        machine = Primitives(_two_operands(), 1, yardstick=yardstick)
        result = _alone(machine, machine.div("a", "b", "result"), pairs)
        rows.append(MeasuredError(yardstick, float((result / wanted - 1).abs().max())))
    return rows


def _alone(machine: Primitives, layer: Layer, pairs: Tensor) -> Tensor:
    """The result slot of one layer on prompts of one token, (samples,)."""
    stream = machine.embed({"a": pairs[:, None, :1], "b": pairs[:, None, 1:]})
    return layer(stream)[:, 0, machine.layout["result"]].squeeze(-1)
