"""How close a model comes to the best possible predictor, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.metrics import bootstrap_ratio, is_error, squared_error
from icl_core.models.base import InContextModel
from icl_core.priors import Cell, Prior
from icl_core.prompts import Prompt, SampledPrompt, generator, linear_weights

EVALUATED_DIMS = (1, 2, 3, 4, 6, 8)
BATCH = 128
Row = dict[str, Any]


class Corner(NamedTuple):
    """One cell of a law on one law of x."""

    law: Prior
    cell: Cell

    @property
    def row(self) -> Row:
        """What its rows are called."""
        return {**self.cell._asdict(), "inputs": self.law.inputs}


def corners_of(law: Prior) -> list[Corner]:
    """Every evaluated cell of a law: on its own inputs and, where it can, on plain ones.

    Of more dimensions than `EVALUATED_DIMS` has, those and the largest.
    """
    by_inputs = {part.inputs: part for part in (law, law.with_plain_inputs())}
    wanted: set[int] = set(law.dims)
    if len(wanted) > len(EVALUATED_DIMS):
        wanted = {*EVALUATED_DIMS, law.dims[-1]}
    return [
        Corner(part, cell)
        for part in by_inputs.values()
        for cell in part.cells
        if cell.dim in wanted
    ]


def predict_batched(model: InContextModel, prompt: Prompt) -> Tensor:
    """The model's next-answer predictions, (B, k), in batches that fit a cache."""
    parts = [
        model.predict_next(prompt.x[i : i + BATCH], prompt.y[i : i + BATCH]).cpu()
        for i in range(0, len(prompt.y), BATCH)
    ]
    return torch.cat(parts)


def _oracle_ridge(prompt: SampledPrompt, law: Prior) -> Tensor:
    """Ridge told the true sigma of every prompt: (B, k)."""
    predicted = torch.zeros_like(prompt.y)
    for sigma in law.sigmas:
        rows = prompt.sigma == torch.tensor(sigma)
        if rows.any():
            rule = predictors.ridge((sigma / law.tau) ** 2)
            predicted[rows] = rule.predict_next(prompt.x[rows], prompt.y[rows])
    return predicted


def _row(cell: Row, part: dict[str, Tensor], clean: Tensor, seed: int) -> Row:
    """Errors and distances over k >= 1, averaged over prompts and k."""
    model, bayes = (part[key][:, 1:].double() for key in ("model", "bayes"))
    clean = clean[:, 1:].double()
    gap = squared_error(model, bayes).mean(-1)
    floor = squared_error(bayes, clean).mean(-1)
    excess: Row = dict.fromkeys(("excess", "excess_low", "excess_high"))
    if is_error(floor, clean):
        ratio = bootstrap_ratio(gap, floor, seed=seed)
        excess = dict(zip(excess, (1 + bound for bound in ratio), strict=True))
    row = {
        **cell,
        "tasks": len(clean),
        "model_error": float(squared_error(model, clean).mean()),
        "bayes_error": float(floor.mean()),
        **excess,
        "spd_bayes": float(gap.mean()),
    }
    if "oracle" in part:
        oracle = part["oracle"][:, 1:].double()
        row["oracle_ridge_error"] = float(squared_error(oracle, clean).mean())
        row["spd_oracle_ridge"] = float(squared_error(model, oracle).mean())
    return row


def evaluate_corner(model: InContextModel, corner: Corner, tasks: int, seed: int) -> list[Row]:
    """One row for each sigma and, where sigma is hidden, one with ``sigma`` None over all.

    ``tasks`` prompts for each sigma, drawn from the cell that fixes it and answered
    by Bayes under the law, which is not told sigma. Excess over Bayes is
    1 + E(model − Bayes)²/E(Bayes − clean)² over k >= 1; where Bayes makes no error,
    as when w is known, there is no such ratio, it is None, and ``spd_bayes``,
    E(model − Bayes)², says how far the model is from it.
    """
    law, cell = corner
    part = law.given(*cell)
    stream = (*cell, law.inputs == "plain") if len(law.cells) > 1 else ()
    gen = generator(seed, *stream)
    pairs = model.limits.max_exemplars + 1
    prompts = [part.given(sigma=sigma).sample(tasks, pairs, gen) for sigma in law.sigmas]
    parts = [_predictions(model, prompt, law) for prompt in prompts]
    rows = [
        _row({**corner.row, "sigma": sigma}, part, prompt.clean, seed)
        for sigma, part, prompt in zip(law.sigmas, parts, prompts, strict=True)
    ]
    if len(rows) == 1:
        return rows
    pooled = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    clean = torch.cat([prompt.clean for prompt in prompts])
    return [_row({**corner.row, "sigma": None}, pooled, clean, seed), *rows]


