"""XᵀX of every prefix, diagonalised once for all rules that filter its eigenvalues."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt, like_input

CLEAR = 1e-5
"""Share of the largest eigenvalue above which rounding XᵀX costs no digit that matters."""
CHUNK = 2**20
"""Numbers in the prefixes that are factorised at once: 8 MB."""


class Spectrum(NamedTuple):
    """XᵀX and Xᵀy of every prefix (0…k pairs), diagonalised, in float64.

    values: (B, k+1, d) eigenvalues λ, 0 for a direction in which X is zero but for
    rounding; vectors: (B, k+1, d, d) columns V; moment: (B, k+1, d) Vᵀ Xᵀy, 0 where λ
    is; residual: (B, k+1) ‖y − Xw‖² of least squares; pairs: (k+1,) how many were seen.
    """

    values: Tensor
    vectors: Tensor
    moment: Tensor
    residual: Tensor
    pairs: Tensor

    def last(self) -> Spectrum:
        """The whole prompt's, as if it were the only prefix."""
        values, vectors, moment, residual = (part[:, -1:] for part in self[:4])
        return Spectrum(values, vectors, moment, residual, self.pairs[-1:])

    def weights(self, filtered: Tensor) -> Tensor:
        """w = V (f(λ) ⊙ Vᵀ b) for filter values (B, k+1, d) -> (B, k+1, d)."""
        return (self.vectors @ (filtered * self.moment).unsqueeze(-1)).squeeze(-1)


def spectrum(x: ArrayLike, y: ArrayLike) -> Spectrum:
    """Diagonalise XᵀX of every prefix of the prompts x: (B, k, d), y: (B, k) at once.

    The condition number of XᵀX is the square of X's, so forming it loses twice the
    digits. Where that matters the prefix is factorised itself (`_singular`): its
    singular values are the roots of λ and its right singular vectors are V.
    ValueError as for `as_prompt`, and for numbers whose squares leave float64.
    """
    rounding = rounding_of(x)
    prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
    xs, ys = prompt.x, prompt.y
    gram = prefix_sums(xs.unsqueeze(-1) * xs.unsqueeze(-2))
    moment = prefix_sums(xs * ys.unsqueeze(-1))
    if not all(bool(part.isfinite().all()) for part in (gram, moment, ys.square().sum(1))):
        raise ValueError("x and y are too large: their squares leave the range of float64.")
    values, vectors = torch.linalg.eigh(gram)
    rotated = (vectors.mT @ moment.unsqueeze(-1)).squeeze(-1)
    pairs = torch.arange(xs.shape[1] + 1, device=xs.device)
    real, clear = _read(gram, values, pairs)
    # Off the row space both are zero but for rounding, which a filter may blow up.
    values, rotated = values.where(real, 0.0), rotated.where(real, 0.0)
    if not bool(clear.all()):
        prompts, ends = (~clear).nonzero(as_tuple=True)
        found = _singular(xs, ys, prompts, ends, rounding)
        values[prompts, ends], vectors[prompts, ends], rotated[prompts, ends] = found
    spec = Spectrum(values, vectors, rotated, rotated[..., 0], pairs.double())
    safe = values.where(values > 0, 1.0)
    left = ys.unsqueeze(1) - spec.weights(1 / safe) @ xs.mT
    return spec._replace(residual=left.square().tril(-1).sum(-1))


def _read(gram: Tensor, values: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """Which eigenvalues of each prefix are real (B, k+1, d), and whether that is clear (B, k+1).

    No more are real than there are pairs, or features that are not zero; where as many
    stand out from rounding, the others are zero.
    """
    dim = values.shape[-1]
    features = (gram.diagonal(dim1=-2, dim2=-1) > 0).sum(-1)
    most = features.minimum(pairs)
    real = torch.arange(dim, device=values.device) >= (dim - most).unsqueeze(-1)
    top = values[..., -1:]
    return real, (values > CLEAR * top).where(real, torch.ones_like(real)).all(-1)


def _singular(
    x: Tensor, y: Tensor, prompts: Tensor, ends: Tensor, rounding: float
) -> tuple[Tensor, Tensor, Tensor]:
    """λ (n, d), V (n, d, d) and Vᵀ Xᵀy (n, d) of n prefixes, from X itself.

    prompts, ends: (n,) say which: the pairs of a prompt before an end.
    """
    count, dim = x.shape[1:]
    at_once = max(1, CHUNK // (max(count, dim) * dim))
    parts = []
    for which, end in zip(prompts.split(at_once), ends.split(at_once), strict=True):
        mask = torch.arange(count, device=x.device) < end.unsqueeze(-1)
        rows = (x[which] * mask.unsqueeze(-1), (y[which] * mask).unsqueeze(-1))
        parts.append(_factorised(*rows, rounding))
    values, vectors, moment = (torch.cat(part) for part in zip(*parts, strict=True))
    return values, vectors, moment


def _factorised(x: Tensor, y: Tensor, rounding: float) -> tuple[Tensor, Tensor, Tensor]:
    """`_singular` of n data sets x: (n, k, d), y: (n, k, 1).

    The columns go in from the longest to the shortest, then QR, then the SVD of Rᵀ, as
    in Drmač and Veselić (2008, SIAM J. Matrix Anal. Appl. 29, §2): so features of very
    different size cost no digits.
    """
    more = (0, 0, 0, max(0, x.shape[2] - x.shape[1]))
    x, y = torch.nn.functional.pad(x, more), torch.nn.functional.pad(y, more)
    lengths, order = torch.linalg.vector_norm(x, dim=-2).sort(dim=-1, descending=True)
    basis, triangle = torch.linalg.qr(x.gather(-1, order.unsqueeze(-2).expand_as(x)))
    turned, sizes, left = torch.linalg.svd(triangle.mT)
    along = (left @ (basis.mT @ y)).squeeze(-1)
    # ‖Xv‖ counts where it exceeds what rounding the numbers of X can have made of it.
    exact = torch.finfo(torch.float64)
    unsure = rounding / 2 + max(x.shape[1:]) * exact.eps
    doubt = unsure * (lengths.unsqueeze(-1) * turned.abs()).sum(-2)
    real = (sizes > doubt) & (sizes.square() >= exact.tiny)
    vectors = torch.empty_like(turned).scatter(-2, order.unsqueeze(-1).expand_as(turned), turned)
    return sizes.square().where(real, 0.0), vectors, (sizes * along).where(real, 0.0)


def prefix_sums(terms: Tensor) -> Tensor:
    """Sums over the first 0, 1, …, k entries of axis 1."""
    nothing = terms.new_zeros(terms.shape[0], 1, *terms.shape[2:])
    return torch.cat([nothing, terms], dim=1).cumsum(1)


def rounding_of(x: object) -> float:
    """The relative spacing of the numbers given: 0 where they are float64 or whole numbers."""
    dtype = torch.as_tensor(x).dtype
    if not dtype.is_floating_point or dtype == torch.float64:
        return 0.0
    return torch.finfo(dtype).eps


def device_of(x: object) -> torch.device | str:
    """Where a tensor lives; the CPU for anything else."""
    return x.device if isinstance(x, Tensor) else "cpu"


def cast_like(result: Tensor, given: ArrayLike) -> ArrayLike:
    """The result in the kind and floating dtype of what was given."""
    dtype = torch.as_tensor(given).dtype
    return like_input(result.to(dtype) if dtype.is_floating_point else result, given)
