"""XᵀX of every prefix, diagonalised once for all rules that filter its eigenvalues."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt, like_input

RANK_TOLERANCE = 1e-12
"""Eigenvalues of XᵀX below this share of the largest count as zero (float32 inputs)."""


class Spectrum(NamedTuple):
    """XᵀX and Xᵀy of every prefix (0…k pairs), diagonalised, in float64.

    values: (B, k+1, d) eigenvalues λ; vectors: (B, k+1, d, d) columns V;
    moment: (B, k+1, d) Vᵀ Xᵀy; energy: (B, k+1) yᵀy; pairs: (k+1,) how many were seen.
    """

    values: Tensor
    vectors: Tensor
    moment: Tensor
    energy: Tensor
    pairs: Tensor

    def last(self) -> Spectrum:
        """The whole prompt's, as if it were the only prefix."""
        values, vectors, moment, energy = (part[:, -1:] for part in self[:4])
        return Spectrum(values, vectors, moment, energy, self.pairs[-1:])

    def weights(self, filtered: Tensor) -> Tensor:
        """w = V (f(λ) ⊙ Vᵀ b) for filter values (B, k+1, d) -> (B, k+1, d)."""
        return (self.vectors @ (filtered * self.moment).unsqueeze(-1)).squeeze(-1)


def spectrum(x: ArrayLike, y: ArrayLike) -> Spectrum:
    """Diagonalise every prefix of the prompts x: (B, k, d), y: (B, k) at once."""
    prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
    xs, ys = prompt.x, prompt.y
    gram = _prefix_sums(xs.unsqueeze(-1) * xs.unsqueeze(-2))
    moment = _prefix_sums(xs * ys.unsqueeze(-1))
    energy = _prefix_sums(ys.square())
    if not all(bool(part.isfinite().all()) for part in (gram, moment, energy)):
        raise ValueError("x and y are too large: their squares leave the range of float64.")
    values, vectors = torch.linalg.eigh(gram)
    rotated = (vectors.transpose(-1, -2) @ moment.unsqueeze(-1)).squeeze(-1)
    # Off the row space both are zero but for rounding, which a filter may blow up.
    real = values > RANK_TOLERANCE * values.amax(-1, keepdim=True)
    values, rotated = values.where(real, 0.0), rotated.where(real, 0.0)
    pairs = torch.arange(xs.shape[1] + 1, dtype=torch.float64, device=xs.device)
    return Spectrum(values, vectors, rotated, energy, pairs)


def _prefix_sums(terms: Tensor) -> Tensor:
    """Sums over the first 0, 1, …, k entries of axis 1."""
    nothing = terms.new_zeros(terms.shape[0], 1, *terms.shape[2:])
    return torch.cat([nothing, terms], dim=1).cumsum(1)


def device_of(x: object) -> torch.device | str:
    """Where a tensor lives; the CPU for anything else."""
    return x.device if isinstance(x, Tensor) else "cpu"


def cast_like(result: Tensor, given: ArrayLike) -> ArrayLike:
    """The result in the kind and floating dtype of what was given."""
    dtype = torch.as_tensor(given).dtype
    return like_input(result.to(dtype) if dtype.is_floating_point else result, given)
