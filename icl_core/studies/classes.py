"""``study classes``: networks of three classes of functions beside their floors and baselines.

After Garg et al. (2022), §4: sparse linear tasks, ReLU networks and decision trees of many
features, without noise; the next answer after every k on fresh prompts of each network's law.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.checkpoints import FOLDER, CheckpointError, load_model, load_prior, read_manifest
from icl_core.evaluation import Row, predict_batched
from icl_core.metrics import bootstrap_mean, bootstrap_ratios, squared_error
from icl_core.predictors.base import Predictor
from icl_core.predictors.trained_net import TrainedNet
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import Prompt, generator
from icl_core.studies.profiles import Table, short, triples

NAME = "classes"
CLASSES = ("sparse", "relu", "tree")
PROMPTS, SEED = 256, 9500
KS = (1, 2, 4, 6, 8, 12, 16, 24, 32, 40)
ALPHAS = (1.0, 0.1, 0.01, 0.001, 0.0001)
"""Penalties of Lasso to choose from: those of Garg et al. (2022), appendix A.3."""
CHOOSING = 64
"""Prompts on which the best of them is chosen for every k, beside those that are counted."""

RULES: Mapping[str, Mapping[str, Predictor]] = {
    "sparse": {"OLS": predictors.ols(), "ridge": predictors.ridge(0.1), "3-NN": predictors.knn(3)},
    "relu": {
        "OLS": predictors.ols(),
        "3-NN": predictors.knn(3),
        "trained net": TrainedNet(64, 300, 0.05, "relu"),
    },
    "tree": {"OLS": predictors.ols(), "3-NN": predictors.knn(3)},
}
"""Baselines that come with the package, by class."""
HAS_SCIKIT_LEARN = find_spec("sklearn") is not None
"""Lasso, trees and boosting are its; where it is not installed they are left out."""


def run_classes(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each class; see `measured`.

    ``prompts`` fresh ones of each. ``progress`` is told the share done. CheckpointError
    where a network is missing.
    """
    manifest = read_manifest(folder)
    for name in CLASSES:
        if name not in manifest:
            raise CheckpointError(f"There is no checkpoint {name!r} in {folder.name}.")
    rows = []
    for place, name in enumerate(CLASSES):
        model, law = load_model(name, folder=folder), load_prior(name, folder)
        drawn = law.sample(prompts, max(KS) + 1, generator(seed, place))
        chosen = _chosen(name, law, seed, part_of(progress, 4 * place, 12))
        done = part_of(progress, 4 * place + 1, 12)
        told = {
            "network": predict_batched(model, drawn)[:, list(KS)],
            "floor": torch.as_tensor(law.bayes().predict_next(drawn.x, drawn.y))[:, list(KS)],
            **_baselines(name, drawn, chosen, done),
            "zero": torch.zeros(prompts, len(KS)),
        }
        run = {key: manifest[name][key] for key in ("sha256", "prompts")}
        rows.append(
            {
                "label": name,
                "law": law.describe(),
                "floor": law.bayes().name,
                "alphas": list(chosen),
                "runs": {name: run},
                **measured(told, drawn.clean[:, list(KS)], seed),
            }
        )
    return {
        "study": NAME,
        "title": "Classes of functions: networks beside their floors and baselines",
        "prompts": prompts,
        "seed": seed,
        "ks": list(KS),
        "members": rows,
    }


def measured(told: Mapping[str, Tensor], clean: Tensor, seed: int) -> Table:
    """Errors after each of `KS`, and those of the network as shares of everybody's.

    told: by who answers, (B, ks). error: by who, [value, low, high] of the mean squared
    error; share: by rival, of the network's error over the rival's on the same prompts,
    None where the rival makes none but for rounding.
    """
    errors = {who: squared_error(answers.double(), clean.double()) for who, answers in told.items()}
    return {
        "error": {who: triples(bootstrap_mean(error, seed=seed)) for who, error in errors.items()},
        "share": {
            who: [
                None if error[:, i].mean() < 1e-8 else [short(bound) for bound in bounds]
                for i, bounds in enumerate(
                    triples(bootstrap_ratios(errors["network"], error.clamp(min=1e-30), seed=seed))
                )
            ]
            for who, error in errors.items()
            if who != "network"
        },
    }


