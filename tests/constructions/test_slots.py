"""The four primitives, each one layer of attention, LayerNorm and GeLU."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from icl_core.constructions.slots import (
    BEST_SCALES,
    PRODUCTS,
    Layout,
    Primitives,
    Slot,
    division_error,
    product_error,
)

TOKENS = 12
SEEDS = st.integers(0, 10**6)


def machine(**sizes: int) -> Primitives:
    """Primitives on vector slots of the given sizes."""
    return Primitives(Layout(Slot(n, (s,), "scratch", n) for n, s in sizes.items()), TOKENS)


def filled(parts: Primitives, seed: int, tokens: int = TOKENS) -> Tensor:
    """A stream with every data slot of every token random."""
    gen = torch.Generator().manual_seed(seed)
    slots = [s for s in parts.layout.slots.values() if s.role != "machinery"]
    return parts.embed(
        {s.name: torch.randn(tokens, s.size, generator=gen, dtype=torch.float64) for s in slots}
    )


def read(parts: Primitives, stream: Tensor, name: str) -> Tensor:
    return parts.layout.read(stream, name)


@given(offset=st.integers(0, 4), tokens=st.integers(1, TOKENS), seed=SEEDS)
def test_mov_reads_an_earlier_token(offset: int, tokens: int, seed: int) -> None:
    parts = machine(a=3, b=3)
    before = filled(parts, seed, tokens)
    layer = parts.mov({"b": "a"}, offset)
    source = (torch.arange(tokens) - offset).clamp(min=0)
    assert torch.equal(layer.pattern(before)[0], torch.eye(tokens).double()[source])
    torch.testing.assert_close(
        read(parts, layer(before), "b"), read(parts, before, "a")[source], rtol=0, atol=1e-14
    )


@given(a=st.integers(1, 4), b=st.integers(1, 4), c=st.integers(1, 4), seed=SEEDS)
def test_mul_multiplies_matrices(a: int, b: int, c: int, seed: int) -> None:
    parts = machine(left=a * b, right=b * c, result=a * c)
    before = filled(parts, seed)
    after = parts.mul("left", "right", "result", (a, b, c), sizes=(2.0, 3.0))(before)
    left = read(parts, before, "left").unflatten(-1, (a, b))
    right = read(parts, before, "right").unflatten(-1, (b, c))
    wanted = (left @ right).flatten(-2)
    torch.testing.assert_close(read(parts, after, "result"), wanted, rtol=0, atol=1e-9)


@given(seed=SEEDS, size=st.floats(1e-3, 1e4))
def test_div_divides_by_the_absolute_value(seed: int, size: float) -> None:
    parts = machine(top=3, bottom=1, result=3)
    before = filled(parts, seed)
    bottom = before[:, parts.layout["bottom"]]
    bottom.add_(bottom.sign()).mul_(size)
    after = parts.div("top", "bottom", "result")(before)
    wanted = read(parts, before, "top") / bottom.abs()
    torch.testing.assert_close(read(parts, after, "result"), wanted, rtol=1e-12, atol=1e-14)


@given(seed=SEEDS)
def test_aff_is_affine_and_may_read_what_it_writes(seed: int) -> None:
    parts = machine(a=3, b=2)
    before = filled(parts, seed)
    gen = torch.Generator().manual_seed(seed + 1)
    square, other, bias = (
        torch.randn(shape, generator=gen, dtype=torch.float64) for shape in ((3, 3), (3, 2), (3,))
    )
    after = parts.aff("a", read=("a", square), own=("b", other), bias=bias)(before)
    wanted = read(parts, before, "a") @ square.mT + read(parts, before, "b") @ other.mT + bias
    torch.testing.assert_close(read(parts, after, "a"), wanted, rtol=1e-13, atol=1e-13)


def test_a_layer_changes_its_target_and_nothing_else() -> None:
    parts = machine(a=2, b=2, c=2, d=1)
    before = filled(parts, 0)
    eye = torch.eye(2).double()
    layers = {
        "b": parts.mov({"b": "a"}, 1),
        "c": parts.mul("a", "d", "c", (2, 1, 1)),
        "a": parts.aff("a", read=("b", eye)),
        "d": parts.aff("d", bias=torch.ones(1)),
    }
    for target, layer in layers.items():
        assert parts.layout.changed(before, layer(before)) == (target,)


def test_layers_can_follow_one_another_whatever_their_yardstick() -> None:
    """A division leaves LayerNorm's scale changed; the next layer must not notice."""
    parts = machine(a=2, b=1, c=2, e=4)
    before = filled(parts, 3)
    between = parts.div("a", "b", "c")(before)
    after = parts.mul("a", "c", "e", (2, 1, 2))(between)
    a, b = read(parts, before, "a"), read(parts, before, "b")
    wanted = (a.unsqueeze(-1) * (a / b.abs()).unsqueeze(-2)).flatten(-2)
    torch.testing.assert_close(read(parts, after, "e"), wanted, rtol=1e-9, atol=1e-9)


