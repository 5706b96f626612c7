"""``study shift``: how far from their training data networks of different upbringing still work.

Each is asked about prompts of which one thing is other than in training, weaker and
stronger (after Garg et al. 2022, §4), beside exact Bayes under its own training law, which is
the best that this upbringing can teach, and Bayes under the law that holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, CheckpointError, load_model, load_prior, read_manifest
from icl_core.evaluation import BATCH, Row
from icl_core.metrics import (
    bootstrap_mean,
    bootstrap_ratio,
    percentile_interval,
    resampled_crossings,
    squared_error,
)
from icl_core.predictors.sampled import NAME as SAMPLED
from icl_core.priors import Prior, ShiftedPrior
from icl_core.priors.shifted import CLOSEST
from icl_core.priors.switches import SWITCHES
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import SampledPrompt, generator
from icl_core.studies.profiles import Table, short

NAME = "shift"
PROMPTS, SEED, SIGMA = 256, 9000, 0.5
UPBRINGINGS = {
    "plain": "noise-1-4",
    "drawn": "playground",
    "few": "tasks-32",
    "narrow": "shift-narrow",
    "wide": "shift-wide",
}
"""The network that stands for each upbringing. All know noise of σ = ½ and weights of size 1."""
RANGES = ("x-scale", "w-scale")
"""The switches by which the wide upbringing's range is compared with the narrow one's."""
LEARNERS = ("network", "trained", "shifted", "ridge")
"""The network, Bayes under its training law, Bayes under the law that holds, and the ridge that
is told the true size of noise and weights."""


class Answered(NamedTuple):
    """What each of `LEARNERS` answers to the last pair of B prompts, and the truth, each (B,)."""

    told: dict[str, Tensor]
    clean: Tensor

    def errors(self) -> dict[str, Tensor]:
        """Squared errors by learner, each (B,)."""
        return {who: squared_error(answer, self.clean) for who, answer in self.told.items()}


def exemplars_of(switch: str, dim: int) -> int:
    """How many exemplars the study shows: 2d; half as many as features where that must be few."""
    return max(1, dim // 2) if switch == "q-orthogonal" else 2 * dim


def base_law(prior: Prior) -> ShiftedPrior:
    """What is shifted: plain tasks of as many features as a network knows, without a constant.

    ValueError for a network that knows no such tasks.
    """
    dims = [cell.dim for cell in prior.cells if not cell.intercept]
    if not dims:
        raise ValueError("This network knows only tasks with a constant feature.")
    nearest = min(prior.sigmas, key=lambda level: (abs(level - SIGMA), level))
    return ShiftedPrior(max(dims), sigma=nearest)


def known_to_all(law: ShiftedPrior, prompt: SampledPrompt) -> dict[str, Tensor]:
    """The answers that depend on no network: Bayes under the law, and the ridge that is told."""
    x, y = prompt.x[:, :-1], prompt.y[:, :-1]
    return {
        "shifted": law.bayes().predict(x, y, prompt.x[:, -1:])[:, 0],
        "ridge": law.told_ridge().predict(x, y, prompt.x[:, -1:])[:, 0],
    }


def known_to_network(name: str, prompt: SampledPrompt, folder: Path = FOLDER) -> dict[str, Tensor]:
    """The network's answers, and those of Bayes under its training law."""
    model, law = load_model(name, folder=folder), load_prior(name, folder)
    x, y, query = prompt.x[:, :-1], prompt.y[:, :-1], prompt.x[:, -1:]
    parts = [
        model.predict(x[i : i + BATCH], y[i : i + BATCH], query[i : i + BATCH])[:, 0]
        for i in range(0, len(y), BATCH)
    ]
    return {"network": torch.cat(parts), "trained": law.bayes().predict(x, y, query)[:, 0]}


def answered(law: ShiftedPrior, name: str, exemplars: int, prompts: int, seed: int) -> Answered:
    """Fresh prompts of a law, the same at every strength, answered by all of `LEARNERS`."""
    prompt = law.sample(prompts, exemplars + 1, generator(seed, law.dim))
    told = {**known_to_network(name, prompt), **known_to_all(law, prompt)}
    return Answered({who: told[who] for who in LEARNERS}, prompt.clean[:, -1])


# --- the study ----------------------------------------------------------------------------


