"""A recipe that is trained in a second, and what its tests wait with."""

from __future__ import annotations

import os
from dataclasses import replace

from icl_core.models.transformer import TransformerConfig
from icl_core.priors.mixture import FlagshipPrior
from icl_core.recipes import Recipe
from tests.support.server import ROOT

TINY = Recipe(
    name="tiny",
    model=TransformerConfig(max_dim=2, max_exemplars=5, layers=1, width=16, heads=2),
    prior=FlagshipPrior(max_dim=2, dim=2, intercept=True, sigmas=(0.25,)),
    steps=40,
    batch=8,
    warmup=5,
    decay=10,
    seed=3,
)
ENDLESS = replace(TINY, steps=1_000_000)


def own_environment() -> dict[str, str]:
    """One thread, and the code of this tree."""
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
