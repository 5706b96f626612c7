"""Make icl_core/data/drawings.json: prompts as people draw them at the pad, on its 0.05 grid.

Run once: python tests/data/make_drawings.py. Each habit has six drawings, none
of them sampled from the training prior.
"""

import json
from pathlib import Path

import numpy as np

Drawing = tuple[np.ndarray, np.ndarray]
RNG = np.random.default_rng(20230501)
DRAWINGS_PER_HABIT = 6


def line(x: np.ndarray, steepest: float = 1.2, noise: float = 0.25) -> np.ndarray:
    slope, offset = RNG.uniform(-steepest, steepest), RNG.uniform(-1.2, 1.2)
    y: np.ndarray = slope * x + offset + noise * RNG.standard_normal(len(x))
    return y


def one_side() -> Drawing:
    x = RNG.choice([-1, 1]) * RNG.uniform(0.8, 2.6, 9)
    return x, line(x)


def two_clusters() -> Drawing:
    x = np.concatenate([RNG.normal(-1.6, 0.2, 5), RNG.normal(1.4, 0.2, 5)])
    return x, line(x)


def one_cluster() -> Drawing:
    x = RNG.normal(RNG.uniform(-1.5, 1.5), 0.15, 8)
    return x, line(x, steepest=0.6, noise=0.1)


def steep_line() -> Drawing:
    x = np.linspace(-0.9, 0.9, 8)
    return x, RNG.choice([-1, 1]) * RNG.uniform(2.0, 3.0) * x + 0.1 * RNG.standard_normal(8)


def one_outlier() -> Drawing:
    x = np.linspace(-2.2, 2.2, 9)
    y = line(x, steepest=0.8, noise=0.1)
    y[RNG.integers(9)] += RNG.choice([-2.5, 2.5])
    return x, y


def repeated_x() -> Drawing:
    x = np.repeat(RNG.uniform(-2, 2, 3), 3)
    return x, line(x)


def two_points() -> Drawing:
    x = RNG.uniform(-2, 2, 2)
    return x, RNG.uniform(-1.5, 1.5, 2)


def forty_points() -> Drawing:
    x = RNG.uniform(-2.5, 2.5, 40)
    return x, line(x, noise=0.5)


def left_to_right() -> Drawing:
    x = np.linspace(-2.5, 2.5, 12)
    return x, line(x)


def flat_line() -> Drawing:
    x = np.linspace(-2, 2, 7)
    return x, np.full(7, RNG.uniform(-1.5, 1.5))


HABITS = [
    one_side,
    two_clusters,
    one_cluster,
    steep_line,
    one_outlier,
    repeated_x,
    two_points,
    forty_points,
    left_to_right,
    flat_line,
]


def on_grid(x: np.ndarray, y: np.ndarray) -> list[list[float]]:
    points = np.stack([x.clip(-3, 3), y.clip(-4, 4)], axis=1)
    rounded: list[list[float]] = (np.round(points / 0.05) * 0.05).round(2).tolist()
    return rounded


drawings = [
    {"habit": habit.__name__.replace("_", " "), "points": on_grid(*habit())}
    for habit in HABITS
    for _ in range(DRAWINGS_PER_HABIT)
]
(Path(__file__).parents[2] / "icl_core" / "data" / "drawings.json").write_text(
    "[\n" + ",\n".join(json.dumps(drawing) for drawing in drawings) + "\n]\n"
)
