"""Covariances of functions of one x: what makes a curve likely before a point is seen.

Each is also a finite number of features with independent weights, f(x) = φ(x)·w with
w ~ N(0, I), so that a curve that was drawn once can be asked anywhere. For polynomials
these are the definition; for the others the Fourier series of the covariance, exact to
1e-12 on ±`REACH`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

REACH = 5.0
"""Half-width of the x on which `Kernel.features` are exact: that of the pad."""
NEGLIGIBLE = 1e-15
"""Share of the variance below which a term of a Fourier series is left out."""


class Kernel(Protocol):
    """A covariance of f(x) and f(x′) of functions with mean 0."""

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """k(a, b): (…, n), (…, m) -> (…, n, m), in the precision of ``a``."""

    def features(self, x: Tensor) -> Tensor:
        """φ(x): (…, n) -> (…, n, F) with φ(a)·φ(b) = k(a, b) for a and b within ±`REACH`."""


@dataclass(frozen=True)
class Polynomial:
    """A polynomial of some degree: scale Σ_j w_j P_j(x / width), Legendre's P_j, w ~ N(0, I)."""

    degree: int
    scale: float = 1.0
    width: float = 1.0

    def features(self, x: Tensor) -> Tensor:
        """See `Kernel.features`; P_{j+1} = ((2j + 1) t P_j − j P_{j−1})/(j + 1) (Bonnet)."""
        t = x / self.width
        terms = [torch.ones_like(t), t]
        for j in range(1, self.degree):
            terms.append(((2 * j + 1) * t * terms[-1] - j * terms[-2]) / (j + 1))
        return self.scale * torch.stack(terms[: self.degree + 1], dim=-1)

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """See `Kernel.between`."""
        return self.features(a) @ self.features(b).mT


@dataclass(frozen=True)
class RBF:
    """Smooth curves: variance exp(−(a − b)²/2ℓ²) (Rasmussen and Williams, 2006, eq. 4.9)."""

    length: float
    variance: float = 1.0

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """See `Kernel.between`."""
        apart = (a.unsqueeze(-1) - b.unsqueeze(-2)) / self.length
        return self.variance * torch.exp(-0.5 * apart.square())

    def features(self, x: Tensor) -> Tensor:
        """See `Kernel.features`: repeated with a period so long that no repeat is felt."""
        period = 2 * REACH + 8 * self.length
        n = np.arange(0, 1 + math.ceil(period / self.length * 2))
        spectrum = np.exp(-0.5 * (2 * math.pi * n * self.length / period) ** 2)
        shares = spectrum * self.length * math.sqrt(2 * math.pi) / period
        shares[1:] *= 2
        return _waves(x, period, self.variance * shares)


@dataclass(frozen=True)
class Periodic:
    """Curves that repeat: variance exp(−2 sin²(π(a − b)/p)/ℓ²) (ibid., eq. 4.31; MacKay 1998)."""

    period: float
    variance: float = 1.0
    length: float = 1.0

    def between(self, a: Tensor, b: Tensor) -> Tensor:
        """See `Kernel.between`."""
        turned = torch.sin(math.pi * (a.unsqueeze(-1) - b.unsqueeze(-2)) / self.period)
        return self.variance * torch.exp(-2 * (turned / self.length).square())

    def features(self, x: Tensor) -> Tensor:
        """See `Kernel.features`."""
        return _waves(x, self.period, self.variance * _fourier_of_periodic(self.length))


@lru_cache(maxsize=8)
def _fourier_of_periodic(length: float) -> np.ndarray:
    """Cosine coefficients of exp(−2 sin²(φ/2)/ℓ²), in φ: Bessel functions, by the trapezoid rule.

    For a smooth periodic function that rule is exact to rounding (Trefethen and Weideman, 2014).
    """
    angles = np.linspace(0, 2 * np.pi, 512, endpoint=False)
    shares = np.fft.rfft(np.exp(-2 * (np.sin(angles / 2) / length) ** 2)).real / 512
    shares[1:] *= 2
    return np.clip(shares, 0, None)


def _waves(x: Tensor, period: float, shares: np.ndarray) -> Tensor:
    """Features of a covariance Σ_n shares_n cos(2πn(a − b)/period): (…, n) -> (…, n, F)."""
    kept = [n for n, share in enumerate(shares) if share > NEGLIGIBLE * shares.max()]
    sizes = torch.tensor(np.sqrt(shares[kept]), dtype=x.dtype, device=x.device)
    speeds = torch.tensor(kept, dtype=x.dtype, device=x.device) * (2 * math.pi / period)
    turned = x.unsqueeze(-1) * speeds
    # The first wave is the constant, whose sine is nothing.
    return torch.cat([sizes * torch.cos(turned), (sizes * torch.sin(turned))[..., 1:]], dim=-1)
