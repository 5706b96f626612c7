"""Decoder layers that were trained on trunks: which there are, how, and their weights."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from icl_core import trunks
from icl_core.checkpoints import FOLDER, CheckpointError, read_manifest, read_tensors
from icl_core.models.transformer import Transformer, TransformerConfig
from icl_core.priors import TrunkPrior
from icl_core.recipes import Recipe
from icl_core.training.trainer import with_tensors

NAME = "two-layers"
ON, ALONE, WHOLE = "on", "alone", "whole"
"""The added layers on a frozen trunk, the same layers on x itself, and with the trunk trained."""
TRUNKS = (trunks.RANDOM, trunks.FIXED, trunks.CONTROL)
LAYERS, SEEDS = (1, 2, 3, 4), (0, 1, 2)
STEPS, BATCH, EXEMPLARS, ADAMW_RATE = 1000, 32, 12, 4e-3


class Run(NamedTuple):
    """One training: on which trunk's tasks, what is trained, how many layers, which seed."""

    trunk: str
    what: str
    layers: int
    seed: int

    @property
    def name(self) -> str:
        """What its weights are called."""
        return f"{self.trunk}-{self.what}-{self.layers}-{self.seed}"

    @property
    def recipe(self) -> Recipe:
        """How it is trained: all runs alike but for what they are about."""
        return Recipe(
            self.name,
            TransformerConfig(trunks.FEATURES, EXEMPLARS, self.layers, width=32, heads=2),
            TrunkPrior(self.trunk),
            STEPS,
            BATCH,
            warmup=STEPS // 10,
            decay=STEPS // 2,
            adamw_lr=ADAMW_RATE,
            loss="uniform",
            seed=self.seed,
            trunk="" if self.what == ALONE else self.trunk,
            frozen=self.what != WHOLE,
        )


WANTED = ((ON, 2), (ON, 1), (ALONE, 2), (ON, 4), (ON, 3), (WHOLE, 2))
"""What is trained on each trunk, and with how many layers; what the study needs most comes first.

A decoder as large as the control stays frozen.
"""


def runs() -> list[Run]:
    """Every run, in the order in which they are trained: those of the first seed first."""
    return [
        Run(name, what, layers, seed)
        for seed in SEEDS
        for what, layers in WANTED
        for name in TRUNKS
        if not (what == WHOLE and name == trunks.CONTROL)
    ]


def stored_runs(folder: Path = FOLDER) -> dict[Run, dict[str, Any]]:
    """The runs whose weights are there, each with its note. CheckpointError without any."""
    manifest = read_manifest(folder)
    if NAME not in manifest:
        raise CheckpointError(f"There is no checkpoint {NAME!r} in {folder.name}.")
    notes = manifest[NAME]["runs"]
    return {run: notes[run.name] for run in runs() if run.name in notes}


@lru_cache(maxsize=64)
def load_run(run: Run, folder: Path = FOLDER) -> Transformer:
    """The network of a run, in eval mode. CheckpointError where it is missing."""
    if run not in stored_runs(folder):
        raise CheckpointError(f"There are no weights of {run.name!r} in {NAME!r}.")
    start = f"{run.name}."
    tensors = {
        key.removeprefix(start): value.float()
        for key, value in _all_tensors(folder).items()
        if key.startswith(start)
    }
    return with_tensors(run.recipe, tensors)


@lru_cache(maxsize=2)
def _all_tensors(folder: Path) -> dict[str, Any]:
    return read_tensors(NAME, folder)