def run_shift(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for every upbringing, and how much farther the wide one holds than the narrow one.

    ``prompts`` fresh ones for every switch, the same at every strength and for all networks
    of as many features. ``progress`` is told the share done.
    """
    manifest = read_manifest(folder)
    for name in UPBRINGINGS.values():
        if name not in manifest:
            raise CheckpointError(f"There is no checkpoint {name!r} in {folder.name}.")
    laws = {name: base_law(load_prior(name, folder)) for name in UPBRINGINGS.values()}
    by_law = {law: [name for name, own in laws.items() if own == law] for law in laws.values()}
    found: dict[str, dict[str, Table]] = {name: {} for name in laws}
    reached: dict[tuple[str, str], np.ndarray] = {}
    steps = [(law, switch) for law in by_law for switch in SWITCHES]
    for i, (law, switch) in enumerate(steps):
        errors = _errors(law, switch, by_law[law], prompts, seed, folder)
        for name in by_law[law]:
            reached[name, switch] = _crossings(errors[name], switch, seed)
            found[name][switch] = _measured(law, switch, errors[name], reached[name, switch], seed)
        progress((i + 1) / len(steps))
    return {
        "study": NAME,
        "title": "What the training data decide: how far from them a network still works",
        "prompts": prompts,
        "seed": seed,
        "members": [
            {
                "label": upbringing,
                "network": name,
                "dim": laws[name].dim,
                "runs": {name: {key: manifest[name][key] for key in ("sha256", "prompts")}},
                "switches": found[name],
            }
            for upbringing, name in UPBRINGINGS.items()
        ],
        "farther": {
            switch: _told(
                reached[UPBRINGINGS["wide"], switch] / reached[UPBRINGINGS["narrow"], switch]
            )
            for switch in RANGES
        },
    }


def _errors(
    law: ShiftedPrior, switch: str, names: list[str], prompts: int, seed: int, folder: Path
) -> dict[str, list[dict[str, Tensor]]]:
    """By network: the squared errors of all learners at each strength of a switch."""
    found: dict[str, list[dict[str, Tensor]]] = {name: [] for name in names}
    exemplars = exemplars_of(switch, law.dim)
    for strength in SWITCHES[switch].strengths:
        shifted = law.switched(switch, strength)
        prompt = shifted.sample(prompts, exemplars + 1, generator(seed, law.dim))
        common = known_to_all(shifted, prompt)
        for name in names:
            told = {**known_to_network(name, prompt, folder), **common}
            found[name].append(Answered(told, prompt.clean[:, -1]).errors())
    return found


def _crossings(errors: list[dict[str, Tensor]], switch: str, seed: int) -> np.ndarray:
    """Where from home outward the network's error is twice as much over its Bayes as at home."""
    known = SWITCHES[switch]
    outward = errors[known.strengths.index(known.home) :]
    over, under = (torch.stack([at[who] for at in outward], 1) for who in ("network", "trained"))
    return resampled_crossings(over, under, known.outward, seed=seed)


def _measured(
    law: ShiftedPrior,
    switch: str,
    errors: list[dict[str, Tensor]],
    crossings: np.ndarray,
    seed: int,
) -> Table:
    """One switch of one network.

    at: for every strength the mean squared errors, the network's over that of Bayes under its
    training law (excess), that Bayes' over Bayes under the law that holds (upbringing), and
    the network's over the latter (whole), these two None where that Bayes is not known.
    doubles: the strength at which the excess is first twice that at home, None where it never
    is. Every figure is [value, low, high].
    """
    rows = []
    for strength, told in zip(SWITCHES[switch].strengths, errors, strict=True):
        bayes = law.switched(switch, strength).bayes().name
        known = bayes != CLOSEST
        rows.append(
            {
                "strength": short(strength),
                "error": {who: _mean(told[who], seed) for who in LEARNERS},
                "excess": _ratio(told["network"], told["trained"], seed),
                "upbringing": _ratio(told["trained"], told["shifted"], seed) if known else None,
                "whole": _ratio(told["network"], told["shifted"], seed) if known else None,
                "sampled": bayes == SAMPLED,
            }
        )
    return {
        "exemplars": exemplars_of(switch, law.dim),
        "at": rows,
        "doubles": _told(crossings),
    }


def _mean(values: Tensor, seed: int) -> list[float]:
    return [short(float(bound)) for bound in bootstrap_mean(values, seed=seed)]


def _ratio(over: Tensor, under: Tensor, seed: int) -> list[float]:
    return [short(bound) for bound in bootstrap_ratio(over, under, seed=seed)]


def _told(drawn: np.ndarray) -> list[float | None]:
    """An interval for a table; None for what lies beyond the strengths that were tried."""
    drawn = np.nan_to_num(drawn, nan=math.inf, posinf=math.inf)
    return [short(bound) if math.isfinite(bound) else None for bound in percentile_interval(drawn)]


def shift_rows(table: Table) -> list[Row]:
    """A line for each network and switch, for a shell."""
    return [
        {
            "upbringing": member["label"],
            "switch": switch,
            "at home": _home(switch, part)["excess"][0],
            "at the far end": part["at"][-1]["excess"][0],
            "doubles at": part["doubles"][0],
            "from": part["doubles"][1],
            "to": part["doubles"][2],
        }
        for member in table["members"]
        for switch, part in member["switches"].items()
    ]


def _home(switch: str, part: Table) -> Table:
    known = SWITCHES[switch]
    return part["at"][known.strengths.index(known.home)]


def shift_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study, row by row."""
    theirs = {member["label"]: member["switches"] for member in old["members"]}
    for member in new["members"]:
        for switch, part in member["switches"].items():
            for mine, other in zip(part["at"], theirs[member["label"]][switch]["at"], strict=True):
                for figure in ("excess", "whole"):
                    if mine[figure] is not None:
                        yield mine[figure], other[figure]
