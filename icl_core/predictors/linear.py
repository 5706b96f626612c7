"""OLS, ridge, gradient descent, Newton and SGD."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, as_prompt
from icl_core.predictors.base import LinearPredictor, SpectralPredictor, check_at_least, check_whole
from icl_core.predictors.spectrum import Spectrum, cast_like, device_of, spectrum


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
        check_at_least("lam", self.lam, 0.0)

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
        check_whole("steps", self.steps, 0)
        if self.lr is not None:
            check_at_least("lr", self.lr, 0.0)

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
        return cast_like(last.weights(filtered), x)


@dataclass(frozen=True)
class LineSearchStep(SpectralPredictor):
    """One step of gradient descent from w = 0 with exact line search (Cauchy, 1847).

    Of all rates it takes the one whose step leaves the smallest ‖y − Xw‖²: along
    b = Xᵀy that is w = b (bᵀb)/(bᵀXᵀXb).
    """

    name: str = "GD line search"

    def filter(self, spec: Spectrum) -> Tensor:
        """The same for every λ: Σ b²/Σ λb², 0 where b is."""
        square = spec.moment.square()
        steepness = (spec.values * square).sum(-1, keepdim=True)
        rate = square.sum(-1, keepdim=True) / steepness.where(steepness > 0, 1.0)
        return torch.where(steepness > 0, rate, 0.0).expand_as(spec.values)


@dataclass(frozen=True)
class Newton(SpectralPredictor):
    """Iterative Newton inverse of S = XᵀX: M ← 2M − MSM, w = M Xᵀy (Fu et al., 2024).

    M₀ = S/‖SSᵀ‖_F. On an eigenvalue, 1 − λm squares at every step.
    """

    steps: int
    name: str = "Newton"

    def __post_init__(self) -> None:
        check_whole("steps", self.steps, 0)

    def filter(self, spec: Spectrum) -> Tensor:
        """See `after`, at the last step."""
        return self.after(torch.as_tensor(float(self.steps), device=spec.values.device), spec)

    @staticmethod
    def after(steps: Tensor, spec: Spectrum) -> Tensor:
        """(1 − (1 − αλ²)^(2^steps))/λ with α = 1/‖SSᵀ‖_F; steps as for `GD.after`."""
        top = spec.values.amax(-1, keepdim=True)
        # αλ² in units of the largest λ, whose fourth power may leave float64.
        square = (spec.values / top.where(top > 0, 1.0)).square()
        norm = torch.linalg.vector_norm(square, dim=-1, keepdim=True)
        left = torch.log1p(-(square / norm.where(norm > 0, 1.0)).clamp(max=1.0))
        # More squarings than a float's exponent holds change nothing.
        total = -torch.expm1(2.0 ** steps.clamp(max=1023).double() * left)
        positive = spec.values > 0
        safe = spec.values.where(positive, torch.ones_like(spec.values))
        return torch.where(positive, total / safe, 0.0)


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
        check_at_least("lr", self.lr, 0.0)
        check_at_least("decay", self.decay, 0.0)

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `LinearPredictor.weights`."""
        prompt = as_prompt(x, y, dtype=torch.float64, device=device_of(x))
        xs, ys = prompt.x, prompt.y
        index = torch.arange(xs.shape[1] + 1, device=xs.device)
        age = index[:, None] - 1 - index[None, :-1]
        keep = 1 - 2 * self.lr * self.decay
        memory = torch.where(age >= 0, 2 * self.lr * keep ** age.clamp(min=0).double(), 0.0)
        system = memory[:-1] * (xs @ xs.transpose(1, 2)) + torch.eye(xs.shape[1]).to(xs)
        residuals = torch.linalg.solve_triangular(
            system, ys.unsqueeze(-1), upper=False, unitriangular=True
        )
        return cast_like(memory @ (residuals * xs), x)
