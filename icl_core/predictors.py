"""The textbook algorithms, behind one interface.

Every predictor has ``name``, ``predict(x, y, queries)`` and ``predict_next(x, y)``
with the shapes of `Transformer.predict`; the linear ones also have
``weights(x, y)``, one weight vector for every prefix of the prompt.

Ridge, OLS, gradient descent, Newton and exact Bayes differ only in how they
treat the eigenvalues of XᵀX: on a prefix with XᵀX = V diag(λ) Vᵀ and moment
vector b = Xᵀy, each of them is w = V f(λ) Vᵀ b for its own filter f. So one
batched eigendecomposition of all prefixes (`spectrum`) serves them all, and a
thousand steps of gradient descent cost what one does. All of it in float64.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt, like_input

RANK_TOLERANCE = 1e-12
"""Eigenvalues of XᵀX below this share of the largest count as zero (float32 inputs)."""

SIGMA_RESOLUTION = 1e-5
"""Stands for sigma = 0 in a likelihood: just above the rounding of float32 answers."""


class NoisePrior(Protocol):
    """What exact Bayes needs of a prior: w ~ N(0, tau² I), sigma uniform on a grid."""

    @property
    def sigmas(self) -> tuple[float, ...]:
        """Noise standard deviations, all equally likely."""

    @property
    def tau(self) -> float:
        """Standard deviation of each weight."""


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
    prompt = as_prompt(x, y, dtype=torch.float64, device=_device_of(x))
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


def _device_of(x: object) -> torch.device | str:
    return x.device if isinstance(x, Tensor) else "cpu"


def _cast(result: Tensor, given: ArrayLike) -> ArrayLike:
    """The result in the kind and floating dtype of what was given."""
    dtype = torch.as_tensor(given).dtype
    return like_input(result.to(dtype) if dtype.is_floating_point else result, given)


class Predictor(ABC):
    """A learning rule: prompt and queries in, predictions out."""

    name: str

    @abstractmethod
    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k), queries: (B, q, d) -> (B, q). ValueError if they do not fit."""

    @abstractmethod
    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k) -> (B, k); entry j has seen the first j pairs."""


class LinearPredictor(Predictor):
    """A rule whose prediction is w·x, with w learned from the prompt."""

    @abstractmethod
    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """w after each prefix: x: (B, k, d), y: (B, k) -> (B, k+1, d)."""

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=_device_of(x))
        w = self.weights(prompt.x, prompt.y)[:, -1]
        return _cast(torch.einsum("bqd,bd->bq", prompt.queries, w), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=_device_of(x))
        w = self.weights(prompt.x, prompt.y)[:, :-1]
        return _cast(torch.einsum("bkd,bkd->bk", prompt.x, w), x)


class SpectralPredictor(LinearPredictor):
    """A linear rule that is a filter on the eigenvalues of XᵀX."""

    @abstractmethod
    def filter(self, spec: Spectrum) -> Tensor:
        """f(λ) for every prefix: (B, k+1, d)."""

    def weights_from(self, spec: Spectrum) -> Tensor:
        """w after each prefix from a spectrum that is already there: (B, k+1, d), float64."""
        return spec.weights(self.filter(spec))

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `LinearPredictor.weights`."""
        return _cast(self.weights_from(spectrum(x, y)), x)


def _whole_at_least(name: str, value: object, low: int) -> None:
    if not isinstance(value, int) or value < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, not {value!r}.")


def _at_least(name: str, value: object, low: float) -> None:
    if not isinstance(value, int | float) or not low <= value < math.inf:
        raise ValueError(f"{name} must be a finite number of at least {low:g}, not {value!r}.")


@dataclass(frozen=True)
class OLS(SpectralPredictor):
    """Ordinary least squares; the minimum-norm solution below full rank."""

    name: str = "OLS"

    def filter(self, spec: Spectrum) -> Tensor:
        """1/λ on the row space, 0 off it."""
        positive = spec.values > 0
        return torch.where(positive, 1 / spec.values.where(positive, 1.0), 0.0)


@dataclass(frozen=True)
class Ridge(SpectralPredictor):
    """argmin ‖y − Xw‖² + lam ‖w‖²; lam = sigma²/tau² is exact Bayes for known noise."""

    lam: float
    name: str = "ridge"

    def __post_init__(self) -> None:
        _at_least("lam", self.lam, 0.0)

    def filter(self, spec: Spectrum) -> Tensor:
        """1/(λ + lam); the minimum-norm limit at lam = 0."""
        return 1 / (spec.values + self.lam) if self.lam > 0 else OLS().filter(spec)


