"""The methods on screen: one label, colour, dash and rule each, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from icl_core import predictors
from icl_core.predictors import Predictor
from icl_core.tasks import FlagshipPrior
from ui.screen import Screen


@dataclass(frozen=True)
class Style:
    """How a method is drawn. Colours keep 3:1 contrast on their background."""

    label: str
    light: str
    dark: str
    dash: str
    width: float
    says: str


STYLES = {
    "transformer": Style(
        "Transformer", "#6d28d9", "#b794f6", "", 4, "learns from the prompt, weights fixed"
    ),
    "bayes": Style("Exact Bayes", "#1f2937", "#e5e7eb", "2 4", 2.5, "the best possible on average"),
    "ridge": Style("Ridge", "#0369a1", "#7dd3fc", "9 4", 2.5, "least squares, pulled to zero"),
    "ols": Style("OLS", "#0f766e", "#2dd4bf", "14 4 2 4", 2.5, "plain least squares"),
    "gd": Style("GD", "#c2410c", "#fb923c", "5 4", 2.5, "gradient descent from zero"),
    "sgd": Style("SGD", "#a16207", "#facc15", "3 3", 2.5, "one pass, a step for each point"),
    "knn": Style("k-NN", "#4d7c0f", "#a3e635", "1 3", 2.5, "mean of the nearest points"),
    "newton": Style("Newton", "#be185d", "#f472b6", "10 3 3 3", 2.5, "doubles its accuracy"),
}
TRUTH = Style("True line", "#6b7280", "#9ca3af", "", 1.5, "what made the points")


def matched_lambda(screen: Screen) -> float:
    """Ridge's penalty: the visitor's, or sigma² (weights have variance 1)."""
    return screen.sigma**2 if screen.lam is None else screen.lam


@lru_cache(maxsize=512)
def _rule(method: str, *settings: float | None) -> Predictor:
    first = settings[0] if settings else None
    match method:
        case "bayes":
            return predictors.bayes(FlagshipPrior())
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
    """The textbook predictor for a method, with the visitor's settings."""
    return _rule(method, *settings(screen, method))


TEXTBOOK = tuple(method for method in STYLES if method != "transformer")


def pad_styles() -> dict[str, dict[str, object]]:
    """Every style as the pad takes it, the true line's included."""
    return {name: dict(vars(style)) for name, style in [*STYLES.items(), ("truth", TRUTH)]}
