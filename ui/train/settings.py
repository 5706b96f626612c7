"""What a visitor can set on the page that trains, and the recipe that it comes to."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core import priors
from icl_core.models.transformer import TransformerConfig
from icl_core.priors import FlagshipPrior, PoolPrior, Prior
from icl_core.recipes import Recipe
from ui.visitor.fields import Codec, Field, nearest_of, one_of, whole
from ui.visitor.settings import Settings

EXEMPLARS, HEADS, BATCH, WARMUP = 16, 4, 64, 50
ADAMW_RATES = {"muon": 1e-3, "adamw": 3e-3}
"""With all weights to move, the best of 1, 3 and 10 · 10⁻³ after 600 steps of the default."""
WIDTHS = (16, 32, 48, 64)
LAYERS = (1, 2, 3, 4)
STEPS = (200, 500, 1000, 1500, 2000)
SIGMAS = tuple(sigma for sigma in priors.SIGMAS if sigma > 0)
"""Without noise Bayes makes no error, and an excess over it says nothing."""

OPTIMISERS = {"muon": "Muon", "adamw": "AdamW"}
TASKS = {1: "y = w·x", 2: "y = w·x + b"}
ALWAYS_NEW = "all"
POOLS = {ALWAYS_NEW: "always new", "64": "64", "16": "16", "4": "4", "2": "2"}
"""How many tasks a training ever sees, by what stands for it in a link."""


@dataclass(frozen=True)
class TrainingSettings:
    """What is to be trained. d counts features, with d = 2 the second is the constant 1.

    pool: how many tasks it ever sees, see `POOLS`.
    """

    d: int = 2
    sigma: float = 0.25
    pool: str = ALWAYS_NEW
    layers: int = 2
    width: int = 64
    optimiser: str = "muon"
    steps: int = 1000
    seed: int = 1


# Every key starts with t: the prompt's share the link.
CODEC = Codec(
    TrainingSettings(),
    (
        Field("d", "td", "task", whole(1, 2)),
        Field("sigma", "ts", "noise", nearest_of(*SIGMAS)),
        Field("pool", "tm", "tasks that it ever sees", one_of(*POOLS)),
        Field("layers", "tl", "layers", whole(LAYERS[0], LAYERS[-1])),
        Field("width", "tw", "width", lambda value: int(nearest_of(*WIDTHS)(value))),
        Field("optimiser", "to", "optimiser", one_of(*OPTIMISERS)),
        Field("steps", "tn", "steps", lambda value: int(nearest_of(*STEPS)(value))),
        Field("seed", "tr", "seed of the training", whole(0, 999_999)),
    ),
    page="train",
)

SETTINGS = Settings(CODEC)


def recipe_of(wanted: TrainingSettings) -> Recipe:
    """The recipe, for the project's own trainer."""
    shape = f"{wanted.layers}x{wanted.width}"
    pool = "" if wanted.pool == ALWAYS_NEW else f"-tasks{wanted.pool}"
    return Recipe(
        name=f"{wanted.optimiser}-{shape}-d{wanted.d}{pool}-seed{wanted.seed}",
        model=TransformerConfig(
            max_dim=wanted.d,
            max_exemplars=EXEMPLARS,
            layers=wanted.layers,
            width=wanted.width,
            heads=HEADS,
        ),
        prior=law_of(wanted),
        steps=wanted.steps,
        batch=BATCH,
        warmup=WARMUP,
        decay=wanted.steps // 2,
        seed=wanted.seed,
        optimiser=wanted.optimiser,
        adamw_lr=ADAMW_RATES[wanted.optimiser],
    )


def law_of(wanted: TrainingSettings) -> Prior:
    """Always new tasks, or one of a pool that the seed draws; smaller pools begin larger ones."""
    if wanted.pool == ALWAYS_NEW:
        return FlagshipPrior(
            max_dim=wanted.d,
            dim=wanted.d,
            intercept=wanted.d == 2,
            sigmas=(wanted.sigma,),
        )
    return PoolPrior(
        wanted.d,
        int(wanted.pool),
        wanted.sigma,
        inputs="drawn",
        intercept=wanted.d == 2,
        seed=wanted.seed,
    )


def label_of(recipe: Recipe) -> str:
    """A run in a few words: what sets it apart from the others."""
    shape, prior = recipe.model, recipe.prior
    layers = "1 layer" if shape.layers == 1 else f"{shape.layers} layers"
    pool = "" if prior.pool is None else f", {len(prior.pool)} tasks"
    return (
        f"{OPTIMISERS[recipe.optimiser]}, {layers} × {shape.width}, "
        f"d = {shape.max_dim}, σ = {prior.sigmas[0]:g}{pool}, seed {recipe.seed}"
    )
