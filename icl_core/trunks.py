"""The frozen trunks: a random MLP, an MLP of one task, and a decoder that knows one task.

They are made once, by `make_trunks`, and lie in ``checkpoints/trunks.safetensors``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from icl_core.checkpoints import (
    CheckpointError,
    load_decoder,
    read_manifest,
    read_tensors,
)
from icl_core.models.trunk import MLP, DecoderStates, Trunk, fingerprint, register_trunk, whitened
from icl_core.priors import CurvePrior
from icl_core.priors.trunk import abscissae
from icl_core.prompts import generator

NAME = "trunks"
RANDOM, FIXED, CONTROL = "random", "fixed", "control"
FEATURES, HIDDEN, BLOCK = 4, 64, 4
"""Components that are kept; units of a hidden layer; the block of the decoder that is read."""
SPREAD, REACH = 1.5, 3.0
TASK_FAMILY, TASK_STEPS, TASK_BATCH, TASK_RATE = "rbf-0.8", 1500, 128, 2e-3
SEEDS = {RANDOM: 1, FIXED: 4}


def _seeded_mlp(seed: int) -> MLP:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator(seed).initial_seed())
        return MLP(1, HIDDEN, SPREAD, REACH)


def trained_mlp(seed: int, steps: int = TASK_STEPS) -> tuple[MLP, float]:
    """An MLP that has learned one fixed curve, and the R² that it came to on all abscissae.

    The curve is one draw of the family `TASK_FAMILY`; Adam on its squared error.
    """
    body, gen = _seeded_mlp(seed), generator(seed, 1)
    curve = CurvePrior((TASK_FAMILY,)).sample(1, 1, gen).task
    optimiser = torch.optim.Adam(body.parameters(), lr=TASK_RATE)
    for _ in range(steps):
        x = (2 * torch.rand(TASK_BATCH, 1, generator=gen) - 1) * float(abscissae().max())
        missed = body.answer(body(x))[:, 0] - curve.answer(x[None])[0]
        optimiser.zero_grad()
        missed.square().mean().backward()
        optimiser.step()
    with torch.no_grad():
        y = curve.answer(abscissae()[None])[0]
        missed = body.answer(body(abscissae()))[:, 0] - y
    return body, 1 - float(missed.square().mean() / y.var(correction=0))


def make_trunks() -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of all trunks, by trunk and name, and what there is to know of them."""
    body, r2 = trained_mlp(SEEDS[FIXED])
    bodies = {
        RANDOM: _seeded_mlp(SEEDS[RANDOM]),
        FIXED: body,
        CONTROL: DecoderStates(load_decoder("control"), BLOCK),
    }
    tensors: dict[str, Tensor] = {}
    notes: dict[str, Any] = {}
    for name, one in bodies.items():
        made = whitened(one, abscissae(), FEATURES)
        kept = made.state_dict()
        if name == CONTROL:
            kept = {key: value for key, value in kept.items() if not key.startswith("body.")}
        tensors |= {f"{name}.{key}": value for key, value in kept.items()}
        notes[name] = {"fingerprint": fingerprint(made)}
    notes[FIXED]["r2"] = round(r2, 4)
    notes[CONTROL] |= {"of": "control", "sha256": read_manifest()["control"]["sha256"]}
    return tensors, notes


def load_trunk(name: str) -> Trunk:
    """A trunk as it was stored. CheckpointError where it is missing or was changed."""
    stored = {
        key.removeprefix(f"{name}."): value
        for key, value in read_tensors(NAME).items()
        if key.startswith(f"{name}.")
    }
    body = (
        DecoderStates(load_decoder("control"), BLOCK)
        if name == CONTROL
        else MLP(1, HIDDEN, SPREAD, REACH)
    )
    made = Trunk(body, 1, stored["mean"], stored["turn"])
    made.load_state_dict(stored, strict=name != CONTROL)
    if fingerprint(made) != read_manifest()[NAME]["trunks"][name]["fingerprint"]:
        raise CheckpointError(f"The trunk {name!r} is not the one that its layers were trained on.")
    return made


for _name in (RANDOM, FIXED, CONTROL):
    register_trunk(_name, partial(load_trunk, _name))
