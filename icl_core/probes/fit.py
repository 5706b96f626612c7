"""Fitting the probes of every layer, and of both controls, in one pass over fresh prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core.metrics import bootstrap_mean, bootstrap_ratios
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors import Prior
from icl_core.probes.linear import NormalEquations, read_all
from icl_core.probes.pooled import PooledProbes, pooled_ks
from icl_core.probes.targets import normalised, weight_targets
from icl_core.probes.weights import CELLS, MODELS, Scores, WeightProbes
from icl_core.prompts import generator

BATCH = 32
SCALING_BATCHES = 16
TRAINING_STREAM, HELD_OUT_STREAM, RANDOM_STREAM, POOLED_STREAM = 0, 1, 2, 3


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
    return prior.with_even_dims().with_free_weights()


def slots_of(prior: Prior) -> int:
    """How many weights probes of this law read: those of its largest d."""
    return prior.dims[-1]


def probed_laws(prior: Prior) -> dict[str | None, Prior]:
    """The laws of prompts for which probes are fitted: None for all d, and each of `CELLS`.

    One map for every d must serve tasks whose w the network may write differently.
    """
    laws: dict[str | None, Prior] = {None: prior}
    if len(prior.cells) > 1:
        laws |= {name: prior.given(*cell) for name, cell in CELLS.items() if cell in prior.cells}
    return laws


def random_twin(config: TransformerConfig, seed: int) -> Transformer:
    """A network of the same shape that was never trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed, RANDOM_STREAM).initial_seed())
        return Transformer(config).eval().requires_grad_(False)


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
    slots = slots_of(prior)
    normal = NormalEquations(config, slots)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed, POOLED_STREAM).initial_seed())
        pooled = PooledProbes(config, slots, steps=_batches(prompts))
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
        linear_error.append((read_all(states, maps) - targets).square().sum(-1))
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
    device = network.device
    x, y = prompt.x.to(device), prompt.y.to(device)
    states = network.inspect(x, y, x[:, :0]).context_states
    slots = slots_of(prior)
    targets = weight_targets(prompt.x[..., :slots], prompt.y, prior, slots)
    return normalised(states).cpu(), targets, prompt.dims


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
