"""Probes of the small linear model inside: how well XᵀY and w can be read off the states.

As in Akyürek et al. (2023, §5). Three targets after k pairs (`TARGETS`), two
families of probes:

- *linear*, in closed form, one map for each layer and each k, from the
  normalised state at y_k's token ("last y") or from the mean of those at y_1 to
  y_k ("mean y"). These are stored and can be read live.
- *pooled*: the paper's position attention, v̂ = FF(Σ_t softmax(s)_t h_t) with
  learned scores s that do not depend on the prompt, FF linear or an MLP with one
  hidden layer, fitted by Adam for a few k. Of these the scores are stored.

A probe may compute what the network did not. So each is fitted to two controls
as well (`MODELS`): the same network with random weights, and one trained with w
fixed, which has no use for other w. What a probe reads off those is the probe's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from icl_core.checkpoints import FOLDER, CheckpointError, read_manifest, read_tensors
from icl_core.metrics import bootstrap_mean, bootstrap_ratios
from icl_core.predictors import OLS, NoisePrior, bayes, spectrum
from icl_core.tasks import FlagshipPrior, PlainPrior, generator
from icl_core.transformer import Transformer, TransformerConfig

TARGETS = ("moment", "w_ols", "w_bayes")
MODELS = ("trained", "random", "fixed")
READS = ("last y", "mean y")
FAMILIES = ("linear", "mlp")
POOLED_K = (4, 8, 16, 40)
BATCH = 32
RIDGE = 1e-4
"""Penalty of the closed-form fit, as a share of the mean squared feature."""
CAP = 3.0
"""Longest w_ols in units of the prior's √d·tau."""
HIDDEN = 128
RATES, SCORE_RATE = {"linear": 1e-2, "mlp": 3e-3}, 3e-2
"""Adam's rates for the heads of pooled probes, and for their scores, which have far to go."""
SCALING_BATCHES = 16
TRAINING_STREAM, HELD_OUT_STREAM, RANDOM_STREAM, POOLED_STREAM = 0, 1, 2, 3

Prior = FlagshipPrior | PlainPrior


# --- targets ----------------------------------------------------------------------


def weight_targets(x: Tensor, y: Tensor, prior: NoisePrior, max_dim: int) -> Tensor:
    """What the probes are to read after 1…k pairs: (targets, B, k, max_dim), float32.

    x: (B, k, d), y: (B, k). In the order of `TARGETS`: the moment vector per
    pair, XᵀY/k; minimum-norm least squares, shortened to `CAP`·√d·tau where it is
    longer (with noise its length near k = d is heavy-tailed, and a few prompts
    would decide the fit); the posterior mean of w under ``prior``, which for a
    single sigma is ridge with λ = σ²/τ². Slots beyond d are zero.
    """
    spec = spectrum(x, y)
    moment = spec.weights(torch.ones_like(spec.values)) / spec.pairs.clamp(min=1)[:, None]
    dims = (x != 0).any(1).sum(-1).clamp(min=1)
    most = CAP * prior.tau * dims.double().sqrt()[:, None, None]
    w_ols = OLS().weights_from(spec)
    length = torch.linalg.vector_norm(w_ols, dim=-1, keepdim=True)
    w_ols = w_ols * (most / length.clamp(min=1e-300)).clamp(max=1)
    targets = torch.stack([moment, w_ols, bayes(prior).weights_from(spec)])[:, :, 1:]
    return nn.functional.pad(targets, (0, max_dim - x.shape[-1])).float()


# --- what is stored -----------------------------------------------------------------


class Scores(NamedTuple):
    """Held-out scores with 95 % bootstrap intervals over prompts.

    r2: share of the target's energy explained, 1 − Σ‖v̂ − v‖²/Σ‖v‖² (about zero:
    every target has mean zero); mse: mean of ‖v̂ − v‖², summed over the slots.
    """

    r2: Tensor
    r2_low: Tensor
    r2_high: Tensor
    mse: Tensor
    mse_low: Tensor
    mse_high: Tensor


