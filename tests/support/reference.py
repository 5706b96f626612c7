"""What the page should say, computed from the points by `icl_core` alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icl_core import load_model, predictors
from icl_core.models.base import InContextModel
from icl_core.predictors.base import Predictor
from icl_core.priors.mixture import FlagshipPrior
from ui.visitor.screen import Screen

PRINTED = 0.0056
"""Half of the last printed digit, and what rounding twice adds."""

DRAWN = 0.004
"""What a line loses by being drawn to a tenth of a pixel."""


def with_constant(xs: Sequence[float]) -> np.ndarray:
    """Abscissae as the plane's features (1, k, 2): x and the constant 1."""
    return np.stack([np.asarray(xs, "float32"), np.ones(len(xs), "float32")], axis=-1)[None]


def answers(
    points: Sequence[tuple[float, float]], queries: Sequence[float], screen: Screen
) -> dict[str, np.ndarray]:
    """Every method's predictions at the queries, from points on the plane with an intercept."""
    x = with_constant([point[0] for point in points])
    y = np.asarray([[point[1] for point in points]], "float32")
    set_ = screen.settings
    rules: dict[str, InContextModel | Predictor] = {
        "transformer": load_model("playground"),
        "bayes": predictors.bayes(FlagshipPrior()),
        "ridge": predictors.ridge(screen.sigma**2 if set_["lam"] is None else set_["lam"]),
        "ols": predictors.ols(),
        "gd": predictors.gd(set_["steps"], set_["rate"]),
        "sgd": predictors.sgd(set_["sgd_rate"]),
        "knn": predictors.knn(set_["neighbours"], set_["weighted"]),
        "newton": predictors.newton(set_["newton"]),
    }
    asked = with_constant(queries)
    return {method: rule.predict(x, y, asked)[0] for method, rule in rules.items()}


def told(points: Sequence[tuple[float, float]], screen: Screen) -> dict[str, float]:
    """Every method's answer at the screen's query."""
    at_query = answers(points, [screen.query], screen)
    return {method: float(answer[0]) for method, answer in at_query.items()}
