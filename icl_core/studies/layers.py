"""Layer by layer: the steps of gradient descent and of Newton that a readout matches.

Fu et al. (2024, §5) read an answer off every layer of a transformer and find the step
of each iterative algorithm that answers most like it, over many prompts: if the best
step grows evenly with the layer for Newton and by a factor for gradient descent, the
layers converge as Newton does. A likeness of answers, not of mechanism.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, load_decoder, load_prior, read_manifest
from icl_core.matching import along
from icl_core.metrics import bootstrap_ratio, resampled_least
from icl_core.probes.readouts import load_layer_readouts
from icl_core.progress import ProgressCallback, silent
from icl_core.studies.profiles import Table, ask, short

NETWORK, DIM = "playground", 8
STEPS = {
    "GD": torch.cat([torch.arange(32.0), torch.logspace(5, 14, 55, base=2).round()]),
    "Newton": torch.arange(21.0),
}
"""The steps asked of each family. GD's step 0 answers 0; Newton's is its starting point."""

BATCH = 64


def layer_rows(
    ks: Sequence[int],
    tasks: int,
    seed: int,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> list[Table]:
    """A row for each layer; ``progress`` is told the share done.

    A row's regions are the ``ks``: in each by family ``steps``, the step nearest to the
    layer's readout over one half of the prompts with a 95 % interval over them, and
    ``spd``, the share of the readout's energy that it leaves unexplained on the other
    half. The network is asked about plain tasks of `DIM` features without noise.
    Raises CheckpointError where it or its readouts are missing.
    """
    model, readouts = load_decoder(NETWORK, folder=folder), load_layer_readouts(NETWORK, folder)
    prior = load_prior(NETWORK, folder).with_plain_inputs().given(DIM, False, 0.0)
    asked = ask(prior, ks, tasks, seed)
    regions: list[dict[str, Table]] = [{} for _ in range(model.layers + 1)]
    for i, k in enumerate(ks):
        x, y = asked.x[:, :k], asked.y[:, :k]
        states = [
            model.inspect(x[at], y[at], asked.queries[at]).query_states
            for at in (slice(start, start + BATCH) for start in range(0, tasks, BATCH))
        ]
        read = readouts.read(torch.cat(states, dim=1))
        energy, far = along(x, y, asked.queries, read, STEPS)
        for layer, region in enumerate(regions):
            found = {
                name: _nearest(name, part[layer], energy[layer], seed) for name, part in far.items()
            }
            region[f"k = {k}"] = {
                "spd": {name: part["unexplained"] for name, part in found.items()},
                "ilwd": {},
                "steps": {name: part["step"] for name, part in found.items()},
            }
        progress((i + 1) / len(ks))
    note = read_manifest(folder)[NETWORK]
    run = {key: note[key] for key in ("sha256", "prompts", "wall_seconds")}
    return [
        {
            "label": f"layer {layer}",
            "at": layer,
            "runs": {NETWORK: run},
            "dim": DIM,
            "regions": region,
        }
        for layer, region in enumerate(regions)
    ]


def _nearest(family: str, far: Tensor, energy: Tensor, seed: int) -> dict[str, list[float]]:
    """The nearest step of a family and what it leaves unexplained; far: (B, C), energy: (B,)."""
    best, low, high = resampled_least(far[::2], seed=seed)
    left = bootstrap_ratio(far[1::2, best], energy[1::2], seed=seed)
    steps = STEPS[family]
    return {
        "step": [float(steps[index]) for index in (best, low, high)],
        "unexplained": [short(bound) for bound in left],
    }
