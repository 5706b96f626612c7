"""``study diversity``: memorise or learn, against the number of tasks seen in training.

Raventós et al. (2023): a network that saw M tasks is asked about those and about new ones,
beside the two learners that explain it: the one that knows the M tasks (discrete posterior
mean, dMMSE) and ridge, which knows none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, CheckpointError, load_model, load_prior, read_manifest
from icl_core.evaluation import Row, predict_batched
from icl_core.metrics import bootstrap_mean, gauge, squared_error
from icl_core.models.base import InContextModel
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import LinearTask, Prompt, SampledPrompt, generator
from icl_core.studies.profiles import Table, short, triples

NAME = "diversity"
PROMPTS, ON_THE_WAY, SEED = 1024, 256, 7000
LADDERS: dict[str, tuple[int | None, ...]] = {
    "lines": (1, 2, 4, 8, 16, 64, 256, 1024, None),
    "tasks": (2, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 16384, None),
}
"""How many tasks the networks of a ladder saw; None where every prompt had its own."""
SHARES = tuple(i / 8 for i in range(9))
"""Where on the way from one task of a pool to another the networks are asked."""


def network_name(ladder: str, tasks: int | None) -> str:
    """The checkpoint that saw so many tasks."""
    return f"{ladder}-{tasks or 'all'}"


def run_diversity(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for every network of both ladders; see `measured`.

    ``prompts`` fresh prompts from the pool and as many of new tasks, these the same for
    every network of a ladder. ``progress`` is told the share done.
    """
    manifest = read_manifest(folder)
    asked = [(ladder, tasks) for ladder, sizes in LADDERS.items() for tasks in sizes]
    rows = []
    for i, (ladder, tasks) in enumerate(asked):
        name = network_name(ladder, tasks)
        if name not in manifest:
            raise CheckpointError(f"There is no checkpoint {name!r} in {folder.name}.")
        model, law = load_model(name, folder=folder), load_prior(name, folder)
        rows.append(
            {
                "label": name,
                "ladder": ladder,
                "at": tasks,
                "runs": {name: {key: manifest[name][key] for key in ("sha256", "prompts")}},
                **measured(model, law, prompts, seed),
            }
        )
        progress((i + 1) / len(asked))
    return {
        "study": NAME,
        "title": "Memorise or learn: what a network does that saw M tasks",
        "prompts": prompts,
        "seed": seed,
        "members": rows,
    }


def measured(model: InContextModel, law: Prior, prompts: int, seed: int) -> Table:
    """One network on tasks of its pool, on new ones, and on the way between two of its pool.

    pool and new: see `_asked`; a network without a pool has only new ones. way: the mean
    squared error of each learner over all k, for each of `SHARES`.
    Every figure is [value, low, high].
    """
    new, pool = law.with_free_weights(), law.pool
    found: Table = {"dim": law.dims[-1], "new": _asked(model, law, new, prompts, seed)}
    if pool is None:
        return found
    found["pool"] = _asked(model, law, law, prompts, seed)
    if len(pool) > 1:
        few = min(prompts, ON_THE_WAY)
        found["way"] = [_on_the_way(model, law, pool, share, few, seed) for share in SHARES]
    return found


def answers_to(prompt: Prompt, model: InContextModel, law: Prior) -> dict[str, Tensor]:
    """The next answers (B, k) of the network, of the one that knows the tasks, and of ridge."""
    rules = {"memoriser": law.bayes(), "learner": law.with_free_weights().bayes()}
    told = {name: rule.predict_next(prompt.x, prompt.y) for name, rule in rules.items()}
    return {"network": predict_batched(model, prompt), **told}


