"""Trained meets constructed: linear attention that learns to do gradient descent.

von Oswald et al. (2023, §3 and Figure 2) train the layers of `linear_attention` on
many tasks and find gradient descent: the same loss, the same predictions, the same
sensitivities to the query, and mixtures of both sets of weights that do as well as
either. Here are the training (seconds on one core), the comparison and the mixture.

Measured at d = n = 10 with the default settings (seed 0, 20,000 fresh tasks; loss
is ½ mean squared error, 0.4167 for predicting 0):

    layers  constructed   its loss  trained loss  mean |difference|  cosine
    1       one GD step   0.2082    0.2087        0.025              0.9989
    2       GD++          0.1117    0.1150        0.062              0.9941

Two layers with one set of weights go beyond two steps of gradient descent (best loss
0.1564): what they find is GD++. Along `path` the loss never rises above the trained
model's.

*What can be compared.* The output depends on a layer only through W_KᵀW_Q and P W_V,
and not on how a factor is shared between these two. `merged` takes the products and
fixes the factor; then trained and constructed weights are numbers of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core.constructions.linear_attention import (
    UNIFORM,
    LayerWeights,
    LinearTransformer,
    answer,
    best_rate,
    gd_transformer,
)
from icl_core.prompts import generator
from icl_core.recipes import trapezoid
from icl_core.training.trainer import Loop, TrainingProgress

START_STREAM, TASK_STREAM, TUNING_STREAM, TEST_STREAM = 0, 1, 2, 3


class Tasks(NamedTuple):
    """Prompts with one query each: x (B, n, d), y (B, n), query (B, 1, d), target (B, 1)."""

    x: Tensor
    y: Tensor
    query: Tensor
    target: Tensor


def sample_tasks(batch: int, n: int, d: int, *seed: int) -> Tasks:
    """von Oswald et al.'s law: x ~ U(−½, ½)^d, w ~ N(0, I), y = wᵀx, float64."""
    gen = generator(*seed)
    x = torch.rand(batch, n + 1, d, generator=gen, dtype=torch.float64) - 0.5
    w = torch.randn(batch, d, 1, generator=gen, dtype=torch.float64)
    y = (x @ w).squeeze(-1)
    return Tasks(x[:, :n], y[:, :n], x[:, n:], y[:, n:])


def held_out_tasks(n: int, d: int, count: int = 20_000, seed: int = 0) -> Tasks:
    """Tasks that no training run has seen: its batches come from another stream."""
    return sample_tasks(count, n, d, seed, TEST_STREAM)


def _half_mse(predicted: Tensor, tasks: Tasks) -> Tensor:
    return 0.5 * (predicted - tasks.target).square().mean()


def loss(model: LinearTransformer, tasks: Tasks) -> float:
    """½ mean (prediction − target)², as von Oswald et al. report it."""
    with torch.no_grad():
        return float(_half_mse(model(tasks.x, tasks.y, tasks.query), tasks))


# --- training -------------------------------------------------------------------


class Training(NamedTuple):
    """A finished run: the model and its curve, [(step, mean training loss since the last)]."""

    model: LinearTransformer
    curve: list[tuple[int, float]]


def train(
    depth: int = 1,
    *,
    d: int = 10,
    n: int = 10,
    steps: int | None = None,
    batch: int = 512,
    lr: float = 0.02,
    tied: bool = True,
    seed: int = 0,
    report: Callable[[int, float], None] = lambda step, mean: None,
    report_every: int = 50,
) -> Training:
    """Train ``depth`` linear attention layers from small random weights.

    The project's loop (`training.Loop`) with Adam, whose rate rises to ``lr`` and falls
    to zero, on ``batch`` fresh tasks of n pairs and d features a step; ``steps`` is
    1000 a layer by default. With ``tied`` all layers share one set of weights.
    ``report`` is given the step and the mean loss every ``report_every`` steps. The
    same arguments give the same weights. ValueError for depth, d, n, steps or batch
    below 1.
    """
    steps = 1000 * depth if steps is None else steps
    for name, value in (("depth", depth), ("d", d), ("n", n), ("steps", steps), ("batch", batch)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}.")
    run = _Run(depth, d, n, steps, batch, lr, tied, seed)

    def told(progress: TrainingProgress) -> None:
        report(progress.step, progress.history[-1]["loss"])

    run.run(report_every=report_every, report=told)
    curve = [(int(point["step"]), point["loss"]) for point in run.progress.history]
    return Training(run.model, curve)


