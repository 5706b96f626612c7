"""Fitted readouts of hidden states.

A *layer readout* (Fu et al., 2024, §5) asks what the model would answer if it
had to stop at a layer: a linear map, fitted once per layer on the frozen model,
from the normalised hidden state at the query to the answer. Each layer is read
from its own states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from icl_core.checkpoints import FOLDER, CheckpointError, read_manifest, read_tensors
from icl_core.models.base import InspectableModel
from icl_core.priors import Prior
from icl_core.prompts import Prompt, SampledPrompt, generator
from icl_core.training.trainer import loss_weights

BATCH, AT_ONCE = 64, 4
"""Prompts sampled together, and looked into together: states of all layers are large."""
RIDGE = 1e-4
"""Penalty of the readout fit, as a share of the mean squared feature."""


@dataclass(frozen=True)
class LayerReadouts:
    """One linear readout for each layer, and how well it does on held-out prompts.

    maps: (layers + 1, width + 1), the last entry an offset; r2: (layers + 1, D,
    K + 1), share of the clean answer's energy explained at dimension d = 1…D
    after k exemplars; bayes_r2: (D, K + 1), the same for exact Bayes. A dimension
    that the prior never draws has NaN.
    """

    maps: Tensor
    r2: Tensor
    bayes_r2: Tensor

    def read(self, states: Tensor) -> Tensor:
        """Hidden states (layers + 1, B, q, width) -> answers (layers + 1, B, q)."""
        weights, offset = self.maps[:, :-1], self.maps[:, -1]
        return torch.einsum("lbqw,lw->lbq", normalised(states), weights) + offset[:, None, None]


def normalised(states: Tensor) -> Tensor:
    """LayerNorm without its gain: what the model's own head is linear in."""
    return nn.functional.layer_norm(states, states.shape[-1:])


def fit_layer_readouts(
    model: InspectableModel,
    prior: Prior,
    *,
    prompts: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> LayerReadouts:
    """Fit a readout for each layer on the model's own law, and score it on fresh prompts.

    Least squares on the clean answers, weighted as the training loss is, by
    normal equations in float64. ``progress`` is told how many prompts are done.
    """
    layers, width = model.layers + 1, model.width
    gram = torch.zeros(layers, width + 1, width + 1, dtype=torch.float64)
    moment = torch.zeros(layers, width + 1, dtype=torch.float64)
    pairs = model.limits.max_exemplars + 1
    for start in range(0, prompts, BATCH):
        _add_normal_equations(
            model, prior.sample(BATCH, pairs, generator(seed, 0, start)), gram, moment
        )
        progress(BATCH)
    penalty = RIDGE * gram.diagonal(dim1=1, dim2=2).mean(-1)
    gram += penalty[:, None, None] * torch.eye(width + 1, dtype=torch.float64)
    maps = torch.linalg.solve(gram, moment).float()
    return _scored(model, maps, prior, prompts // 4, seed, progress)


def _of_dimension(prior: Prior) -> dict[int, Prior]:
    """The prior's part for each dimension that it draws."""
    return {dim: prior.given(dim=dim) for dim in prior.dims}


def _add_normal_equations(
    model: InspectableModel, prompt: SampledPrompt, gram: Tensor, moment: Tensor
) -> None:
    """Add what a batch of prompts says to every layer's normal equations, in place."""
    weights = loss_weights(prompt, "visible").double().split(AT_ONCE)
    targets = prompt.clean.double().split(AT_ONCE)
    for states, weight, target in zip(_states(model, prompt), weights, targets, strict=True):
        for layer, here in enumerate(normalised(states)):
            features = nn.functional.pad(here.flatten(0, 1).double(), (0, 1), value=1.0)
            weighted = (features * weight.flatten()[:, None]).T
            gram[layer] += weighted @ features
            moment[layer] += weighted @ target.flatten()


def _states(model: InspectableModel, prompt: Prompt) -> Iterator[Tensor]:
    """States (layers + 1, b, k, width) at the questions of some prompts after the others."""
    parts = zip(prompt.x.split(AT_ONCE), prompt.y.split(AT_ONCE), strict=True)
    return (model.next_states(x, y) for x, y in parts)


def _scored(
    model: InspectableModel,
    maps: Tensor,
    prior: Prior,
    prompts: int,
    seed: int,
    progress: Callable[[int], None],
) -> LayerReadouts:
    dims, pairs = model.limits.max_dim, model.limits.max_exemplars + 1
    bare = LayerReadouts(maps, torch.empty(0), torch.empty(0))
    missed = torch.zeros(len(maps) + 1, dims, pairs, dtype=torch.float64)
    energy = torch.zeros(dims, pairs, dtype=torch.float64)
    for dim, part in _of_dimension(prior).items():
        for start in range(0, max(prompts // len(prior.dims), BATCH), BATCH):
            prompt = part.sample(BATCH, pairs, generator(seed, 1, dim, start))
            clean = prompt.clean.double()
            read = torch.cat([bare.read(some) for some in _states(model, prompt)], 1).double()
            bayes = part.bayes().predict_next(prompt.x, prompt.y).double()
            answers = torch.cat([read, bayes[None]])
            missed[:, dim - 1] += (answers - clean).square().sum(1)
            energy[dim - 1] += clean.square().sum(0)
            progress(BATCH)
    r2 = (1 - missed / energy).float()
    return LayerReadouts(maps, r2[:-1].contiguous(), r2[-1].contiguous())


@lru_cache(maxsize=16)
def load_layer_readouts(name: str, folder: Path = FOLDER) -> LayerReadouts:
    """The stored readouts of a checkpoint.

    Raises CheckpointError when there are none, or when they were fitted to
    other weights than the ones shipped.
    """
    manifest = read_manifest(folder)
    key = f"{name}.readouts"
    if key not in manifest:
        raise CheckpointError(
            f"No layer readouts are stored for {name!r}. Fit them: python -m icl_core probe {name}"
        )
    if manifest[key].get("model_sha256") != manifest.get(name, {}).get("sha256"):
        raise CheckpointError(
            f"The layer readouts of {name!r} belong to other weights. "
            f"Fit them again: python -m icl_core probe {name}"
        )
    tensors = read_tensors(key, folder)
    return LayerReadouts(tensors["maps"], tensors["r2"], tensors["bayes_r2"])
