"""The place of one checkpoint, or of several runs of it, among the textbook rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, load_model, load_prior
from icl_core.metrics import Bounds, bootstrap_runs, is_heavy
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import generator
from icl_core.studies.distances import (
    Distances,
    Questions,
    answers_of,
    distances,
    family_spd,
    references,
)

Table = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """One rung: the same recipe run once or more. ``at``: its place on the ladder's axis."""

    label: str
    at: float
    runs: tuple[str, ...]


def prior_of(name: str, folder: Path = FOLDER) -> Prior:
    """The prior that a checkpoint was trained on; ValueError if it mixes kinds of task."""
    prior = load_prior(name, folder)
    if len(prior.cells) > 1:
        raise ValueError(f"{name} was trained on tasks of several d; the studies need one.")
    return prior


def ask(prior: Prior, ks: Sequence[int], tasks: int, seed: int) -> Questions:
    """Fresh prompts of a prior of one d, and to each 2d fresh queries from the same law of x."""
    dim = prior.dims[0]
    gen = generator(seed, dim)
    prompt = prior.sample(tasks, max(ks), gen)
    queries = prior.queries(tasks, 2 * dim, gen)
    return Questions(prompt.x[..., :dim], prompt.y, queries[..., :dim], tuple(ks))


@dataclass(frozen=True)
class Measured:
    """Distances of S runs on the same prompts.

    spd, ilwd: by rule (S, K, B); r2: (S, K, B); families: by family its parameters
    and SPD (P, S, K, B).
    """

    dim: int
    ks: tuple[int, ...]
    spd: dict[str, Tensor]
    ilwd: dict[str, Tensor]
    r2: Tensor
    families: dict[str, tuple[Sequence[float], Tensor]]

    def regions(self) -> dict[str, list[int]]:
        """Which entries of ``ks`` have fewer pairs than features, as many, more; and all."""
        split: dict[str, Callable[[int], bool]] = {
            "under": lambda k: 1 <= k < self.dim,
            "at": lambda k: k == self.dim,
            "over": lambda k: k > self.dim,
            "all": lambda k: k >= 1,
        }
        found = {
            name: [i for i, k in enumerate(self.ks) if inside(k)] for name, inside in split.items()
        }
        return {name: rows for name, rows in found.items() if rows}


