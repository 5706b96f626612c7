"""Ways in which a prompt can differ from what a network was trained on, each of some strength.

Pure functions over draws of the plain law (x, w and noise standard normal), so that the same
draws give the same prompt at every strength: a visitor sees one prompt change. After Garg
et al. (2022, §4), Goddard et al. (2025) and Raventós et al. (2023).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Group = Literal["inputs", "tasks", "noise"]


@dataclass(frozen=True)
class Switch:
    """One thing that can be other than in training.

    group: what it moves; home: the strength that changes nothing; strengths: those of the
    study, in order, home among them. The first and the last are the bounds of a strength.
    """

    group: Group
    home: float
    strengths: tuple[float, ...]

    @property
    def outward(self) -> tuple[float, ...]:
        """The strengths from home on to the far end."""
        return self.strengths[self.strengths.index(self.home) :]

    def check(self, name: str, strength: float) -> None:
        """ValueError for a strength that is out of bounds."""
        low, high = sorted((self.strengths[0], self.strengths[-1]))
        if not low <= strength <= high:
            raise ValueError(
                f"The strength of {name} must lie from {low:.3g} to {high:.3g}, not {strength!r}."
            )


_SCALES = (1 / 3, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
_SHARES = (1.0, 0.75, 0.5, 0.25)
_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_TAILS = (0.0, 0.1, 0.2, 0.3, 0.4)

SWITCHES: dict[str, Switch] = {
    "x-scale": Switch("inputs", 1.0, _SCALES),
    "x-mean": Switch("inputs", 0.0, (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)),
    "x-skew": Switch("inputs", 0.0, (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)),
    "x-subspace": Switch("inputs", 1.0, _SHARES),
    "x-quadrant": Switch("inputs", 0.0, _PARTS),
    "x-outlier": Switch("inputs", 1.0, (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)),
    "q-orthogonal": Switch("inputs", 0.0, _PARTS),
    "q-among": Switch("inputs", 0.0, _PARTS),
    "w-scale": Switch("tasks", 1.0, _SCALES),
    "w-cap": Switch("tasks", 180.0, (180.0, 135.0, 90.0, 60.0, 30.0, 15.0)),
    "w-sparse": Switch("tasks", 1.0, _SHARES),
    "w-tails": Switch("tasks", 0.0, _TAILS),
    "e-level": Switch("noise", 1.0, (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)),
    "e-uneven": Switch("noise", 1.0, (1.0, 1.5, 2.0, 3.0, 4.0)),
    "e-tails": Switch("noise", 0.0, _TAILS),
}


def parts_left(share: float, dim: int) -> int:
    """How many of ``dim`` features a share of them is, at least one."""
    return max(1, round(share * dim))


# --- inputs -----------------------------------------------------------------------
# Each takes z ~ N(0, I) of shape (B, n, d), how many of the n are exemplars (the others are
# queries), the strength, and a generator for what else it draws.


def scaled(z: Tensor, _: int, strength: float, __: torch.Generator) -> Tensor:
    """So many times as large (Garg et al. 2022, §4)."""
    return strength * z


def moved(z: Tensor, _: int, strength: float, gen: torch.Generator) -> Tensor:
    """A mean of this length, in a direction of the prompt's own."""
    way = torch.randn(len(z), 1, z.shape[-1], generator=gen, device=gen.device)
    return z + strength * way / way.norm(dim=-1, keepdim=True)


def skewed(z: Tensor, _: int, strength: float, gen: torch.Generator) -> Tensor:
    """Variances ∝ 1/(i + 1)^strength, of mean 1, along axes of the prompt's own (Garg: 1)."""
    axes = random_axes(len(z), z.shape[-1], gen)
    variances = torch.arange(1, z.shape[-1] + 1, device=z.device).float() ** -strength
    lengths = (variances / variances.mean()).sqrt()
    return z @ (axes * lengths) @ axes.mT


def flattened(z: Tensor, _: int, share: float, gen: torch.Generator) -> Tensor:
    """Within that share of the dimensions, as long as before (Garg: half of them, × √2)."""
    dim = z.shape[-1]
    left = parts_left(share, dim)
    axes = random_axes(len(z), dim, gen)[..., :left]
    return math.sqrt(dim / left) * z @ axes @ axes.mT