def _asked(model: InContextModel, law: Prior, drawn_from: Prior, prompts: int, seed: int) -> Table:
    """Fresh prompts of a law, answered by the network and by its law's two learners.

    error: by learner, a mean squared error to the clean answer after every k; gauge: over
    all k, with apart and off as in `metrics.Gauge`; gauge_at: after every k, None where the
    two learners agree.
    """
    prompt = drawn_from.sample(prompts, model.limits.max_exemplars + 1, generator(seed))
    told = answers_to(prompt, model, law)
    found: Table = {"error": _errors(told, prompt, seed)}
    network, learner, memoriser = (told[who] for who in ("network", "learner", "memoriser"))
    if torch.equal(learner, memoriser):
        return found
    whole = gauge(network, learner, memoriser, seed=seed)
    return {
        **found,
        "gauge": [short(bound) for bound in whole.share],
        "apart": short(whole.apart),
        "off": short(whole.off),
        "gauge_at": [
            _gauge_at(network[:, k], learner[:, k], memoriser[:, k], seed)
            for k in range(network.shape[1])
        ],
    }


def _gauge_at(network: Tensor, learner: Tensor, memoriser: Tensor, seed: int) -> list[float] | None:
    if torch.equal(learner, memoriser):
        return None
    found = gauge(network, learner, memoriser, seed=seed)
    return [short(bound) for bound in found.share] if found.tells else None


def _errors(
    told: dict[str, Tensor], prompt: SampledPrompt, seed: int
) -> dict[str, list[list[float]]]:
    return {
        who: triples(bootstrap_mean(squared_error(answers, prompt.clean), seed=seed))
        for who, answers in told.items()
    }


def between(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Tasks on the way from the first to the second, (B, d), all as long as the way goes.

    The mix is rescaled to the mix of the lengths: its ends are the tasks themselves
    (Raventós et al. 2023, §4.2, who rescale to the mean of the two).
    """
    mix = torch.lerp(first, second, share)
    length = torch.lerp(first.norm(dim=-1), second.norm(dim=-1), share)
    return mix * (length / mix.norm(dim=-1).clamp(min=1e-9))[:, None]


def _on_the_way(
    model: InContextModel, law: Prior, pool: Tensor, share: float, prompts: int, seed: int
) -> dict[str, list[float]]:
    gen = generator(seed, 1)
    drawn = law.with_free_weights().sample(prompts, model.limits.max_exemplars + 1, gen)
    first = torch.randint(len(pool), (prompts,), generator=gen)
    second = (first + torch.randint(1, len(pool), (prompts,), generator=gen)) % len(pool)
    clean = LinearTask(between(pool[first], pool[second], share)).answer(drawn.x)
    told = answers_to(Prompt(drawn.x, clean + drawn.y - drawn.clean), model, law)
    errors = {who: squared_error(answers, clean).mean(1) for who, answers in told.items()}
    return {
        who: [short(float(bound)) for bound in bootstrap_mean(error, seed=seed)]
        for who, error in errors.items()
    }


def diversity_rows(table: Table) -> list[Row]:
    """A line for each network, for a shell: gauges, and errors over all k."""
    return [
        {
            "network": row["label"],
            **{f"gauge, {part}": row.get(part, {}).get("gauge", [None])[0] for part in PARTS},
            **{
                f"{who}, {part}": _mean_of(row[part]["error"][who]) if part in row else None
                for part in PARTS
                for who in ("network", "memoriser", "learner")
            },
        }
        for row in table["members"]
    ]


PARTS = ("pool", "new")
"""The prompts that a network is asked: of tasks that it saw in training, and of new ones."""


def _mean_of(bounds: list[list[float]]) -> float:
    return sum(value for value, _, _ in bounds) / len(bounds)


def diversity_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study, row by row."""
    theirs = {row["label"]: row for row in old["members"]}
    for row in new["members"]:
        for part in (one for one in PARTS if one in row):
            mine, other = row[part], theirs[row["label"]][part]
            for who, bounds in mine["error"].items():
                yield from zip(bounds, other["error"][who], strict=True)
            if "gauge" in mine:
                yield mine["gauge"], other["gauge"]
