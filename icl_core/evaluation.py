"""How close a model comes to the best possible predictor, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.metrics import bootstrap_ratio, squared_error
from icl_core.models.transformer import Transformer
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import Prompt, generator

EVALUATED_DIMS = (1, 2, 3, 4, 6, 8)
BATCH = 128
Row = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One corner of the prior: a dimension, with or without intercept, one law of x."""

    dim: int
    intercept: bool
    inputs: str


def flagship_cells() -> list[Cell]:
    """Every evaluated (d, intercept), on inputs as drawn and on plain ones."""
    return [
        Cell(dim, intercept, inputs)
        for inputs in ("drawn", "plain")
        for dim in EVALUATED_DIMS
        for intercept in ((False, True) if dim > 1 else (False,))
    ]


def predict_batched(model: Transformer, prompt: Prompt) -> Tensor:
    """The model's next-answer predictions, (B, k), in batches that fit a cache."""
    device = model.positions.device
    with torch.inference_mode():
        parts = [
            model(prompt.x[i : i + BATCH].to(device), prompt.y[i : i + BATCH].to(device)).cpu()
            for i in range(0, len(prompt.y), BATCH)
        ]
    return torch.cat(parts)


def _oracle_ridge(prompt: Prompt, sigmas: tuple[float, ...], tau: float) -> Tensor:
    """Ridge told the true sigma of every prompt: (B, k)."""
    assert prompt.sigma is not None
    predicted = torch.zeros_like(prompt.y)
    for sigma in sigmas:
        rows = prompt.sigma == torch.tensor(sigma)
        if rows.any():
            rule = predictors.ridge((sigma / tau) ** 2)
            predicted[rows] = rule.predict_next(prompt.x[rows], prompt.y[rows])
    return predicted


def _row(cell: dict[str, Any], part: dict[str, Tensor], clean: Tensor, seed: int) -> Row:
    """Errors and distances over k >= 1, averaged over prompts and k."""
    model, bayes, oracle = (part[key][:, 1:].double() for key in ("model", "bayes", "oracle"))
    clean = clean[:, 1:].double()
    gap = squared_error(model, bayes).mean(-1)
    floor = squared_error(bayes, clean).mean(-1)
    excess = bootstrap_ratio(gap, floor, seed=seed)
    return {
        **cell,
        "tasks": len(clean),
        "model_error": float(squared_error(model, clean).mean()),
        "bayes_error": float(floor.mean()),
        "oracle_ridge_error": float(squared_error(oracle, clean).mean()),
        "excess": 1 + excess.value,
        "excess_low": 1 + excess.low,
        "excess_high": 1 + excess.high,
        "spd_bayes": float(gap.mean()),
        "spd_oracle_ridge": float(squared_error(model, oracle).mean()),
    }


def evaluate_cell(model: Transformer, cell: Cell, tasks: int, seed: int) -> list[Row]:
    """One row for each sigma and one, ``sigma`` None, pooled over the hidden sigma.

    ``tasks`` prompts for each sigma. Excess over Bayes is
    1 + E(model − Bayes)²/E(Bayes − clean)² over k >= 1.
    """
    prior = FlagshipPrior(dim=cell.dim, intercept=cell.intercept, inputs=cell.inputs)
    gen = generator(seed, cell.dim, cell.intercept, cell.inputs == "plain")
    pairs = model.config.max_exemplars + 1
    prompts = [replace(prior, sigma=sigma).sample(tasks, pairs, gen) for sigma in prior.sigmas]
    parts = [_predictions(model, prompt, prior) for prompt in prompts]
    cleans = [prompt.clean for prompt in prompts if prompt.clean is not None]
    name = {"dim": cell.dim, "intercept": cell.intercept, "inputs": cell.inputs}
    pooled = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    rows = [
        _row({**name, "sigma": sigma}, part, clean, seed)
        for sigma, part, clean in zip(prior.sigmas, parts, cleans, strict=True)
    ]
    return [_row({**name, "sigma": None}, pooled, torch.cat(cleans), seed), *rows]


def _predictions(
    model: Transformer, prompt: Prompt, prior: FlagshipPrior | PlainPrior
) -> dict[str, Tensor]:
    return {
        "model": predict_batched(model, prompt),
        "bayes": predictors.bayes(prior).predict_next(prompt.x, prompt.y),
        "oracle": _oracle_ridge(prompt, prior.sigmas, prior.tau),
    }


def evaluate_flagship(model: Transformer, tasks: int, seed: int) -> Iterator[list[Row]]:
    """The rows of every cell, a cell at a time."""
    for cell in flagship_cells():
        yield evaluate_cell(model, cell, tasks, seed)


def evaluate_plain(
    model: Transformer, prior: PlainPrior, tasks: int, seed: int
) -> Iterator[list[Row]]:
    """One row: the prior that the model was trained on."""
    prompt = prior.sample(tasks, model.config.max_exemplars + 1, generator(seed))
    assert prompt.clean is not None
    cell = {"dim": prior.dim, "intercept": False, "inputs": "plain", "sigma": prior.sigma}
    yield [_row(cell, _predictions(model, prompt, prior), prompt.clean, seed)]


# --- what people draw ---------------------------------------------------------


def load_drawings(path: Path) -> list[dict[str, Any]]:
    """Drawn prompts: a JSON list of {habit, points: [[x, y], …]}; ValueError if it is not."""
    try:
        drawings = json.loads(path.read_text())
        for drawing in drawings:
            torch.tensor(drawing["points"], dtype=torch.float32).reshape(-1, 2)
            str(drawing["habit"])
    except (OSError, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a set of drawings ({error}).") from None
    return drawings


def with_constant(x: Tensor) -> Tensor:
    """Abscissae (…, k) as the features (x, 1) of a line with an intercept: (…, k, 2)."""
    return torch.stack([x, torch.ones_like(x)], dim=-1)


def evaluate_drawings(
    model: Transformer, drawings: list[dict[str, Any]], half_width: float = 3.0
) -> list[Row]:
    """For each habit, how far the model's line lies from that of exact Bayes.

    On a grid over the pad: rms gap in units of y, and the share of the Bayes
    line's energy that the model's line leaves unexplained.
    """
    grid = torch.linspace(-half_width, half_width, 61)
    queries = with_constant(grid)[None]
    by_habit: dict[str, list[tuple[float, float]]] = {}
    for drawing in drawings:
        points = torch.tensor(drawing["points"], dtype=torch.float32).reshape(-1, 2)
        x, y = with_constant(points[:, 0])[None], points[None, :, 1]
        bayes = predictors.bayes(FlagshipPrior()).predict(x, y, queries)
        gap = squared_error(model.predict(x, y, queries), bayes).mean()
        energy = bayes.square().mean()
        by_habit.setdefault(drawing["habit"], []).append((float(gap), float(energy)))
    return [
        {
            "habit": habit,
            "drawings": len(pairs),
            "rms_gap": (sum(gap for gap, _ in pairs) / len(pairs)) ** 0.5,
            "unexplained": sum(gap for gap, _ in pairs) / sum(energy for _, energy in pairs),
        }
        for habit, pairs in by_habit.items()
    ]