def in_a_quadrant(z: Tensor, exemplars: int, share: float, gen: torch.Generator) -> Tensor:
    """That share of the exemplars in one random quadrant; queries anywhere (Garg et al. 2022)."""
    signs = torch.randn(len(z), 1, z.shape[-1], generator=gen, device=gen.device).sign()
    inside = torch.rand(z.shape[:2], generator=gen, device=gen.device) < share
    inside[:, exemplars:] = False
    return torch.where(inside[..., None], z.abs() * signs, z)


def with_outlier(z: Tensor, exemplars: int, strength: float, gen: torch.Generator) -> Tensor:
    """One exemplar so many times as far out; its answer is that of the task."""
    which = _one_exemplar(z, exemplars, gen)
    return torch.where(which[..., None], strength * z, z)


def orthogonal(z: Tensor, exemplars: int, share: float, _: torch.Generator) -> Tensor:
    """Queries turned so far out of the exemplars' span, their length kept (Garg: all the way).

    ValueError where there are as many exemplars as features: then nothing is orthogonal.
    """
    if exemplars >= z.shape[-1]:
        raise ValueError("A query can be orthogonal to fewer exemplars than features only.")
    queries = z[:, exemplars:].double()
    basis, _ = torch.linalg.qr(z[:, :exemplars].double().mT)
    off = queries - queries @ basis @ basis.mT
    length = queries.norm(dim=-1, keepdim=True)
    turned = torch.lerp(queries, length * off / off.norm(dim=-1, keepdim=True), share)
    turned = length * turned / turned.norm(dim=-1, keepdim=True)
    return torch.cat([z[:, :exemplars], turned.to(z)], dim=1)


def among(z: Tensor, exemplars: int, share: float, gen: torch.Generator) -> Tensor:
    """Queries moved that far to one of the exemplars (Garg: all the way)."""
    if not exemplars:
        return z
    which = _one_exemplar(z, exemplars, gen)
    shown = (z * which[..., None]).sum(1, keepdim=True)
    return torch.cat([z[:, :exemplars], torch.lerp(z[:, exemplars:], shown, share)], dim=1)


def random_axes(batch: int, dim: int, gen: torch.Generator) -> Tensor:
    """Orthonormal columns, (B, d, d)."""
    axes, _ = torch.linalg.qr(torch.randn(batch, dim, dim, generator=gen, device=gen.device))
    return axes


def _one_exemplar(z: Tensor, exemplars: int, gen: torch.Generator) -> Tensor:
    """Which of the n inputs is a random exemplar, (B, n); none where there is none."""
    drawn = torch.rand(len(z), z.shape[1], generator=gen, device=gen.device)
    drawn[:, exemplars:] = -1
    place = torch.arange(z.shape[1], device=z.device)
    return (place == drawn.argmax(1, keepdim=True)) & (place < exemplars)


INPUTS: dict[str, Callable[[Tensor, int, float, torch.Generator], Tensor]] = {
    "x-scale": scaled,
    "x-mean": moved,
    "x-skew": skewed,
    "x-subspace": flattened,
    "x-quadrant": in_a_quadrant,
    "x-outlier": with_outlier,
    "q-orthogonal": orthogonal,
    "q-among": among,
}


# --- tasks ------------------------------------------------------------------------
# Each takes w ~ N(0, I) of shape (B, d), the strength, and a generator.


def larger(w: Tensor, strength: float, _: torch.Generator) -> Tensor:
    """So many times as large."""
    return strength * w


def in_a_cap(w: Tensor, angle: float, _: torch.Generator) -> Tensor:
    """Within so many degrees of the first axis, evenly over that cap (Goddard et al. 2025).

    Its length stays, and so does which share of the cap lies nearer to the axis than it.
    """
    if angle >= 180:
        return w
    if w.shape[-1] < 2:
        raise ValueError("A cap needs at least 2 features.")
    length, rest = w.norm(dim=-1), w[:, 1:]
    grid, below = _polar(w.shape[-1], w.device)
    was = torch.atan2(rest.norm(dim=-1), w[:, 0]).double()
    edge = _between(torch.full_like(was, math.radians(angle)), grid, below)
    now = _between(edge * _between(was, grid, below), below, grid).to(w)
    aside = rest / rest.norm(dim=-1, keepdim=True)
    return length[:, None] * torch.cat([now.cos()[:, None], now.sin()[:, None] * aside], dim=-1)