# --- the baselines ---------------------------------------------------------------------


def next_after(rule: Predictor, drawn: Prompt, k: int) -> Tensor:
    """The answer at exemplar k from the k before it, (B,), where all prefixes would take long."""
    told = rule.predict(drawn.x[:, :k], drawn.y[:, :k], drawn.x[:, k : k + 1])
    return torch.as_tensor(told)[:, 0]


def _baselines(
    name: str, drawn: Prompt, chosen: tuple[float, ...], progress: ProgressCallback
) -> dict[str, Tensor]:
    """By who answers, (B, ks)."""
    asked: dict[str, Callable[[int], Tensor]] = {
        who: partial(next_after, rule, drawn) for who, rule in RULES[name].items()
    }
    asked |= _of_scikit_learn(name, drawn, dict(zip(KS, chosen, strict=False)))
    found: dict[str, list[Tensor]] = {who: [] for who in asked}
    for i, k in enumerate(KS):
        for who, answer in asked.items():
            found[who].append(answer(k))
        part_of(progress, i, len(KS))(1.0)
    return {who: torch.stack(parts, dim=1) for who, parts in found.items()}


def _chosen(name: str, law: Prior, seed: int, progress: ProgressCallback) -> tuple[float, ...]:
    """For every one of `KS` the penalty of Lasso with the least error on prompts of its own."""
    if name != "sparse" or not HAS_SCIKIT_LEARN:
        return ()
    drawn = law.sample(CHOOSING, max(KS) + 1, generator(seed, 99))
    best = []
    for i, k in enumerate(KS):
        off = []
        for alpha in ALPHAS:
            told = _fitted(partial(_lasso, alpha), drawn.x.numpy(), drawn, k)
            off.append(float(squared_error(told, drawn.clean[:, k].double()).mean()))
        best.append(ALPHAS[off.index(min(off))])
        part_of(progress, i, len(KS))(1.0)
    return tuple(best)


def _of_scikit_learn(
    name: str, drawn: Prompt, alphas: Mapping[int, float]
) -> dict[str, Callable[[int], Tensor]]:
    """The baselines that scikit-learn fits to each prompt by itself; none without it."""
    if not HAS_SCIKIT_LEARN or name == "relu":
        return {}
    x = drawn.x.numpy()
    if name == "sparse":
        return {"Lasso": lambda k: _fitted(partial(_lasso, alphas[k]), x, drawn, k)}
    return {
        "greedy tree": lambda k: _fitted(_tree, x, drawn, k),
        "greedy tree, told the signs": lambda k: _fitted(_tree, x > 0, drawn, k),
        "gradient boosting": lambda k: _fitted(_boosting, x, drawn, k),
    }


def _fitted(make: Callable[[], Any], x: Any, drawn: Prompt, k: int) -> Tensor:
    """The answers at exemplar k of what was fitted to the k before it: (B,)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Lasso's, that it has not quite converged
        told = [
            make().fit(rows[:k], ys[:k]).predict(rows[k : k + 1])[0]
            for rows, ys in zip(x, drawn.y.numpy(), strict=True)
        ]
    return torch.tensor(told, dtype=torch.float64)


def _lasso(alpha: float) -> Any:
    from sklearn.linear_model import Lasso

    return Lasso(alpha, fit_intercept=False)


def _tree() -> Any:
    from sklearn.tree import DecisionTreeRegressor

    return DecisionTreeRegressor(random_state=0)


def _boosting() -> Any:
    from sklearn.ensemble import GradientBoostingRegressor

    return GradientBoostingRegressor(n_estimators=50, random_state=0)


# --- for a shell, and to compare -----------------------------------------------------------


def classes_rows(table: Table) -> list[Row]:
    """A line for each class and who answers: errors after some k."""
    at = {k: i for i, k in enumerate(table["ks"])}
    return [
        {"class": row["label"], "who": who, **{f"k = {k}": bounds[at[k]][0] for k in KS[2:]}}
        for row in table["members"]
        for who, bounds in row["error"].items()
    ]


def classes_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of errors that are in both tables, row by row."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for who, bounds in mine["error"].items():
            if who in theirs["error"]:
                yield from zip(bounds, theirs["error"][who], strict=True)
