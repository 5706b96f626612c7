"""``study families``: which family of curves the network's hidden states tell, layer by layer.

A linear probe (multinomial logistic regression, Alain and Bengio, 2016, §3) for each layer and
k reads the family off the normalised state at y_k's token. What it reads off a network of the
same shape with random weights is the probe's own; exact Bayes, which names the family that its
posterior holds likeliest, is the ceiling.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core.checkpoints import FOLDER, CheckpointError, load_decoder, load_prior, read_manifest
from icl_core.evaluation import Row
from icl_core.metrics import bootstrap_mean
from icl_core.models.transformer import Transformer
from icl_core.predictors.processes import ProcessMixture
from icl_core.priors.curves import CurveTask
from icl_core.probes.fit import random_twin
from icl_core.probes.targets import normalised
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import SampledPrompt, generator
from icl_core.studies.profiles import Table, triples

NAME, NETWORK = "families", "curves"
PROMPTS, SEED = 768, 9700
KS = (2, 4, 8, 16, 32)
FITTED_ON = 6
"""Prompts for the fit, to each that is counted."""
BATCH = 64
PENALTY, STEPS = 1e-3, 60
"""Of the squared weights of a probe, and L-BFGS's iterations."""


class Seen(NamedTuple):
    """states: (layers + 1, B, ks, width), normalised; family: (B,), places in the law's."""

    states: Tensor
    family: Tensor


def run_families(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each layer, the embedding first; see `layer_row`.

    ``prompts`` fresh ones are counted, `FITTED_ON` times as many are for the fit.
    ``progress`` is told the share done. CheckpointError where the network is missing.
    """
    manifest = read_manifest(folder)
    if NETWORK not in manifest:
        raise CheckpointError(f"There is no checkpoint {NETWORK!r} in {folder.name}.")
    model, law = load_decoder(NETWORK, folder=folder), load_prior(NETWORK, folder)
    rule, families = law.bayes(), list(law.families_apart)
    if not isinstance(rule, ProcessMixture):
        raise CheckpointError(f"{NETWORK} was not trained on curves, but on {law.describe()}.")
    fit, held = (
        law.sample(count, max(KS), generator(seed, stream))
        for stream, count in enumerate((FITTED_ON * prompts, prompts))
    )
    networks = {"trained": model, "random": random_twin(model.config, seed)}
    told = {}
    for i, (name, network) in enumerate(networks.items()):
        shown = [
            seen(network, drawn, part_of(progress, 3 * i + j, 6))
            for j, drawn in enumerate((fit, held))
        ]
        told[name] = named_by(fitted(shown[0], len(families)), shown[1].states)
        part_of(progress, 3 * i + 2, 6)(1.0)
    believed = rule.belief(held.x, held.y)[:, list(KS)].sum(-1).argmax(-1)
    family = _families(held)
    run = {key: manifest[NETWORK][key] for key in ("sha256", "prompts")}
    return {
        "study": NAME,
        "title": "Which family of curves the hidden states tell",
        "prompts": prompts,
        "seed": seed,
        "ks": list(KS),
        "families": families,
        "bayes": _shares(believed == family[:, None], seed),
        "members": [
            {
                "label": f"layer {layer}" if layer else "embedding",
                "at": layer,
                "runs": {NETWORK: run},
                **layer_row(
                    {who: part[layer] for who, part in told.items()}, family, believed, seed
                ),
            }
            for layer in range(model.config.layers + 1)
        ],
    }


def layer_row(told: dict[str, Tensor], family: Tensor, believed: Tensor, seed: int) -> Table:
    """How often the probes of one layer are right, and how often they say what Bayes does.

    told: by network, families named, (B, ks); family: (B,), the true ones; believed: (B, ks),
    Bayes' likeliest. Each a list over k of [value, low, high], over prompts.
    """
    return {
        "right": {who: _shares(part == family[:, None], seed) for who, part in told.items()},
        "as_bayes": {who: _shares(part == believed, seed) for who, part in told.items()},
    }


def _shares(hits: Tensor, seed: int) -> list[list[float]]:
    return triples(bootstrap_mean(hits.double(), seed=seed))


# --- the probe -----------------------------------------------------------------------------


def seen(network: Transformer, drawn: SampledPrompt, progress: ProgressCallback = silent) -> Seen:
    """The states at the tokens of y_k, k of `KS`."""
    at, parts = [2 * k - 1 for k in KS], []
    for start in range(0, len(drawn.x), BATCH):
        x, y = drawn.x[start : start + BATCH], drawn.y[start : start + BATCH]
        states = network.inspect(x, y, x[:, :0]).context_states[:, :, at]
        parts.append(normalised(states).cpu())
        progress((start + len(x)) / len(drawn.x))
    return Seen(torch.cat(parts, dim=1), _families(drawn))


def _families(drawn: SampledPrompt) -> Tensor:
    """Of which family each prompt is: (B,)."""
    assert isinstance(drawn.task, CurveTask)
    return drawn.task.family


def fitted(shown: Seen, families: int) -> Tensor:
    """The probes of all layers and k, (layers + 1, ks, width + 1, families), in one descent."""
    layers, _, ks, width = shown.states.shape
    features = _with_one(shown.states)
    weights = torch.zeros(layers, ks, width + 1, families, requires_grad=True)
    wanted = shown.family.view(1, -1, 1).expand(layers, -1, ks)
    descent = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        descent.zero_grad()
        scores = torch.einsum("lbkw,lkwf->lbkf", features, weights)
        missed = nn.functional.cross_entropy(scores.flatten(0, 2), wanted.flatten())
        total: Tensor = layers * ks * missed + PENALTY * weights.square().sum()
        total.backward()
        return total

    descent.step(loss)
    return weights.detach()


def named_by(weights: Tensor, states: Tensor) -> Tensor:
    """The likeliest family by each probe: (layers + 1, B, ks)."""
    return torch.einsum("lbkw,lkwf->lbkf", _with_one(states), weights).argmax(-1)


def _with_one(states: Tensor) -> Tensor:
    return nn.functional.pad(states, (0, 1), value=1.0)


# --- for a shell, and to compare -----------------------------------------------------------


def families_rows(table: Table) -> list[Row]:
    """A line for each layer and network: how often the family is named; Bayes last."""
    lines: list[Row] = [
        {"layer": row["label"], "network": who, **_by_k(table, bounds)}
        for row in table["members"]
        for who, bounds in row["right"].items()
    ]
    return [*lines, {"layer": "", "network": "exact Bayes", **_by_k(table, table["bayes"])}]


def _by_k(table: Table, bounds: list[list[float]]) -> Row:
    return {f"k = {k}": value for k, (value, _, _) in zip(table["ks"], bounds, strict=True)}


def families_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of both tables, row by row, Bayes' own first."""
    yield from zip(new["bayes"], old["bayes"], strict=True)
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for part in ("right", "as_bayes"):
            for who, bounds in mine[part].items():
                yield from zip(bounds, theirs[part][who], strict=True)