class _Run(Loop):
    """One training of linear attention, in the project's loop."""

    def __init__(
        self, depth: int, d: int, n: int, steps: int, batch: int, lr: float, tied: bool, seed: int
    ):
        self.shape, self.steps, self.seed = (batch, n, d), steps, seed
        gen = generator(seed, START_STREAM)
        self.model: LinearTransformer = LinearTransformer(
            [_small_weights(d, gen) for _ in range(depth)], tied=tied
        )
        self.optimisers = {"adam": torch.optim.Adam(self.model.parameters(), lr=lr)}
        self.progress = TrainingProgress()

    @property
    def last_step(self) -> int:
        """As asked for."""
        return self.steps

    def rate(self, step: int) -> float:
        """A third of the run up, the rest down."""
        warmup = max(1, self.steps // 3)
        return trapezoid(step, self.steps, warmup, max(1, self.steps - warmup))

    def save(self) -> None:
        """A run of seconds is begun again instead."""

    def loss(self) -> Tensor:
        """½ mean squared error on fresh tasks."""
        tasks = sample_tasks(*self.shape, self.seed, TASK_STREAM, self.progress.step)
        return _half_mse(self.model(tasks.x, tasks.y, tasks.query), tasks)


def _small_weights(d: int, gen: torch.Generator) -> LayerWeights:
    """N(0, 0.1²): small enough to start near the prediction 0, large enough to leave it."""
    shape = (4, d + 1, d + 1)
    return LayerWeights(*(0.1 * torch.randn(shape, generator=gen, dtype=torch.float64)))


# --- the construction to compare with -------------------------------------------


def best_construction(
    depth: int = 1, *, d: int = 10, n: int = 10, curvature: bool = True, seed: int = 0
) -> LinearTransformer:
    """The gradient-descent weights with the best rate on this law.

    One layer: `best_rate`, in closed form. More: η, and with ``curvature`` GD++'s γ,
    by L-BFGS on 4096 tasks, as von Oswald et al. search for theirs. ValueError for
    depth, d or n below 1.
    """
    rate = best_rate(d, n, UNIFORM)
    if depth == 1:
        return gd_transformer(1, rate, d, n)
    tasks = sample_tasks(4096, n, d, seed, TUNING_STREAM)
    weights = gd_transformer(depth, 1.0, d, n, curvature=float(curvature)).layers[0]
    tuned = torch.tensor([rate, 0.05], dtype=torch.float64, requires_grad=True)
    last = torch.arange(d + 1) == d

    def with_rates() -> LayerWeights:
        diagonal = torch.where(last, tuned[0] / n, -tuned[1] * curvature)
        return weights._replace(p=torch.diag(diagonal))

    optimiser = torch.optim.LBFGS([tuned], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        start = torch.zeros(d, dtype=torch.float64)
        error = _half_mse(answer([with_rates()] * depth, start, *tasks[:3]), tasks)
        error.backward()
        return error

    optimiser.step(closure)
    eta, gamma = tuned.tolist()
    return gd_transformer(depth, eta, d, n, curvature=gamma * curvature)


# --- comparing and mixing ---------------------------------------------------------


class Merged(NamedTuple):
    """A layer as its output depends on it, both (d + 1, d + 1), float64.

    match: W_KᵀW_Q, scaled to a mean of 1 on the diagonal of the inputs' block;
    write: P W_V, with the scale that takes.
    """

    match: Tensor
    write: Tensor


def merged(model: LinearTransformer) -> list[Merged]:
    """The identifiable weights of every layer.

    In a model of one layer that starts from w₀ = 0 the last column of ``match`` meets
    a zero and all rows of ``write`` but the last write where nobody reads: they are
    set to zero, as training leaves there whatever it started from. ValueError if the
    inputs' block of a layer has no trace to scale by.
    """
    layers = [_merge(weights) for weights in model.layers]
    if model.depth == 1 and not bool(model.w0.any()):
        match, write = layers[0]
        match[:, -1] = 0
        write[:-1] = 0
    return layers


def _merge(weights: LayerWeights) -> Merged:
    w_q, w_k, w_v, p = (w.detach() for w in weights)
    match, write = w_k.mT @ w_q, p @ w_v
    scale = match.diagonal()[:-1].mean()
    if scale.abs() < 1e-12:
        raise ValueError("This layer does not compare inputs, so its scale cannot be fixed.")
    return Merged(match / scale, write * scale)


def interpolate(
    trained: LinearTransformer, constructed: LinearTransformer, t: float
) -> LinearTransformer:
    """A model whose merged weights are (1 − t)·trained + t·constructed.

    t = 0 predicts as ``trained`` and t = 1 as ``constructed``. ValueError if the two
    differ in depth, d or w₀.
    """
    _refuse_unlike(trained, constructed)
    eye = torch.eye(trained.dim + 1, dtype=torch.float64)
    layers = []
    for first, second in zip(merged(trained), merged(constructed), strict=True):
        match, write = (torch.lerp(a, b, t) for a, b in zip(first, second, strict=True))
        layers.append(LayerWeights(match, eye, write, eye))
    return LinearTransformer(layers, trained.w0)


def _refuse_unlike(first: LinearTransformer, second: LinearTransformer) -> None:
    if (first.depth, first.dim) != (second.depth, second.dim):
        raise ValueError(
            f"The models differ: {first.depth} layers of d = {first.dim}, "
            f"and {second.depth} layers of d = {second.dim}."
        )
    if not torch.equal(first.w0, second.w0):
        raise ValueError("The models start from different w0.")


def path(
    trained: LinearTransformer,
    constructed: LinearTransformer,
    tasks: Tasks,
    points: int = 11,
) -> list[tuple[float, float]]:
    """[(t, loss)] along `interpolate`, at evenly spaced points from t = 0 to 1."""
    ts = [i / (points - 1) for i in range(points)]
    return [(t, loss(interpolate(trained, constructed, t), tasks)) for t in ts]


class Agreement(NamedTuple):
    """How alike two models are on some tasks (von Oswald et al., 2023, Figure 2).

    losses: ½ mean squared error of each; prediction: mean |difference| of their
    predictions; cosine: mean cosine of their sensitivities ∂prediction/∂query;
    sensitivity: mean ‖difference‖ of these ("model difference" in the paper).
    """

    losses: tuple[float, float]
    prediction: float
    cosine: float
    sensitivity: float


def agreement(first: LinearTransformer, second: LinearTransformer, tasks: Tasks) -> Agreement:
    """Compare two models on the same tasks. ValueError if they differ in depth, d or w₀."""
    _refuse_unlike(first, second)
    (ours, our_slope), (theirs, their_slope) = (
        _with_sensitivity(model, tasks) for model in (first, second)
    )
    return Agreement(
        (float(_half_mse(ours, tasks)), float(_half_mse(theirs, tasks))),
        float((ours - theirs).abs().mean()),
        float(nn.functional.cosine_similarity(our_slope, their_slope, dim=-1).mean()),
        float((our_slope - their_slope).norm(dim=-1).mean()),
    )


def _with_sensitivity(model: LinearTransformer, tasks: Tasks) -> tuple[Tensor, Tensor]:
    """Predictions (B, 1) and their gradients by the query (B, d)."""
    query = tasks.query.clone().requires_grad_()
    predicted = model(tasks.x, tasks.y, query)
    (slope,) = torch.autograd.grad(predicted.sum(), query)
    return predicted.detach(), slope.squeeze(1)