def _predictions(model: InContextModel, prompt: SampledPrompt, law: Prior) -> dict[str, Tensor]:
    told = {
        "model": predict_batched(model, prompt),
        "bayes": law.bayes().predict_next(prompt.x, prompt.y),
    }
    if linear_weights(prompt.task) is not None:
        told["oracle"] = _oracle_ridge(prompt, law)
    return told


# --- family by family -----------------------------------------------------------------


SHOWN_KS = (1, 2, 4, 8, 12, 16, 24, 32, 40)


class OfFamily(NamedTuple):
    """Prompts of one family and one sigma, with the next answers of the model and of Bayes.

    Bayes is that of the whole law, told neither.
    """

    family: str
    sigma: float
    prompt: SampledPrompt
    model: Tensor
    bayes: Tensor


def ask_families(model: InContextModel, law: Prior, tasks: int, seed: int) -> Iterator[OfFamily]:
    """``tasks`` fresh prompts for every family of a law and every sigma; none without families."""
    pairs = model.limits.max_exemplars + 1
    for place, (family, part) in enumerate(law.families_apart.items()):
        for sigma in law.sigmas:
            prompt = part.given(sigma=sigma).sample(tasks, pairs, generator(seed, place))
            told = _predictions(model, prompt, law)
            yield OfFamily(family, sigma, prompt, told["model"], told["bayes"])


def evaluate_families(
    asked: Sequence[OfFamily], seed: int, ks: Sequence[int] = SHOWN_KS
) -> list[Row]:
    """A row for each family and each k, over every sigma and for each; None stands for all.

    Errors are mean squared ones against the clean answer, excess as in `evaluate_corner`;
    where Bayes makes no error but for rounding there is none.
    """
    families = list(dict.fromkeys(one.family for one in asked))
    sigmas = list(dict.fromkeys(one.sigma for one in asked))
    found = []
    for family in (None, *families):
        for sigma in (None, *sigmas):
            parts = [
                one for one in asked if family in (None, one.family) and sigma in (None, one.sigma)
            ]
            clean, model, bayes = (
                torch.cat(each).double()
                for each in zip(*((p.prompt.clean, p.model, p.bayes) for p in parts), strict=True)
            )
            for k in (None, *ks):
                told = slice(1, None) if k is None else slice(k, k + 1)
                row = {"family": family, "sigma": sigma, "k": k}
                found.append(_family_row(row, clean[:, told], model[:, told], bayes[:, told], seed))
    return found


def _family_row(row: Row, clean: Tensor, model: Tensor, bayes: Tensor, seed: int) -> Row:
    gap, floor = squared_error(model, bayes).mean(1), squared_error(bayes, clean).mean(1)
    excess: Row = dict.fromkeys(("excess", "excess_low", "excess_high"))
    if is_error(floor, clean):
        ratio = bootstrap_ratio(gap, floor, seed=seed)
        excess = dict(zip(excess, (1 + bound for bound in ratio), strict=True))
    return {
        **row,
        "tasks": len(clean),
        "model_error": float(squared_error(model, clean).mean()),
        "bayes_error": float(floor.mean()),
        **excess,
    }


# --- what people draw ---------------------------------------------------------


DRAWINGS = Path(__file__).parent / "data" / "drawings.json"


def load_drawings(path: Path = DRAWINGS) -> list[dict[str, Any]]:
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


LINE = Cell(2, intercept=True)
"""The task behind a drawing: a line with an intercept."""


def evaluate_drawings(
    model: InContextModel, law: Prior, drawings: list[dict[str, Any]], half_width: float = 3.0
) -> list[Row]:
    """For each habit, how far the model's line lies from that of exact Bayes under the law.

    On a grid over the pad: rms gap in units of y, and the share of the Bayes
    line's energy that the model's line leaves unexplained. Both see the first points
    of a drawing, as many as the model takes. No rows for a law that has no lines with
    an intercept.
    """
    if LINE not in law.cells:
        return []
    grid = torch.linspace(-half_width, half_width, 61)
    queries = with_constant(grid)[None]
    by_habit: dict[str, list[tuple[float, float]]] = {}
    for drawing in drawings:
        points = torch.tensor(drawing["points"], dtype=torch.float32).reshape(-1, 2)
        points = points[: model.limits.max_exemplars]
        x, y = with_constant(points[:, 0])[None], points[None, :, 1]
        bayes = law.bayes().predict(x, y, queries)
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