@dataclass(frozen=True)
class GD(SpectralPredictor):
    """Batch gradient descent on ‖y − Xw‖² from w = 0: w ← w − 2 lr Xᵀ(Xw − y).

    The gradient is that of the summed squared error, as in Akyürek et al.
    (2023, §3). Without ``lr`` the rate is 1/(2 λ_max) of the pairs seen, the
    largest for which no direction overshoots; above 1/λ_max the run diverges.
    """

    steps: int
    lr: float | None = None
    name: str = "GD"

    def __post_init__(self) -> None:
        _whole_at_least("steps", self.steps, 0)
        if self.lr is not None:
            _at_least("lr", self.lr, 0.0)

    def after(self, steps: Tensor, spec: Spectrum) -> Tensor:
        """(1 − (1 − 2 lr λ)^steps)/λ, the geometric sum of the steps taken.

        steps: float64, of a shape that broadcasts with ``spec.values``.
        """
        top = spec.values.amax(-1, keepdim=True)
        rate = 0.5 / top.where(top > 0, torch.ones_like(top)) if self.lr is None else self.lr
        shrink = 2 * rate * spec.values
        small = shrink < 0.5
        accurate = -torch.expm1(steps * torch.log1p(-shrink.clamp(max=0.5)))
        total = torch.where(small, accurate, 1 - (1 - shrink) ** steps)
        positive = spec.values > 0
        safe = spec.values.where(positive, torch.ones_like(spec.values))
        return torch.where(positive, total / safe, 2 * rate * steps * torch.ones_like(safe))

    def filter(self, spec: Spectrum) -> Tensor:
        """See `after`, at the last step."""
        return self.after(torch.as_tensor(float(self.steps), device=spec.values.device), spec)

    def path(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """w after 0, 1, …, steps steps on the whole prompt: (B, steps+1, d)."""
        spec = spectrum(x, y)
        last = spec.last()
        steps = torch.arange(self.steps + 1, dtype=torch.float64, device=spec.values.device)
        filtered = self.after(steps[:, None], last)
        return _cast(last.weights(filtered), x)


@dataclass(frozen=True)
class Newton(SpectralPredictor):
    """Iterative Newton inverse of S = XᵀX: M ← 2M − MSM, w = M Xᵀy (Fu et al., 2024).

    M₀ = S/‖SSᵀ‖_F. On an eigenvalue, 1 − λm squares at every step.
    """

    steps: int
    name: str = "Newton"

    def __post_init__(self) -> None:
        _whole_at_least("steps", self.steps, 0)

    def filter(self, spec: Spectrum) -> Tensor:
        """See `after`, at the last step."""
        return self.after(torch.as_tensor(float(self.steps), device=spec.values.device), spec)

    @staticmethod
    def after(steps: Tensor, spec: Spectrum) -> Tensor:
        """(1 − (1 − αλ²)^(2^steps))/λ with α = 1/‖SSᵀ‖_F; steps as for `GD.after`."""
        norm = spec.values.square().square().sum(-1, keepdim=True).sqrt()
        alpha = torch.where(norm > 0, 1 / norm.where(norm > 0, torch.ones_like(norm)), 0.0)
        left = torch.log1p(-(alpha * spec.values.square()).clamp(max=1.0))
        # More squarings than a float's exponent holds change nothing.
        total = -torch.expm1(2.0 ** steps.clamp(max=1023).double() * left)
        positive = spec.values > 0
        safe = spec.values.where(positive, torch.ones_like(spec.values))
        return torch.where(positive, total / safe, 0.0)


@dataclass(frozen=True)
class Bayes(SpectralPredictor):
    """The posterior mean of w·x when sigma is not told: a mixture of ridges.

    With w ~ N(0, tau² I) and sigma uniform on ``prior.sigmas``, each sigma gives
    the ridge with lam = sigma²/tau², weighted by its marginal likelihood
    N(y; 0, tau² XXᵀ + sigma² I) (Bishop, 2006, §3.5.1). No predictor has a
    smaller mean squared error under the prior.
    """

    prior: NoisePrior
    name: str = "exact Bayes"

    def _grid(self, spec: Spectrum) -> Tensor:
        """Noise variances in units of tau², (n_sigma, 1, 1, 1)."""
        sigmas = torch.tensor(self.prior.sigmas, dtype=torch.float64, device=spec.values.device)
        return (sigmas.clamp(min=SIGMA_RESOLUTION) / self.prior.tau).square()[:, None, None, None]

    def sigma_posterior(self, spec: Spectrum) -> Tensor:
        """p(sigma | prefix): (n_sigma, B, k+1), in the order of ``prior.sigmas``."""
        noise = self._grid(spec)
        log_det = torch.log1p(spec.values / noise).sum(-1) + spec.pairs * noise[..., 0].log()
        fitted = (spec.moment.square() / (spec.values + noise)).sum(-1)
        misfit = (spec.energy - fitted).clamp(min=0) / noise[..., 0] / self.prior.tau**2
        return torch.softmax(-0.5 * (log_det + misfit), dim=0)

    def filter(self, spec: Spectrum) -> Tensor:
        """Σ_sigma p(sigma | prefix) / (λ + sigma²/tau²)."""
        posterior = self.sigma_posterior(spec).unsqueeze(-1)
        return (posterior / (spec.values + self._grid(spec))).sum(0)


@dataclass(frozen=True)
class SGD(LinearPredictor):
    """One pass of w ← w − 2 lr (x(xᵀw − y) + decay·w) over the pairs in order.

    Akyürek et al. (2023, §3). Written as a recurrence it is a loop over pairs;
    the residuals r_j = y_j − x_jᵀ w_j obey one unit lower-triangular system, so
    one batched solve gives them all.
    """

    lr: float
    decay: float = 0.0
    name: str = "SGD"

    def __post_init__(self) -> None:
        _at_least("lr", self.lr, 0.0)
        _at_least("decay", self.decay, 0.0)

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `LinearPredictor.weights`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=_device_of(x))
        xs, ys = prompt.x, prompt.y
        index = torch.arange(xs.shape[1] + 1, device=xs.device)
        age = index[:, None] - 1 - index[None, :-1]
        keep = 1 - 2 * self.lr * self.decay
        memory = torch.where(age >= 0, 2 * self.lr * keep ** age.clamp(min=0).double(), 0.0)
        system = memory[:-1] * (xs @ xs.transpose(1, 2)) + torch.eye(xs.shape[1]).to(xs)
        residuals = torch.linalg.solve_triangular(
            system, ys.unsqueeze(-1), upper=False, unitriangular=True
        )
        return _cast(memory @ (residuals * xs), x)