def _polar(dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Angles from an axis, and which share of the sphere lies nearer to it: ∝ ∫ sin^(d − 2)."""
    angles = torch.linspace(0, math.pi, 20_001, dtype=torch.float64, device=device)
    below = torch.cumulative_trapezoid(angles.sin() ** (dim - 2), angles)
    below = torch.cat([torch.zeros_like(below[:1]), below])
    return angles, below / below[-1]


def _between(at: Tensor, grid: Tensor, values: Tensor) -> Tensor:
    """Linear interpolation of the values over a rising grid."""
    right = torch.searchsorted(grid, at.contiguous()).clamp(1, len(grid) - 1)
    low, high = grid[right - 1], grid[right]
    share = (at - low) / (high - low).clamp(min=torch.finfo(torch.float64).tiny)
    return torch.lerp(values[right - 1], values[right], share.clamp(0, 1))


def sparse(w: Tensor, share: float, gen: torch.Generator) -> Tensor:
    """That share of the weights kept, random ones; not rescaled (Garg et al. 2022, A.1)."""
    order = torch.rand(w.shape, generator=gen, device=gen.device).argsort(-1).argsort(-1)
    return w * (order < parts_left(share, w.shape[-1]))


def heavy_tailed(w: Tensor, heaviness: float, gen: torch.Generator) -> Tensor:
    """From a Student t of 1/heaviness degrees of freedom, of variance 1: small or very large."""
    sizes = student_sizes(torch.rand(len(w), generator=gen, device=gen.device), heaviness)
    return w * sizes[:, None]


def student_sizes(ranks: Tensor, heaviness: float) -> Tensor:
    """The standard deviations whose normal mixture is a Student t of variance 1, by their ranks.

    √((ν − 2)/c) with c the χ²-quantile of 1 − rank and ν = 1/heaviness > 2; 1 for heaviness 0.
    """
    if heaviness == 0:
        return torch.ones_like(ranks)
    freedom = 1 / heaviness
    half = torch.tensor(freedom / 2, dtype=torch.float64, device=ranks.device)
    wanted = 1 - ranks.double()
    low, high = torch.full_like(wanted, -60.0), torch.full_like(wanted, 8.0)
    for _ in range(60):  # bisection for the logarithm of c/2
        middle = (low + high) / 2
        under = torch.special.gammainc(half.expand_as(middle), middle.exp()) < wanted
        low, high = torch.where(under, middle, low), torch.where(under, high, middle)
    return ((freedom - 2) / (2 * low.exp())).sqrt().to(ranks)


TASKS: dict[str, Callable[[Tensor, float, torch.Generator], Tensor]] = {
    "w-scale": larger,
    "w-cap": in_a_cap,
    "w-sparse": sparse,
    "w-tails": heavy_tailed,
}


# --- noise ------------------------------------------------------------------------
# Each takes x (B, n, d), the strength, and a generator, and says how many times sigma the
# noise of each answer is, (B, n).


def louder(x: Tensor, strength: float, _: torch.Generator) -> Tensor:
    """The same at every x: a level that may be on no grid of the training."""
    return torch.full(x.shape[:2], float(strength), device=x.device)


def uneven(x: Tensor, strength: float, _: torch.Generator) -> Tensor:
    """So many times as large where the first feature is positive, as much smaller elsewhere."""
    return torch.where(x[..., 0] > 0, strength, 1 / strength)


def bursts(x: Tensor, heaviness: float, gen: torch.Generator) -> Tensor:
    """Of a size of its own at each answer, so that the noise is a Student t of variance sigma²."""
    ranks = torch.rand(x.shape[:2], generator=gen, device=gen.device)
    return student_sizes(ranks, heaviness)


NOISE: dict[str, Callable[[Tensor, float, torch.Generator], Tensor]] = {
    "e-level": louder,
    "e-uneven": uneven,
    "e-tails": bursts,
}