@dataclass(frozen=True)
class WeightProbes:
    """The probes of a checkpoint and what they and their controls score.

    maps: (reads, layers + 1, targets, K, slots, width + 1), the linear probes
    of the trained model after k = 1…K pairs, the last entry an offset; linear:
    scores (reads, models, layers + 1, targets, K) of that family; r2_by_dim:
    (reads, layers + 1, targets, slots, K), the trained model's r2 at each d;
    pooled: scores (families, models, layers + 1, targets, len(pooled_k)).
    """

    maps: Tensor
    linear: Scores
    r2_by_dim: Tensor
    pooled: Scores
    pooled_k: tuple[int, ...]

    def read(self, y_states: Tensor, reads: str = "mean y") -> Tensor:
        """States at y_1…y_k, (layers + 1, B, k, width) -> (layers + 1, targets, B, slots).

        The states are ``Inspection.context_states[:, :, 1::2]``. Raises
        ValueError when no probe was fitted for this k, and for unknown ``reads``.
        """
        maps = self._maps(reads, y_states.shape[2])
        seen = y_states[:, :, -1:] if reads == "last y" else y_states
        mean = _normalised(seen).mean(2)
        read = torch.einsum("lbw,ltdw->ltbd", mean, maps[..., :-1])
        return read + maps[:, :, None, :, -1]

    def maps_for(self, target: str, k: int, dim: int, reads: str = "mean y") -> Tensor:
        """The probe of w's first ``dim`` slots after k pairs: (layers + 1, dim, width + 1).

        What `patching.steer_curve` writes through, at `read_tokens`. Raises
        ValueError for an unknown target, and for k and dim beyond the probes'.
        """
        if target not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(TARGETS)}, not {target!r}.")
        slots = self.maps.shape[4]
        if dim not in range(1, slots + 1):
            raise ValueError(f"Probes are fitted for 1 to {slots} features, not for {dim}.")
        return self._maps(reads, k)[:, TARGETS.index(target), :dim]

    def _maps(self, reads: str, k: int) -> Tensor:
        most = self.maps.shape[3]
        if reads not in READS:
            raise ValueError(f"reads must be one of {', '.join(READS)}, not {reads!r}.")
        if k not in range(1, most + 1):
            raise ValueError(f"Probes are fitted for 1 to {most} exemplars, not for {k}.")
        return self.maps[READS.index(reads), :, :, k - 1]

    def rows(self) -> list[dict[str, Any]]:
        """Every score as a flat row, for a table or JSON."""
        every_k = tuple(range(1, self.maps.shape[3] + 1))
        parts = [("linear", reads, self.linear, i, every_k) for i, reads in enumerate(READS)]
        parts += [(f, "pooled", self.pooled, i, self.pooled_k) for i, f in enumerate(FAMILIES)]
        return [
            {"family": family, "reads": reads, **row}
            for family, reads, scores, index, ks in parts
            for row in _rows(Scores(*(part[index] for part in scores)), ks)
        ]

    def tensors(self) -> dict[str, Tensor]:
        """Plain named tensors, for storage; `from_tensors` reads them back."""
        return {
            "maps": self.maps.half(),  # their third digit is beyond what they were fitted to
            "r2_by_dim": self.r2_by_dim,
            "pooled_k": torch.tensor(self.pooled_k),
            **{f"linear.{name}": part for name, part in self.linear._asdict().items()},
            **{f"pooled.{name}": part for name, part in self.pooled._asdict().items()},
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> WeightProbes:
        """See `tensors`."""

        def scores(group: str) -> Scores:
            return Scores(*(tensors[f"{group}.{name}"] for name in Scores._fields))

        return cls(
            tensors["maps"].float(),
            scores("linear"),
            tensors["r2_by_dim"],
            scores("pooled"),
            tuple(tensors["pooled_k"].tolist()),
        )


def read_tokens(reads: str, k: int) -> Tensor:
    """The indices of the tokens that a linear probe reads, among x1 y1 … xk yk."""
    return torch.arange(1, 2 * k, 2)[-1:] if reads == "last y" else torch.arange(1, 2 * k, 2)


def _rows(scores: Scores, ks: tuple[int, ...]) -> list[dict[str, Any]]:
    """scores: (models, layers + 1, targets, K)."""
    return [
        {
            "model": MODELS[m],
            "layer": layer,
            "target": TARGETS[t],
            "k": k,
            **{name: float(part[m, layer, t, i]) for name, part in scores._asdict().items()},
        }
        for m in range(scores.r2.shape[0])
        for layer in range(scores.r2.shape[1])
        for t in range(scores.r2.shape[2])
        for i, k in enumerate(ks)
    ]


# --- fitting --------------------------------------------------------------------------


def fit_weight_probes(
    model: Transformer,
    control: Transformer,
    prior: Prior,
    *,
    prompts: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> WeightProbes:
    """Fit and score every probe of a model and of its two controls.

    ``control`` is a network of the same shape, trained with w fixed; ``prior`` the
    law that ``model`` was trained on (see `probing_prior`). ``prompts`` are for
    the fit and a quarter as many for the scores, rounded up to whole batches; all
    models see the same. ``progress`` is told how many prompts are done, out of
    `prompts_in_all`. Raises ValueError when the control has another shape.
    """
    if control.config != model.config:
        raise ValueError(
            f"The control must have the model's shape {model.config}, not {control.config}."
        )
    networks = (model, random_twin(model.config, seed), control)
    fits = [_fit(network, probing_prior(prior), prompts, seed, progress) for network in networks]
    linear, pooled = (
        Scores(*(torch.stack(parts, dim=1) for parts in zip(*scores, strict=True)))
        for scores in ([fit.linear for fit in fits], [fit.pooled for fit in fits])
    )
    return WeightProbes(fits[0].maps, linear, fits[0].r2_by_dim, pooled, pooled_ks(model.config))


def prompts_in_all(prompts: int) -> int:
    """How many prompts `fit_weight_probes` tells ``progress`` of by the end."""
    return len(MODELS) * BATCH * (_batches(prompts) + _batches(prompts // 4))


def probing_prior(prior: Prior) -> Prior:
    """The law of the prompts that probes see: every d alike, w free."""
    if isinstance(prior, FlagshipPrior):
        return replace(prior, dim_weights=None, w_seed=None)
    return replace(prior, w_seed=None)


def slots_of(prior: Prior, config: TransformerConfig) -> int:
    """How many weights probes of this law read: those of its d, or of every d."""
    return prior.dim or config.max_dim


CELLS = {"d1": (1, False), "d2": (2, False), "d2i": (2, True)}
"""The tasks of a plane, by dimension and intercept, which have probes of their own."""


def probed_laws(prior: Prior) -> dict[str | None, Prior]:
    """The laws of prompts for which probes are fitted: None for all d, and each of `CELLS`.

    One map for every d must serve tasks whose w the network may write differently.
    """
    if isinstance(prior, PlainPrior):
        return {None: prior}
    cells: dict[str | None, Prior] = {
        cell: replace(prior, dim=dim, intercept=intercept)
        for cell, (dim, intercept) in CELLS.items()
        if dim <= prior.max_dim
    }
    return {None: prior, **cells}


def cell_of(dim: int, intercept: bool) -> str | None:
    """The cell whose probes read a task of this kind; None for those of all d."""
    return next((cell for cell, kind in CELLS.items() if kind == (dim, intercept)), None)


def random_twin(config: TransformerConfig, seed: int) -> Transformer:
    """A network of the same shape that was never trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed, RANDOM_STREAM).initial_seed())
        return Transformer(config).eval().requires_grad_(False)


def pooled_ks(config: TransformerConfig) -> tuple[int, ...]:
    """The k at which pooled probes are fitted: those of `POOLED_K` that the model can take."""
    return tuple(k for k in POOLED_K if k <= config.max_exemplars) or (config.max_exemplars,)


class _Fit(NamedTuple):
    """The probes' scores on one network."""

    maps: Tensor
    linear: Scores
    pooled: Scores
    r2_by_dim: Tensor


def _batches(prompts: int) -> int:
    return max(1, -(-prompts // BATCH))


def _fit(
    network: Transformer,
    prior: Prior,
    prompts: int,
    seed: int,
    progress: Callable[[int], None],
) -> _Fit:
    """Both families from one pass over the prompts, scored on another."""
    config = network.config
    slots = slots_of(prior, config)
    normal = _NormalEquations(config, slots)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed, POOLED_STREAM).initial_seed())
        pooled = _PooledProbes(config, slots, steps=_batches(prompts))
    first = [
        _batch(network, prior, seed, POOLED_STREAM, index)[:2] for index in range(SCALING_BATCHES)
    ]
    pooled.prepare(*(torch.cat(parts, dim=1) for parts in zip(*first, strict=True)))
    for index in range(_batches(prompts)):
        states, targets, _ = _batch(network, prior, seed, TRAINING_STREAM, index)
        normal.add(states, targets)
        pooled.step(states, targets)
        progress(BATCH)
    maps = normal.solve()
    linear_error, pooled_error, energies, dims = [], [], [], []
    for index in range(_batches(prompts // 4)):
        states, targets, drawn = _batch(network, prior, seed, HELD_OUT_STREAM, index)
        linear_error.append((_read_all(states, maps) - targets).square().sum(-1))
        pooled_error.append(pooled.errors(states, targets))
        energies.append(targets.square().sum(-1))
        dims.append(drawn)
        progress(BATCH)
    # Prompts first: (prompts, reads or families, layers + 1, targets, k).
    energy = torch.cat(energies, dim=1).movedim(1, 0)[:, None, None]
    error = torch.cat(linear_error, dim=3).movedim(3, 0)
    pooled_energy = energy[..., torch.tensor(pooled_ks(config)) - 1]
    return _Fit(
        maps,
        _scores(error, energy, seed),
        _scores(torch.cat(pooled_error, dim=3).movedim(3, 0), pooled_energy, seed),
        _by_dim(error, energy, torch.cat(dims), slots),
    )


def _batch(
    network: Transformer, prior: Prior, seed: int, stream: int, index: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalised states (layers + 1, B, 2K, width), targets (targets, B, K, slots), d (B,)."""
    config = network.config
    prompt = prior.sample(BATCH, config.max_exemplars, generator(seed, stream, index))
    device = network.positions.device
    x, y = prompt.x.to(device), prompt.y.to(device)
    states = network.inspect(x, y, x[:, :0]).context_states
    slots = slots_of(prior, config)
    targets = weight_targets(prompt.x[..., :slots], prompt.y, prior, slots)
    assert prompt.dims is not None
    return _normalised(states).cpu(), targets, prompt.dims


def _normalised(states: Tensor) -> Tensor:
    """LayerNorm without its gain: what the network's own branches and head read."""
    return nn.functional.layer_norm(states, states.shape[-1:])


def _features(states: Tensor) -> Tensor:
    """What linear probes read after 1…K pairs: (reads, layers + 1, B, K, width + 1)."""
    last = states[:, :, 1::2]
    count = torch.arange(1, last.shape[2] + 1)[:, None]
    return nn.functional.pad(torch.stack([last, last.cumsum(2) / count]), (0, 1), value=1.0)


def _read_all(states: Tensor, maps: Tensor) -> Tensor:
    """Every linear probe on normalised states: (reads, layers + 1, targets, B, K, slots)."""
    return torch.einsum("rlbkw,rltkdw->rltbkd", _features(states), maps)


class _NormalEquations:
    """Least squares of every reading, layer and k at once, accumulated in float64."""

    def __init__(self, config: TransformerConfig, slots: int):
        wide = config.width + 1
        shape = (len(READS), config.layers + 1, config.max_exemplars, wide)
        self.slots = slots
        self.gram = torch.zeros(*shape, wide, dtype=torch.float64)
        self.moment = torch.zeros(*shape, len(TARGETS) * self.slots, dtype=torch.float64)

    def add(self, states: Tensor, targets: Tensor) -> None:
        """One batch; shapes as `_batch` gives them."""
        features = _features(states).double().transpose(2, 3)
        wanted = targets.double().permute(2, 1, 0, 3).flatten(2)
        self.gram += features.transpose(3, 4) @ features
        self.moment += features.transpose(3, 4) @ wanted

    def solve(self) -> Tensor:
        """The maps, (reads, layers + 1, targets, K, slots, width + 1)."""
        penalty = RIDGE * self.gram.diagonal(dim1=3, dim2=4).mean(-1)[..., None, None]
        identity = torch.eye(self.gram.shape[-1], dtype=torch.float64)
        solved = torch.linalg.solve(self.gram + penalty * identity, self.moment)
        maps = solved.unflatten(-1, (len(TARGETS), self.slots))
        return maps.permute(0, 1, 4, 2, 5, 3).float().contiguous()


class _PooledProbe(nn.Module):
    """Position attention and a head, for every layer and target at one k."""

    def __init__(self, config: TransformerConfig, slots: int, k: int, family: str):
        super().__init__()
        groups = (config.layers + 1) * len(TARGETS)
        sizes = [config.width, *([HIDDEN] if family == "mlp" else []), slots]
        self.k, self.layers, self.family = k, config.layers + 1, family
        self.scores = nn.Parameter(torch.zeros(self.layers, len(TARGETS), 2 * k))
        self.weights = nn.ParameterList(
            torch.randn(groups, wide, narrow) * wide**-0.5 for wide, narrow in pairwise(sizes)
        )
        nn.init.zeros_(self.weights[-1])
        self.biases = nn.ParameterList(torch.zeros(groups, 1, size) for size in sizes[1:])
        self.centre, self.scaling = torch.zeros(()), torch.eye(config.width)

    def _pooled(self, states: Tensor) -> Tensor:
        """(layers + 1 · targets, B, width)."""
        width = self.weights[0].shape[1]
        pooled = torch.softmax(self.scores, dim=-1) @ states[:, : 2 * self.k]
        return pooled.view(self.layers * len(TARGETS), -1, width)

    @torch.no_grad()
    def scale(self, states: Tensor) -> None:
        """From now on read pooled states centred and of one size, so that one rate suits.

        For a linear head they are whitened, which changes nothing that it can
        express. An MLP sees each feature on its own scale: it multiplies, and
        whitening would bury the few directions worth a product.
        """
        pooled = self._pooled(states)
        self.centre = pooled.mean(1, keepdim=True)
        centred = (pooled - self.centre).double()
        covariance = centred.transpose(1, 2) @ centred / pooled.shape[1]
        if self.family == "mlp":
            covariance = torch.diag_embed(covariance.diagonal(dim1=1, dim2=2))
        values, vectors = torch.linalg.eigh(covariance)
        floor = 1e-3 * values.mean(-1, keepdim=True) + 1e-9
        self.scaling = (vectors * (values.clamp(min=0) + floor).rsqrt()[:, None]).float()

    def forward(self, states: Tensor) -> Tensor:
        """States by token, (layers + 1, 2K, B·width) -> (layers + 1, targets, B, slots)."""
        h = (self._pooled(states) - self.centre) @ self.scaling
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = torch.baddbmm(bias, nn.functional.gelu(h) if index else h, weight)
        return h.view(self.layers, len(TARGETS), *h.shape[1:])


class _PooledProbes:
    """Every pooled probe of one network: both families, a few k, one optimiser."""

    def __init__(self, config: TransformerConfig, slots: int, steps: int):
        self.ks = pooled_ks(config)
        self.probes = [
            _PooledProbe(config, slots, k, family) for family in FAMILIES for k in self.ks
        ]
        groups = [
            {"params": [*probe.weights, *probe.biases], "lr": RATES[probe.family]}
            for probe in self.probes
        ]
        scores = {"params": [probe.scores for probe in self.probes], "lr": SCORE_RATE}
        self.optimiser = torch.optim.Adam([*groups, scores])
        self.schedule = torch.optim.lr_scheduler.LinearLR(self.optimiser, 1.0, 1e-3, steps)
        self.scale = torch.ones(())

    @staticmethod
    def _by_token(states: Tensor) -> Tensor:
        return states.transpose(1, 2).flatten(2)

    def _answers(self, states: Tensor) -> Tensor:
        """(families, layers + 1, targets, B, ks, slots), in units of the targets' rms."""
        by_token = self._by_token(states)
        answers = torch.stack([probe(by_token) for probe in self.probes])
        return answers.unflatten(0, (len(FAMILIES), len(self.ks))).movedim(1, 4)

    def _wanted(self, targets: Tensor) -> Tensor:
        return targets[:, :, torch.tensor(self.ks) - 1]

    def prepare(self, states: Tensor, targets: Tensor) -> None:
        """Take the scales of states and targets from some prompts; before the first step."""
        self.scale = self._wanted(targets).square().mean((1, 3), keepdim=True).sqrt()
        self.scale = self.scale.clamp(min=1e-12)
        for probe in self.probes:
            probe.scale(self._by_token(states))

    def step(self, states: Tensor, targets: Tensor) -> None:
        """One step of Adam on one batch; shapes as `_batch` gives them."""
        # The states come from inference mode, which autograd does not take.
        error = self._answers(states.clone()) - self._wanted(targets) / self.scale
        error.square().sum(-1).mean(3).sum().backward()
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.schedule.step()

    @torch.no_grad()
    def errors(self, states: Tensor, targets: Tensor) -> Tensor:
        """‖v̂ − v‖²: (families, layers + 1, targets, B, ks)."""
        return (self._answers(states) * self.scale - self._wanted(targets)).square().sum(-1)


def _scores(error: Tensor, energy: Tensor, seed: int) -> Scores:
    """error: (B, …), energy: (B, …) that broadcasts with it."""
    missed, low, high = bootstrap_ratios(error, energy, seed=seed)
    parts = (1 - missed, 1 - high, 1 - low, *bootstrap_mean(error, seed=seed))
    return Scores(*(part.float().contiguous() for part in parts))


def _by_dim(error: Tensor, energy: Tensor, dims: Tensor, slots: int) -> Tensor:
    """R² at each d = 1…slots, 0 where the prior has no such d.

    error: (B, reads, layers + 1, targets, K) -> (reads, layers + 1, targets, slots, K).
    """
    chosen = nn.functional.one_hot(dims - 1, slots).float()
    missed = torch.einsum("brltk,bd->rltdk", error, chosen)
    whole = torch.einsum("brltk,bd->rltdk", energy, chosen)
    return torch.where(whole > 0, 1 - missed / whole.clamp(min=1e-30), 0.0).contiguous()


# --- loading --------------------------------------------------------------------------


def probes_key(name: str, cell: str | None) -> str:
    """The name under which probes are stored."""
    return f"{name}.probes.{cell}" if cell else f"{name}.probes"


@lru_cache(maxsize=16)
def load_weight_probes(name: str, cell: str | None = None, folder: Path = FOLDER) -> WeightProbes:
    """The stored probes of a checkpoint, its controls' scores among them.

    cell: one of `CELLS`, or None for the probes of all d.

    Raises CheckpointError when there are none, or when they were fitted to other
    weights, of the model or of its control, than the ones shipped.
    """
    manifest = read_manifest(folder)
    key, again = probes_key(name, cell), f"python -m icl_core probe {name}"
    if key not in manifest:
        raise CheckpointError(f"No probes are stored for {name!r}. Fit them: {again}")
    entry = manifest[key]
    control = entry.get("control", {})
    if entry.get("model_sha256") != manifest.get(name, {}).get("sha256"):
        raise CheckpointError(
            f"The probes of {name!r} belong to other weights. Fit them again: {again}"
        )
    shipped = manifest.get(str(control.get("name")), {}).get("sha256")
    if shipped is None or control.get("sha256") != shipped:
        raise CheckpointError(
            f"The control of the probes of {name!r} is missing or has changed. "
            f"Fit them again: {again}"
        )
    return WeightProbes.from_tensors(read_tensors(key, folder))
