"""``study curves``: the network of curves by family, noise and k, beside its floor and baselines.

Fresh prompts of `CurvePrior`, the next answer after every k. The floor is exact Bayes of
the whole law, told neither family nor noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.checkpoints import (
    FOLDER,
    CheckpointError,
    load_decoder,
    load_model,
    load_prior,
    read_manifest,
)
from icl_core.evaluation import SHOWN_KS, Row, predict_batched
from icl_core.metrics import bootstrap_mean, bootstrap_ratios, is_error, squared_error
from icl_core.models.base import InContextModel
from icl_core.models.with_constant import WithConstant
from icl_core.predictors.base import Predictor
from icl_core.predictors.features import PolynomialFit
from icl_core.predictors.kernels import RBF
from icl_core.predictors.processes import ProcessMixture, kernel_ridge
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import SampledPrompt, generator
from icl_core.studies.profiles import Table, short, triples

NAME, NETWORK, LINE_NETWORK = "curves", "curves", "playground"
PROMPTS, SEED = 256, 9000
KS = SHOWN_KS
ALL, NOISY = "all", "noisy"
"""Every family, or every noise level; and the levels of at least `LEAST_NOISE`."""
LEAST_NOISE = 0.1

RULES: Mapping[str, Predictor] = {
    "process": ProcessMixture((RBF(0.8, 2.25),), (0.25,)),
    "kernel ridge": kernel_ridge(RBF(0.8), 0.1),
    "3-NN": predictors.knn(3),
    "polynomial": PolynomialFit(5),
}
"""The textbook's baselines: one process, told length and size of the middle family and a
middle noise; kernel ridge of that length; three neighbours; least squares of degree 5."""
WHO = ("network", "bayes", "line network", *RULES, "zero")


def run_curves(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each family and each noise level, and over them; see `measured`.

    ``prompts`` of every family with every noise. ``progress`` is told the share done.
    CheckpointError where a network is missing.
    """
    manifest = read_manifest(folder)
    for name in (NETWORK, LINE_NETWORK):
        if name not in manifest:
            raise CheckpointError(f"There is no checkpoint {name!r} in {folder.name}.")
    law = load_prior(NETWORK, folder)
    networks = {
        "network": load_model(NETWORK, folder=folder),
        "line network": WithConstant(load_decoder(LINE_NETWORK, folder=folder)),
    }
    told = dict(answered(law, networks, prompts, seed, progress))
    runs = {
        name: {key: manifest[name][key] for key in ("sha256", "prompts")}
        for name in (NETWORK, LINE_NETWORK)
    }
    return {
        "study": NAME,
        "title": "Curves: a network of seven families beside exact Bayes and the textbook",
        "prompts": prompts,
        "seed": seed,
        "ks": list(KS),
        "members": [
            {
                "label": f"{family}, {noise}",
                "family": family,
                "noise": noise,
                "runs": runs,
                **measured(part, seed),
            }
            for (family, noise), part in _groups(law, told).items()
        ],
    }


Answers = dict[str, Tensor]
"""By who answers, and "clean": (B, k)."""


def answered(
    law: Prior,
    networks: Mapping[str, InContextModel],
    prompts: int,
    seed: int,
    progress: ProgressCallback = silent,
) -> Iterator[tuple[tuple[str, float], Answers]]:
    """Every family with every noise, and the next answers to fresh prompts of it by all."""
    crosses = [(family, sigma) for family in law.families_apart for sigma in law.sigmas]
    pairs = max(KS) + 1
    for i, (family, sigma) in enumerate(crosses):
        part = law.families_apart[family].given(sigma=sigma)
        prompt = part.sample(prompts, pairs, generator(seed, i // len(law.sigmas)))
        yield (family, sigma), _answers(law, networks, prompt)
        part_of(progress, i, len(crosses))(1.0)


def _answers(law: Prior, networks: Mapping[str, InContextModel], prompt: SampledPrompt) -> Answers:
    rules = {"bayes": law.bayes(), **RULES}
    return {
        "clean": prompt.clean,
        "zero": torch.zeros_like(prompt.clean),
        **{who: predict_batched(network, prompt) for who, network in networks.items()},
        **{who: rule.predict_next(prompt.x, prompt.y) for who, rule in rules.items()},
    }


def _groups(
    law: Prior, told: Mapping[tuple[str, float], Answers]
) -> dict[tuple[str, str], Answers]:
    """The answers of each family with each noise, and of all of either, as one."""
    noises: dict[str, tuple[float, ...]] = {
        ALL: law.sigmas,
        NOISY: tuple(sigma for sigma in law.sigmas if sigma >= LEAST_NOISE),
        **{f"{sigma:g}": (sigma,) for sigma in law.sigmas},
    }
    families = {ALL: tuple(law.families_apart), **{name: (name,) for name in law.families_apart}}
    found = {}
    for family, names in families.items():
        for noise, sigmas in noises.items():
            parts = [told[name, sigma] for name in names for sigma in sigmas]
            found[family, noise] = {
                who: torch.cat([part[who] for part in parts]) for who in parts[0]
            }
    return found


def measured(told: Answers, seed: int) -> Table:
    """Errors and excess of one group of prompts.

    error: by who answers, the mean squared error against the clean answer after each of
    `KS`; excess: E(network − Bayes)²/E(Bayes − clean)² + 1 after each, None where Bayes makes
    no error but for rounding; pooled: the same over all k ≥ 1. Every figure is [value, low,
    high].
    """
    kept = {who: answers[:, list(KS)].double() for who, answers in told.items()}
    clean = kept["clean"]
    return {
        "error": {
            who: triples(bootstrap_mean(squared_error(kept[who], clean), seed=seed)) for who in WHO
        },
        "excess": _excess(kept["network"], kept["bayes"], clean, seed),
        "pooled": _pooled(told, seed),
    }


def _excess(network: Tensor, bayes: Tensor, clean: Tensor, seed: int) -> list[list[float] | None]:
    floor = squared_error(bayes, clean)
    found = triples(bootstrap_ratios(squared_error(network, bayes), floor, seed=seed))
    return [
        [short(1 + bound) for bound in triple] if is_error(floor[:, i], clean[:, i]) else None
        for i, triple in enumerate(found)
    ]


def _pooled(told: Answers, seed: int) -> list[float] | None:
    network, bayes, clean = (told[who][:, 1:].double() for who in ("network", "bayes", "clean"))
    gap = squared_error(network, bayes).mean(1, keepdim=True)
    floor = squared_error(bayes, clean).mean(1, keepdim=True)
    if not is_error(floor, clean):
        return None
    (triple,) = triples(bootstrap_ratios(gap, floor, seed=seed))
    return [short(1 + bound) for bound in triple]


def curves_rows(table: Table) -> list[Row]:
    """A line for each family and noise, for a shell: the pooled excess, and errors after some k."""
    at = {k: i for i, k in enumerate(table["ks"])}
    return [
        {
            "prompts": row["label"],
            "excess": row["pooled"] and row["pooled"][0],
            **{
                f"{who}, k = {k}": row["error"][who][at[k]][0]
                for k in (8, 24)
                for who in ("network", "bayes", "line network", "process")
            },
        }
        for row in table["members"]
    ]


def curves_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study, row by row."""
    theirs = {row["label"]: row for row in old["members"]}
    for row in new["members"]:
        other = theirs[row["label"]]
        for who, bounds in row["error"].items():
            yield from zip(bounds, other["error"][who], strict=True)
        for mine, yours in zip(row["excess"], other["excess"], strict=True):
            if mine is not None and yours is not None:
                yield mine, yours
