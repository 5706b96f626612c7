"""Gradient descent as linear self-attention: the exact weights.

von Oswald et al. (2023, Proposition 1) put a pair into one token e_j = (x_j, y_j)
and the query into (x_q, −w₀ᵀx_q). A layer of attention without softmax,

    e_i ← e_i + P Σ_j (W_V e_j)(W_K e_j)ᵀ(W_Q e_i),   j over the pairs, not the query,

with W_K = W_Q = diag(I, 0), W_V = [[0, 0], [w₀ᵀ, −1]] and P = (η/n) diag(0, 1)
changes every y_i by −Δwᵀx_i, where Δw is one step of gradient descent from w₀ on
½ mean (wᵀx − y)². Subtracting from the answers is the same as moving the weights,
so K layers with the same weights make K steps, and the query's last entry ends
as −w_Kᵀx_q. Scores are plain products: no softmax, no 1/√d.

GD++ (von Oswald et al., 2023) also moves the inputs, x_i ← (I − γXᵀX)x_i with
XᵀX = Σ_j x_j x_jᵀ, which evens out the curvature that the next layer meets.

How fast one can go with one layer is known in closed form: `best_rate` (any
law with independent centred coordinates) and `ahn_preconditioner` (Gaussian
inputs of any covariance).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core.arrays import ArrayLike, CheckedPrompt, PromptLimits, as_prompt, like_input


class LayerWeights(NamedTuple):
    """The four matrices of a linear attention layer, each (d + 1, d + 1), float64."""

    w_q: Tensor
    w_k: Tensor
    w_v: Tensor
    p: Tensor


def attend(weights: LayerWeights, tokens: Tensor, pairs: Tensor) -> Tensor:
    """What ``tokens`` become by reading ``pairs``: (B, t, d+1), (B, n, d+1) -> (B, t, d+1)."""
    scores = (tokens @ weights.w_q.mT) @ (pairs @ weights.w_k.mT).mT
    return tokens + scores @ (pairs @ weights.w_v.mT) @ weights.p.mT


def answer(
    layers: Sequence[LayerWeights], w0: Tensor, x: Tensor, y: Tensor, queries: Tensor
) -> Tensor:
    """The layers' predictions: x (B, n, d), y (B, n), queries (B, q, d), w0 (d,) -> (B, q)."""
    pairs = torch.cat([x, y.unsqueeze(-1)], dim=-1)
    asked = torch.cat([queries, -(queries @ w0).unsqueeze(-1)], dim=-1)
    for weights in layers:
        pairs, asked = attend(weights, pairs, pairs), attend(weights, asked, pairs)
    return -asked[..., -1]


class LinearAttention(nn.Module):
    """One head of attention without softmax, added to its input."""

    def __init__(self, weights: LayerWeights):
        super().__init__()
        self.w_q, self.w_k, self.w_v, self.p = (nn.Parameter(w.clone()) for w in weights)

    @property
    def weights(self) -> LayerWeights:
        """The four matrices, still the parameters that are trained."""
        return LayerWeights(self.w_q, self.w_k, self.w_v, self.p)

    def forward(self, tokens: Tensor, pairs: Tensor) -> Tensor:
        """See `attend`."""
        return attend(self.weights, tokens, pairs)