def test_streams_can_be_batched() -> None:
    parts = machine(a=2, b=2)
    layer = parts.mov({"b": "a"}, 1)
    one, two = filled(parts, 0), filled(parts, 1)
    both = layer(torch.stack([one, two]))
    assert torch.equal(both, torch.stack([layer(one), layer(two)]))


# --- how exact ------------------------------------------------------------------


def slope(product: str, scales: tuple[float, float]) -> float:
    """Decades of error per decade of scale."""
    errors = [row.error for row in product_error(scales, product=product)]
    return math.log(errors[1] / errors[0]) / math.log(scales[1] / scales[0])


@pytest.mark.parametrize(
    ("product", "order"), [("paper", 2), ("symmetric", 2), ("extrapolated", 4)]
)
def test_truncation_falls_with_the_scale(product: str, order: int) -> None:
    assert slope(product, (0.01, 0.03)) == pytest.approx(order, abs=0.02)


@pytest.mark.parametrize("product", PRODUCTS)
def test_rounding_grows_as_one_over_the_scale(product: str) -> None:
    """Not as 1/s²: what is rounded is GeLU's linear term, of size s."""
    assert slope(product, (1e-9, 1e-7)) == pytest.approx(-1, abs=0.2)


@pytest.mark.parametrize(
    ("product", "most"), [("paper", 3e-10), ("symmetric", 1e-10), ("extrapolated", 1e-12)]
)
def test_error_at_the_best_scale(product: str, most: float) -> None:
    assert product_error([BEST_SCALES[product]], product=product)[0].error < most


def test_division_is_as_exact_as_floats_once_the_yardstick_is_large() -> None:
    small, large = (row.error for row in division_error([2.0**15, 2.0**40]))
    assert 1e-9 < small < 1e-6
    assert large < 1e-14


# --- bad input --------------------------------------------------------------------


def test_errors_say_what_is_wrong() -> None:
    parts = machine(a=2, b=3)
    with pytest.raises(ValueError, match="two slots named 'a'"):
        Layout([Slot("a", (), "scratch", ""), Slot("a", (), "scratch", "")])
    with pytest.raises(ValueError, match="no slot 'c'"):
        parts.mov({"c": "a"}, 1)
    with pytest.raises(ValueError, match="'a' has 2 rows and 'b' has 3"):
        parts.mov({"b": "a"}, 1)
    with pytest.raises(ValueError, match="'b' has 3 rows, not 4"):
        parts.mul("a", "b", "a", (1, 2, 2))
    with pytest.raises(ValueError, match="emptied"):
        machine(a=1, b=1).mul("a", "b", "a", (1, 1, 1))
    with pytest.raises(ValueError, match="emptied"):
        parts.aff("a", own=("a", torch.eye(2).double()))
    with pytest.raises(ValueError, match="one number"):
        parts.div("a", "b", "a")
    with pytest.raises(ValueError, match="product must be"):
        Primitives(parts.layout, 3, product="exact")
    with pytest.raises(ValueError, match="greater than 0"):
        Primitives(parts.layout, 3, scale=0.0)
