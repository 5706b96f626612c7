"""The textbook predictors with the visitor's settings."""

from __future__ import annotations

from functools import lru_cache

from icl_core import predictors
from icl_core.predictors.base import Predictor
from ui.visitor.screen import Screen


def matched_lambda(screen: Screen) -> float:
    """Ridge's penalty: the visitor's, or sigma² (weights have variance 1)."""
    return screen.sigma**2 if screen.lam is None else screen.lam


@lru_cache(maxsize=512)
def _rule(method: str, *settings: float | None) -> Predictor:
    first = settings[0] if settings else None
    match method:
        case "ridge":
            return predictors.ridge(first or 0.0)
        case "ols":
            return predictors.ols()
        case "gd":
            return predictors.gd(int(first or 0), settings[1])
        case "sgd":
            return predictors.sgd(first or 0.0)
        case "knn":
            return predictors.knn(int(first or 1), bool(settings[1]))
        case "newton":
            return predictors.newton(int(first or 0))
    raise ValueError(f"{method!r} is not a textbook method.")


def settings(screen: Screen, method: str) -> tuple[float | None, ...]:
    """The numbers that a method's rule depends on."""
    match method:
        case "ridge":
            return (matched_lambda(screen),)
        case "gd":
            return (screen.steps, screen.rate)
        case "sgd":
            return (screen.sgd_rate,)
        case "knn":
            return (screen.neighbours, screen.weighted)
        case "newton":
            return (screen.newton,)
    return ()


def rule(screen: Screen, method: str) -> Predictor:
    """The textbook predictor for a method, with the visitor's settings; Bayes' is its law's."""
    return _rule(method, *settings(screen, method))