@dataclass(frozen=True)
class KNN(Predictor):
    """Mean answer of the k nearest exemplars, uniform or weighted by 1/distance².

    With fewer than k exemplars all of them count; with none the answer is 0. A
    query within 1e-6 of exemplars gets, when weighted, their mean answer.
    """

    k: int = 3
    weighted: bool = False
    name: str = "k-NN"

    def __post_init__(self) -> None:
        _whole_at_least("k", self.k, 1)

    def _vote(self, near: Tensor, y: Tensor) -> Tensor:
        """near: (B, q, k) squared distances, infinite where unseen; y: (B, k) -> (B, q)."""
        if not y.shape[1]:
            return near.new_zeros(near.shape[:2])
        distance, index = near.topk(min(self.k, y.shape[1]), largest=False)
        seen = distance.isfinite()
        share = 1 / distance.clamp(min=1e-12) if self.weighted else torch.ones_like(distance)
        share = share.where(seen, 0.0)
        votes = y[:, None].expand(-1, near.shape[1], -1).gather(2, index)
        return (share * votes).sum(-1) / share.sum(-1).clamp(min=1e-300)

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=_device_of(x))
        return _cast(self._vote(_squared_distances(prompt.queries, prompt.x), prompt.y), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=_device_of(x))
        near = _squared_distances(prompt.x, prompt.x)
        pairs = prompt.x.shape[1]
        unseen = torch.ones(pairs, pairs, dtype=torch.bool, device=near.device).triu()
        return _cast(self._vote(near.masked_fill(unseen, math.inf), prompt.y), x)


def _squared_distances(a: Tensor, b: Tensor) -> Tensor:
    return (a.unsqueeze(2) - b.unsqueeze(1)).square().sum(-1)


def ols() -> OLS:
    """Ordinary least squares, minimum norm below full rank."""
    return OLS()


def ridge(lam: float) -> Ridge:
    """Ridge regression with penalty ``lam`` >= 0 on ‖w‖²."""
    return Ridge(lam)


def gd(steps: int, lr: float | None = None) -> GD:
    """Batch gradient descent from zero; see `GD` for the rate's meaning and default."""
    return GD(steps, lr)


def sgd(lr: float, decay: float = 0.0) -> SGD:
    """One-pass stochastic gradient descent; see `SGD`."""
    return SGD(lr, decay)


def newton(steps: int) -> Newton:
    """Iterative Newton inversion; see `Newton`."""
    return Newton(steps)


def knn(k: int = 3, weighted: bool = False) -> KNN:
    """k nearest neighbours; see `KNN`."""
    return KNN(k, weighted)


def bayes(prior: NoisePrior) -> Bayes:
    """The Bayes-optimal predictor for a prior over tasks; see `Bayes`."""
    return Bayes(prior)