class LinearTransformer(nn.Module):
    """Linear attention layers one after another, and nothing else.

    layers: one `LayerWeights` a layer; with ``tied`` there is one set of weights,
    used ``len(layers)`` times. w0: (d,), the weights that prediction starts from
    (zero by default); they make the query's token.
    """

    w0: Tensor

    def __init__(
        self, layers: Sequence[LayerWeights], w0: Tensor | None = None, *, tied: bool = False
    ):
        super().__init__()
        if not layers:
            raise ValueError("A linear transformer needs at least one layer.")
        self.dim = len(layers[0].w_q) - 1
        self.depth = len(layers)
        self.blocks = nn.ModuleList(LinearAttention(w) for w in (layers[:1] if tied else layers))
        start = torch.zeros(self.dim) if w0 is None else w0
        self.register_buffer("w0", start.double())

    @property
    def layers(self) -> list[LayerWeights]:
        """The weights of every layer, first to last."""
        weights = [block.weights for block in self.blocks if isinstance(block, LinearAttention)]
        return weights * (self.depth // len(weights))

    def forward(self, x: Tensor, y: Tensor, queries: Tensor) -> Tensor:
        """x: (B, n, d), y: (B, n), queries: (B, q, d), float64 -> (B, q)."""
        return answer(self.layers, self.w0, x, y, queries)

    @property
    def limits(self) -> PromptLimits:
        """Prompts of its own d, and of any length."""
        return PromptLimits(self.dim)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.w0.device

    @torch.no_grad()
    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """x: (B, n, d), y: (B, n), queries: (B, q, d) -> (B, q), as `InContextModel.predict`.

        Raises ValueError for other shapes, for numbers that are not finite, and for
        a d that is not the model's.
        """
        return like_input(self(*self._checked(x, y, queries)), x)

    @torch.no_grad()
    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """x: (B, k, d), y: (B, k) -> (B, k); entry j has seen the first j pairs.

        Raises ValueError as `predict` does.
        """
        xs, ys, _ = self._checked(x, y)
        told: list[Tensor] = [
            self(xs[:, :j], ys[:, :j], xs[:, j : j + 1]) for j in range(ys.shape[1])
        ]
        return like_input(torch.cat([ys[:, :0], *told], dim=1), x)

    def _checked(self, x: object, y: object, queries: object | None = None) -> CheckedPrompt:
        prompt = as_prompt(x, y, queries, device=self.device, dtype=torch.float64)
        if prompt.x.shape[-1] != self.dim:
            raise ValueError(f"This model has d = {self.dim}; x has {prompt.x.shape[-1]} features.")
        return prompt


def rate_of(lr: float, n: int) -> float:
    """The η that equals ``predictors.gd``'s ``lr`` on n pairs: η/n = 2 lr.

    `predictors.gd` descends on Σ(wᵀx − y)², von Oswald et al. on ½ mean (wᵀx − y)².
    """
    return 2 * n * lr


def gd_weights(
    steps: int,
    rate: float,
    d: int,
    n: int,
    w0: Tensor | None = None,
    *,
    curvature: float = 0.0,
) -> list[LayerWeights]:
    """Exact weights for ``steps`` steps of gradient descent on n pairs of d features.

    rate: η on ½ mean (wᵀx − y)² (see `rate_of`); w0: (d,), the start, zero by default;
    curvature: γ of GD++, x ← (I − γ XᵀX) x after every step. ValueError for steps,
    d or n below 1, for numbers that are not finite, and for γ ≠ 0 with w₀ ≠ 0 (the
    layer subtracts w₀ᵀx, which is no longer the right number once x has moved).
    """
    for name, count in (("steps", steps), ("d", d), ("n", n)):
        if count < 1:
            raise ValueError(f"{name} must be at least 1, not {count}.")
    start = torch.zeros(d).double() if w0 is None else torch.as_tensor(w0).double()
    if start.shape != (d,):
        raise ValueError(f"w0 must have shape ({d},), not {tuple(start.shape)}.")
    if not (math.isfinite(rate) and math.isfinite(curvature) and bool(start.isfinite().all())):
        raise ValueError("rate, curvature and w0 must be finite.")
    if curvature and bool(start.any()):
        raise ValueError("GD++ (curvature other than 0) starts from w0 = 0.")
    read = torch.diag(torch.cat([torch.ones(d), torch.zeros(1)])).double()
    value = torch.zeros(d + 1, d + 1, dtype=torch.float64)
    value[:d, :d] = torch.eye(d) if curvature else 0.0
    value[d, :d], value[d, d] = start, -1
    write = torch.diag(torch.tensor([-curvature] * d + [rate / n], dtype=torch.float64))
    return [LayerWeights(read, read, value, write)] * steps


def gd_transformer(
    steps: int,
    rate: float,
    d: int,
    n: int,
    w0: Tensor | None = None,
    *,
    curvature: float = 0.0,
) -> LinearTransformer:
    """`gd_weights` as a model that runs; the same arguments and errors."""
    weights = gd_weights(steps, rate, d, n, w0, curvature=curvature)
    return LinearTransformer(weights, w0, tied=True)


# --- the best that one layer can do ---------------------------------------------


class Law(NamedTuple):
    """Moments of one coordinate of x, all coordinates independent and centred.

    second = E x², fourth = E x⁴. Weights are w ~ N(0, I), answers have no noise.
    """

    second: float
    fourth: float


UNIFORM = Law(1 / 12, 1 / 80)
"""x ~ U(−½, ½): the law of von Oswald et al. (2023)."""

GAUSSIAN = Law(1.0, 3.0)
"""x ~ N(0, 1): the law of Ahn et al. (2023)."""


def one_step_loss(rate: float, d: int, n: int, law: Law) -> float:
    """E ½(prediction − y_q)² of one gradient step from zero with rate η on n pairs.

    With S = (1/n) Σ x xᵀ the error is wᵀ(I − ηS)x_q, so the loss is
    ½ (v tr I − 2ηv tr E[S] + η²v tr E[S²]) with v = E x² and
    tr E[S²] = (d/n)(E x⁴ + (d + n − 2) v²).
    """
    v = law.second
    spread = (law.fourth + (d + n - 2) * v**2) / n
    return 0.5 * d * v * (1 - 2 * rate * v + rate**2 * spread)


def best_rate(d: int, n: int, law: Law) -> float:
    """The η at which `one_step_loss` is smallest: n v/(E x⁴ + (d + n − 2) v²).

    For von Oswald et al.'s law at d = n = 10 it is 6.06, and the loss there 0.2062.
    They report 0.2047 near 6.0; the difference is half a standard error of 10,000
    tasks. For Gaussian inputs it is n/(n + d + 1), the isotropic case of
    `ahn_preconditioner`.
    """
    return n * law.second / (law.fourth + (d + n - 2) * law.second**2)


def ahn_preconditioner(covariance: Tensor, n: int) -> Tensor:
    """The best A for the one-layer prediction (1/n) Σ y_j x_jᵀ A x_q, (d, d).

    For x ~ N(0, Σ), covariance Σ (d, d), w ~ N(0, I), no noise, n pairs:

        A = ((n + 1)/n Σ + tr(Σ)/n I)⁻¹,

    Ahn et al. (2023, Theorem 1). It follows from E[S] = Σ and
    E[S²] = (n + 1)/n Σ² + tr(Σ)/n Σ (Wishart): the loss
    ½ tr(Σ − 2 E[S]AΣ + E[S²]AΣAᵀ) is stationary where E[S²]A = E[S]. For Σ = I it is
    I/((n − 1)/n + (d + 2)/n) = n/(n + d + 1) I: a learning rate below 1 that allows
    for S being noisy. ValueError if Σ is not square or n < 1.
    """
    if covariance.ndim != 2 or covariance.shape[0] != covariance.shape[1]:
        raise ValueError(f"A covariance is a square matrix, not {tuple(covariance.shape)}.")
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}.")
    sigma = covariance.double()
    eye = torch.eye(len(sigma), dtype=torch.float64)
    inverse: Tensor = torch.linalg.inv((n + 1) / n * sigma + sigma.trace() / n * eye)
    return inverse


def preconditioned_weights(preconditioner: Tensor, n: int) -> LayerWeights:
    """One layer that predicts (1/n) Σ y_j x_jᵀ A x_q, A (d, d): gradient descent with A for η.

    Only W_Q differs from `gd_weights`: it holds A where that holds I.
    """
    plain = gd_weights(1, 1.0, len(preconditioner), n)[0]
    w_q = plain.w_q.clone()
    w_q[:-1, :-1] = preconditioner
    return plain._replace(w_q=w_q)
