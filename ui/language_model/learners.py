"""Who answers on the page's pad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from icl_core import predictors
from icl_core.arrays import ArrayLike, as_tensor, like_input
from icl_core.predictors.base import Predictor
from icl_core.priors import Prior
from ui.language_model.settings import GD, LANGUAGE, MEAN, NEAREST, OLS, RIDGE
from ui.visitor.methods import NETWORK, Asked, Method, Values, style_of
from ui.visitor.screen import MAX_POINTS

PENALTY = 0.0625
"""Of ridge: σ² for the noise of ¼ that the stored study has, and a task of size 1."""
NEAR = 1e-4
"""Of the way to a place without an answer, up to which a line goes."""
RULES: Mapping[str, Predictor] = {
    RIDGE: predictors.ridge(PENALTY),
    OLS: predictors.ols(),
    GD: predictors.gd(1),
    NEAREST: predictors.knn(1),
    MEAN: predictors.knn(MAX_POINTS),
}
"""One step of gradient descent; as neighbours who are all of the points, their mean."""
LOOK = replace(
    style_of("newton"), label="Language model", dash="", width=4, says="goes on with the text"
)


@dataclass(frozen=True)
class AtPlaces(Predictor):
    """What was answered at some places of the plane, straight in between.

    at: rising; values: None where there is no answer, and then none up to the next place on both
    sides. It knows nothing else, so `predict_next` has no numbers in it.
    """

    at: tuple[float, ...]
    values: tuple[float | None, ...]
    name: str = "Language model"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        asked = as_tensor(queries, "queries")[..., 0].double().numpy()
        at, values = np.array(self.at), np.array(self.values, dtype=float)
        gone = np.isnan(values)
        line = np.interp(asked, at[~gone], values[~gone])
        # Beside a place lies where float32 writes the place itself.
        beside = np.interp(asked, at, gone) > NEAR
        return like_input(torch.as_tensor(np.where(beside, np.nan, line)), queries)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        return like_input(torch.full(as_tensor(y, "y").shape, torch.nan), y)


def learners(answered: AtPlaces | None) -> tuple[Method, ...]:
    """The methods of the pad, the language model first where it has answered this very prompt."""
    language = (
        ()
        if answered is None
        else (Method(LANGUAGE, LOOK, make=lambda _, __: answered, gaps=True),)
    )
    return (
        *language,
        Method(
            NETWORK,
            replace(style_of(NETWORK), says="the lab's own network"),
            make=None,
            kind="network",
        ),
        *(
            Method(name, LOOKS[name], make=_answers_as(rule), fine=name == NEAREST)
            for name, rule in RULES.items()
        ),
    )


LOOKS = {
    RIDGE: style_of("ridge"),
    OLS: style_of("ols"),
    GD: replace(style_of("gd"), label="GD, 1 step"),
    NEAREST: replace(style_of("knn"), label="1-NN", says="the nearest point's y"),
    MEAN: replace(style_of("sgd"), label="Mean", says="the mean of all y"),
}


def _answers_as(rule: Predictor) -> Callable[[Values, Prior], Asked]:
    return lambda _, __: rule
