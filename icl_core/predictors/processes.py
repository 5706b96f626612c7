"""Gaussian processes of one x, and mixtures of them: exact Bayes for curves.

With z = L⁻¹y, L the Cholesky factor of a process's covariance of the answers, z_j is by how
many standard deviations L_jj the answer y_j differs from what the answers before it let
expect. So one factor of the whole prompt tells the predictions after every prefix,
y_j − L_jj z_j, and the evidence of every prefix (Rasmussen and Williams, 2006, eq. 2.30).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.arrays import ArrayLike, CheckedPrompt, as_prompt
from icl_core.predictors.base import Predictor
from icl_core.predictors.bayes import NAME, SIGMA_RESOLUTION
from icl_core.predictors.kernels import Kernel
from icl_core.predictors.spectrum import cast_like, device_of

AT_ONCE = 2**22
"""Numbers in the covariances that are factorised at once: 32 MB."""
BISECTIONS = 24
NEGLIGIBLE = 1e-12
"""Share below which a process moves no quantile."""


class Posterior(NamedTuple):
    """What a mixture of processes believes of f at some queries, float64.

    after: (B, k + 1, kernels, levels), how likely each process is after each prefix;
    following: (B, k), each exemplar predicted from those before it; means, deviations:
    (B, kernels, levels, q), of f under each process in the end, without the noise of an
    answer.
    """

    after: Tensor
    following: Tensor
    means: Tensor
    deviations: Tensor

    @property
    def shares(self) -> Tensor:
        """(B, kernels, levels): how likely each process is in the end."""
        return self.after[:, -1]

    @property
    def mean(self) -> Tensor:
        """(B, q): the posterior mean."""
        return (self.shares.unsqueeze(-1) * self.means).sum((1, 2))

    def at(self, queries: slice) -> Posterior:
        """The same at some of the queries."""
        return self._replace(
            means=self.means[..., queries], deviations=self.deviations[..., queries]
        )

    def quantiles(self, *levels: float) -> Tensor:
        """Where f lies below with each of these chances: (len(levels), B, q), by bisection."""
        shares = self.shares.flatten(1)
        likely = (shares > NEGLIGIBLE).any(0)
        shares = shares[:, likely].unsqueeze(-1)
        means, deviations = (
            part.flatten(1, 2)[:, likely] for part in (self.means, self.deviations)
        )
        wanted = means.new_tensor(levels)[:, None, None]
        low = (means - 9 * deviations).amin(1).expand(len(levels), -1, -1)
        high = (means + 9 * deviations).amax(1).expand(len(levels), -1, -1)
        narrow = deviations.clamp(min=torch.finfo(torch.float64).tiny)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            reached = (middle.unsqueeze(2) - means) / narrow
            below = (shares * torch.special.ndtr(reached)).sum(2) < wanted
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2


class _Factored(NamedTuple):
    """Processes conditioned on prompts: factor (B, C, k, k), and z = L⁻¹y (B, C, k)."""

    factor: Tensor
    z: Tensor

    @property
    def evidence(self) -> Tensor:
        """log p(y_1 … y_j) after each prefix, but for a constant: (B, C, k + 1)."""
        each = -0.5 * self.z.square() - self.factor.diagonal(dim1=-2, dim2=-1).log()
        return torch.nn.functional.pad(each.cumsum(-1), (1, 0))


@dataclass(frozen=True)
class ProcessMixture(Predictor):
    """The posterior mean of f where it comes from one of some Gaussian processes.

    Every pair of a kernel and a noise level sigma is as likely as every other before an
    answer is seen, and then weighed by its marginal likelihood (Rasmussen and Williams,
    2006, §5.4.1): no predictor has a smaller mean squared error under that law. One kernel
    with one level is Gaussian process regression (ibid., eq. 2.25). sigma = 0 stands for
    `SIGMA_RESOLUTION`. x must have one feature; ValueError otherwise.
    """

    kernels: tuple[Kernel, ...]
    sigmas: tuple[float, ...]
    name: str = NAME

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        return cast_like(self.posterior(x, y, queries).mean, x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        prompt = self._checked(x, y)
        parts = [self._mixed(self._factored(xs, ys), ys) for xs, ys in self._in_parts(prompt)]
        return cast_like(torch.cat(parts) if parts else prompt.y, x)

    def posterior(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> Posterior:
        """What is believed of f at the queries, shapes as in `predict`, after the whole prompt."""
        prompt = self._checked(x, y, queries)
        xs, asked = prompt.x[..., 0], prompt.queries[..., 0]
        both = self._between(xs, torch.cat([xs, asked], dim=-1))
        found = self._factored_of(both[..., : xs.shape[1]], prompt.y)
        own = torch.stack([_variances(kernel, asked) for kernel in self.kernels], dim=1)
        across = both[..., xs.shape[1] :].repeat_interleave(len(self.sigmas), 1)
        solved = torch.linalg.solve_triangular(found.factor, across, upper=False)
        means = (found.z.unsqueeze(-2) @ solved).squeeze(-2)
        explained = self._apart(solved.square().sum(-2))
        return Posterior(
            self._believed(found.evidence),
            self._mixed(found, prompt.y),
            self._apart(means),
            (own.unsqueeze(2) - explained).clamp(min=0).sqrt(),
        )

    def belief(self, x: ArrayLike, y: ArrayLike) -> Tensor:
        """p(kernel, sigma | prefix): (B, k + 1, kernels, levels), float64."""
        prompt = self._checked(x, y)
        parts = [self._factored(xs, ys).evidence for xs, ys in self._in_parts(prompt)]
        return self._believed(torch.cat(parts))

    # --- its parts ----------------------------------------------------------------------

    def _checked(
        self, x: ArrayLike, y: ArrayLike, queries: ArrayLike | None = None
    ) -> CheckedPrompt:
        prompt = as_prompt(x, y, queries, dtype=torch.float64, device=device_of(x))
        if prompt.x.shape[2] != 1:
            raise ValueError(f"x has {prompt.x.shape[2]} features; a curve has one.")
        return prompt

    def _in_parts(self, prompt: CheckedPrompt) -> list[tuple[Tensor, Tensor]]:
        """The prompts, x (b, k) and y (b, k), so few at once that their factors fit."""
        size = len(self.kernels) * len(self.sigmas) * max(1, prompt.x.shape[1]) ** 2
        rows = max(1, AT_ONCE // size)
        return list(zip(prompt.x[..., 0].split(rows), prompt.y.split(rows), strict=True))

    def _between(self, a: Tensor, b: Tensor) -> Tensor:
        """(B, n), (B, m) -> (B, kernels, n, m)."""
        return torch.stack([kernel.between(a, b) for kernel in self.kernels], dim=1)

    def _factored(self, x: Tensor, y: Tensor) -> _Factored:
        return self._factored_of(self._between(x, x), y)

    def _factored_of(self, clean: Tensor, y: Tensor) -> _Factored:
        levels = clean.new_tensor(self.sigmas).clamp(min=SIGMA_RESOLUTION).square()
        noise = levels[:, None, None] * torch.eye(y.shape[1]).to(clean)
        covariance = (clean.unsqueeze(2) + noise).flatten(1, 2)
        factor = torch.linalg.cholesky(covariance)
        answers = y[:, None, :, None].expand(-1, factor.shape[1], -1, -1)
        z = torch.linalg.solve_triangular(factor, answers, upper=False).squeeze(-1)
        return _Factored(factor, z)

    def _mixed(self, found: _Factored, y: Tensor) -> Tensor:
        """Each answer predicted from those before it: (B, k)."""
        expected = y.unsqueeze(1) - found.factor.diagonal(dim1=-2, dim2=-1) * found.z
        return (torch.softmax(found.evidence[..., :-1], dim=1) * expected).sum(1)

    def _believed(self, evidence: Tensor) -> Tensor:
        """(B, C, k + 1) as what `belief` gives."""
        return self._apart(torch.softmax(evidence, dim=1)).movedim(-1, 1)

    def _apart(self, values: Tensor) -> Tensor:
        """(B, C, …) as (B, kernels, levels, …)."""
        return values.unflatten(1, (len(self.kernels), len(self.sigmas)))


def _variances(kernel: Kernel, x: Tensor) -> Tensor:
    """k(x, x) at each x: (…, n) -> (…, n)."""
    return kernel.between(x.unsqueeze(-1), x.unsqueeze(-1))[..., 0, 0]


def kernel_ridge(kernel: Kernel, lam: float) -> ProcessMixture:
    """argmin Σ (y − f)² + lam ‖f‖² over the functions of a kernel (Saunders et al. 1998).

    It is the posterior mean of a Gaussian process with sigma² = lam; lam > 0.
    """
    if not 0 < lam < math.inf:
        raise ValueError(f"lam must be a finite number above 0, not {lam!r}.")
    return ProcessMixture((kernel,), (math.sqrt(lam),), "kernel ridge")
