"""Everything a visitor can set on the construction page, as one typed table."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.priors import SIGMAS
from ui.visitor.fields import Codec, Field, between, flag, nearest_of, one_of, optional, whole
from ui.visitor.screen import Screen

PROGRAMS = ("sgd", "ridge", "gd")
MAX_DIM, MAX_PAIRS, MAX_GD_STEPS = 4, 20, 20
"""What the grid of slots can show."""

MAX_STEP = 9 * MAX_PAIRS + 5
"""Layers of the longest program that the grid can show."""


@dataclass(frozen=True)
class ConstructionSettings:
    """What is on the construction page.

    program: one of `PROGRAMS`; source: "playground" for the visitor's prompt there,
    "sample" for one drawn here, which ``d`` … ``seed`` describe. rate None is a rate
    that fits the prompt; ``steps`` are those of gradient descent; ``step`` is the layer
    shown. depth, start and mix belong to the trained layers: how many, from which
    seed, and how far on the way to the construction.
    """

    program: str = "sgd"
    source: str = "playground"
    d: int = 2
    intercept: bool = True
    k: int = 4
    sigma: float = 0.1
    seed: int = 1
    rate: float | None = None
    decay: float = 0.0
    lam: float = 0.1
    steps: int = 8
    step: int = 0
    depth: int = 1
    start: int = 0
    mix: float = 0.0


# Every key starts with c: the playground's share the link.
CODEC = Codec(
    ConstructionSettings(),
    (
        Field("program", "cp", "program", one_of(*PROGRAMS)),
        Field("source", "cq", "prompt", one_of("playground", "sample")),
        Field("d", "cd", "d", whole(1, MAX_DIM)),
        Field("intercept", "ci", "intercept", flag),
        Field("k", "ck", "k", whole(1, MAX_PAIRS)),
        Field("sigma", "cs", "noise", nearest_of(*SIGMAS)),
        Field("seed", "cn", "seed", whole(0, 999_999)),
        Field("rate", "cr", "rate", optional(between(0, 100))),
        Field("decay", "cw", "weight decay", between(0, 100)),
        Field("lam", "cl", "λ", between(0, 100)),
        Field("steps", "cg", "GD steps", whole(1, MAX_GD_STEPS)),
        Field("step", "ct", "step", whole(0, MAX_STEP)),
        Field("depth", "cm", "trained layers", whole(1, 2)),
        Field("start", "cz", "training seed", whole(0, 999_999)),
        Field("mix", "cu", "mixture", between(0, 1)),
    ),
    page="construction",
)


def prompt_screen(proof: ConstructionSettings, screen: Screen) -> Screen:
    """The screen whose prompt the program runs on: the playground's or a sampled one."""
    if proof.source == "playground":
        return screen
    return Screen(
        points=None,
        d=proof.d,
        intercept=proof.intercept,
        k=proof.k,
        sigma=proof.sigma,
        seed=proof.seed,
        query=screen.query,
    )
