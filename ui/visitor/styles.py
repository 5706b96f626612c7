"""How each method is drawn, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass


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


TEXTBOOK = tuple(method for method in STYLES if method != "transformer")


def pad_styles() -> dict[str, dict[str, object]]:
    """Every style as the pad takes it, the true line's included."""
    return {name: dict(vars(style)) for name, style in [*STYLES.items(), ("truth", TRUTH)]}