def measure(
    member: Member,
    ks: Sequence[int],
    tasks: int,
    seed: int,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Measured:
    """Put fresh prompts to every run of a member; ``progress`` is told the share done."""
    prior = prior_of(member.runs[0], folder)
    asked = ask(prior, ks, tasks, seed)
    spec, rules = asked.spectrum(), references(prior)
    found: list[Distances] = []
    families: list[dict[str, tuple[Sequence[float], Tensor]]] = []
    for i, name in enumerate(member.runs):
        model = load_model(name, folder=folder)
        answers = answers_of(model, asked, part_of(progress, i, len(member.runs)))
        found.append(distances(asked, answers, rules, spec))
        families.append({n: (p, far) for n, p, far in family_spd(asked, answers, spec)})
    return Measured(
        asked.dim,
        asked.ks,
        {name: torch.stack([part.spd[name] for part in found]) for name in found[0].spd},
        {name: torch.stack([part.ilwd[name] for part in found]) for name in found[0].ilwd},
        torch.stack([part.r2 for part in found]),
        {
            name: (parameters, torch.stack([part[name][1] for part in families], dim=1))
            for name, (parameters, _) in families[0].items()
        },
    )


def _bounds(
    values: Tensor, seed: int, denominator: Tensor | None = None
) -> dict[str, list[float]] | list[float]:
    """(S, B) -> [value, low, high]; (S, K, B) -> the three as lists over k."""
    if values.ndim == 2:
        parts = bootstrap_runs(values, denominator, seed=seed)
        return [short(float(part)) for part in parts]
    parts = bootstrap_runs(values.transpose(1, 2), seed=seed)
    return {
        key: [short(v) for v in part.tolist()]
        for key, part in zip(("value", "low", "high"), parts, strict=True)
    }


def short(value: float) -> float:
    """Four digits of a figure: as many as a stored table keeps."""
    return float(f"{value:.4g}")


def triples(bounds: Bounds[Tensor]) -> list[list[float]]:
    """Three vectors (K,), a value and the ends of its interval, as a triple for each k."""
    return [
        [short(value) for value in triple]
        for triple in zip(*(part.tolist() for part in bounds), strict=True)
    ]


def profile(measured: Measured, candidates: Sequence[str], seed: int) -> Table:
    """Plain values for a table: distances by k, and pooled over the regions of k.

    Along ``families`` by_k has SPD to each member, [parameter][k]; a region has the
    member closest on one half of the prompts, and SPD to it on the other half, with
    ``over_ridge``, that SPD over the closest ridge's: where it is below 1, the family
    is nearer than any ridge.

    ``nearest`` names the closest of the candidates by mean SPD, the runner-up, and
    ``margin``, the runner-up's SPD over the nearest's. ``heavy`` has the rules whose
    mean SPD a few prompts carry (`icl_core.metrics.is_heavy`), by_k with k and their
    medians: their intervals mean little.
    """
    ks = measured.ks
    by_k = {
        "ks": list(ks),
        "spd": {name: _bounds(part, seed) for name, part in measured.spd.items()},
        "ilwd": {name: _bounds(part, seed) for name, part in measured.ilwd.items()},
        "r2": _bounds(measured.r2, seed),
        "heavy": {
            name: found for name, part in measured.spd.items() if (found := _heavy(ks, part))
        },
        "families": {
            name: {
                "parameters": [short(p) for p in parameters],
                "spd": [[short(v) for v in row] for row in far.mean((1, 3)).tolist()],
            }
            for name, (parameters, far) in measured.families.items()
        },
    }
    regions = {
        name: _pooled(measured, rows, candidates, seed) for name, rows in measured.regions().items()
    }
    return {"by_k": by_k, "regions": regions}


def _heavy(ks: Sequence[int], spd: Tensor) -> dict[str, float]:
    """Of SPD (S, K, B) the medians at those k where a few prompts carry the mean."""
    return {
        str(k): short(float(part.median()))
        for k, part in zip(ks, spd.unbind(1), strict=True)
        if is_heavy(part)
    }


def _pooled(measured: Measured, rows: list[int], candidates: Sequence[str], seed: int) -> Table:
    spd = {name: part[:, rows].mean(1) for name, part in measured.spd.items()}
    ilwd = {name: part[:, rows].mean(1) for name, part in measured.ilwd.items()}
    first, second = sorted(candidates, key=lambda name: float(spd[name].mean()))[:2]
    return {
        "ks": [measured.ks[i] for i in rows],
        "spd": {name: _bounds(part, seed) for name, part in spd.items()},
        "spd_median": {name: short(float(part.median())) for name, part in spd.items()},
        "ilwd": {name: _bounds(part, seed) for name, part in ilwd.items()},
        "r2": _bounds(measured.r2[:, rows].mean(1), seed),
        "nearest": {
            "rule": first,
            "second": second,
            "margin": _bounds(spd[second], seed, spd[first]),
        },
        "heavy": [name for name, part in spd.items() if is_heavy(part)],
        "families": _tested(
            {name: (p, far[:, :, rows].mean(2)) for name, (p, far) in measured.families.items()},
            seed,
        ),
    }


def _tested(families: Mapping[str, tuple[Sequence[float], Tensor]], seed: int) -> Table:
    """The closest member of each family, chosen on every other prompt, tested on the rest.

    families: by name the parameters (P,) and SPD (P, S, B). Chosen and tested on the
    same prompts, the family with more members would win by that alone.
    """
    best = {name: int(far[..., ::2].mean((1, 2)).argmin()) for name, (_, far) in families.items()}
    tested = {name: far[best[name], :, 1::2] for name, (_, far) in families.items()}
    return {
        name: {
            "best": short(parameters[best[name]]),
            "spd": _bounds(tested[name], seed),
            "over_ridge": _bounds(tested[name], seed, tested["ridge"]),
        }
        for name, (parameters, _) in families.items()
    }
