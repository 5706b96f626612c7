"""``study two-layers``: layers on a frozen trunk, and whether they learn in context.

How many does it take?

On each trunk Φ tasks are y = wᵀΦ(x) + noise (Guo et al. 2023, §3). Layers that were added to the
trunk are asked beside as many layers on x itself, the same with the trunk trained along, a
linear readout of Φ that sees no example, and exact Bayes, which is ridge on Φ(x).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from icl_core.added_layers import (
    ALONE,
    EXEMPLARS,
    ON,
    TRUNKS,
    WHOLE,
    Run,
    load_run,
    stored_runs,
)
from icl_core.added_layers import (
    NAME as WEIGHTS,
)
from icl_core.checkpoints import FOLDER, read_manifest
from icl_core.evaluation import Row, predict_batched
from icl_core.metrics import bootstrap_mean, bootstrap_runs, squared_error
from icl_core.models.trunk import fingerprint, trunk
from icl_core.priors import TrunkPrior
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import SampledPrompt, generator
from icl_core.studies.profiles import Table, triples
from icl_core.trunks import NAME as TRUNK_WEIGHTS

NAME = "two-layers"
PROMPTS, SEED = 512, 22_000
READOUT_PROMPTS = 2048
KS = tuple(range(EXEMPLARS + 1))
ZERO, READOUT, RIDGE = "zero", "readout", "ridge"
"""Who needs no training in context: the answer 0, a linear readout of Φ, and ridge on Φ."""
BASE = f"{ALONE}-2"
"""From whose error the gap to ridge on Φ is counted: two layers on x itself."""
Errors = dict[str, Tensor]
"""Squared errors by who answers, (S, B, k + 1): S runs, 1 of what is not trained."""


def who_of(run: Run) -> str:
    """The group of runs that differ in their seed only."""
    return f"{run.what}-{run.layers}"


def run_two_layers(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each trunk; see `measured`. ``prompts`` fresh ones for each, the same for all.

    ``progress`` is told the share done. CheckpointError where the weights are missing.
    """
    notes, manifest = stored_runs(folder), read_manifest(folder)
    files = {name: {"sha256": manifest[name]["sha256"]} for name in (WEIGHTS, TRUNK_WEIGHTS)}
    members = []
    for place, name in enumerate(TRUNKS):
        mine = [run for run in notes if run.trunk == name]
        prompt = TrunkPrior(name).sample(prompts, EXEMPLARS + 1, generator(seed, place))
        errors = answered(prompt, name, mine, folder)
        members.append(
            {
                "label": name,
                "runs": files,
                "seeds": {who: len(told) for who, told in errors.items()},
                "trunk": trunk_before_and_after(name, {run: notes[run] for run in mine}),
                **measured(errors, seed),
            }
        )
        progress((place + 1) / len(TRUNKS))
    seen = {note["prompts"] for note in notes.values()}
    return {
        "study": NAME,
        "title": "Layers on a frozen trunk: can they learn in context?",
        "prompts": prompts,
        "seed": seed,
        "seen": max(seen),
        "ks": list(KS),
        "members": members,
    }


def answered(prompt: SampledPrompt, name: str, runs: list[Run], folder: Path = FOLDER) -> Errors:
    """The squared errors of all on the next answer, against the answer without noise."""
    law = TrunkPrior(name)
    told: dict[str, list[Tensor]] = defaultdict(list)
    told[ZERO] = [torch.zeros_like(prompt.clean)]
    told[READOUT] = [trunk(name)(prompt.x) @ readout(law).to(prompt.x)]
    told[RIDGE] = [law.bayes().predict_next(prompt.x, prompt.y)]
    for run in sorted(runs):
        told[who_of(run)].append(predict_batched(load_run(run, folder), prompt))
    return {
        who: torch.stack([squared_error(one, prompt.clean) for one in parts]).double()
        for who, parts in told.items()
    }


def readout(law: TrunkPrior) -> Tensor:
    """The weights (m,) of the linear readout of Φ that is best over tasks, blind to the prompt."""
    prompt = law.sample(READOUT_PROMPTS, EXEMPLARS + 1, generator(SEED, READOUT_PROMPTS))
    features = trunk(law.trunk)(prompt.x).flatten(0, 1).double()
    return torch.linalg.lstsq(features, prompt.y.reshape(-1, 1).double()).solution[:, 0]


def trunk_before_and_after(name: str, notes: Mapping[Run, Mapping[str, Table]]) -> Table:
    """The trunk's fingerprint, and of how many runs of each kind it is so before and after.

    Of runs whose trunk was trained it must have changed: that is what the test can tell.
    """
    own = fingerprint(trunk(name))
    found: Table = {"fingerprint": own}
    for what in (ON, WHOLE):
        told = [note["trunk"] for run, note in notes.items() if run.what == what]
        found[what] = {
            "runs": len(told),
            "same before": sum(one["before"] == own for one in told),
            "same after": sum(one["after"] == own for one in told),
        }
    return found


def measured(errors: Errors, seed: int) -> Table:
    """What came of one trunk's prompts.

    error: by who answers, the mean squared error after each of `KS`; all: over k ≥ 1; closed:
    by layers, the share of the gap from two layers on x to ridge on Φ that is closed after each
    k ≥ 1, and over all; of the runs whose seed both have. Every figure is [value, low, high],
    the interval over prompts, and over runs where there are several.
    """
    closed, pooled = {}, {}
    base = errors[BASE]
    for who in [name for name in errors if name.split("-")[0] in (ON, WHOLE)]:
        pairs = min(len(base), len(errors[who]))
        won, gap = base[:pairs] - errors[who][:pairs], base[:pairs] - errors[RIDGE]
        closed[who] = triples(bootstrap_runs(won[:, :, 1:], gap[:, :, 1:], seed=seed))
        whole = (part[:, :, 1:].mean(2, keepdim=True) for part in (won, gap))
        (pooled[who],) = triples(bootstrap_runs(*whole, seed=seed))
    return {
        "error": {who: _means(part, seed) for who, part in errors.items()},
        "all": {
            who: _means(part[:, :, 1:].mean(2, keepdim=True), seed)[0]
            for who, part in errors.items()
        },
        "closed": closed,
        "closed_all": pooled,
    }


def _means(errors: Tensor, seed: int) -> list[list[float]]:
    """(S, B, K) -> a triple for each k."""
    if len(errors) == 1:
        return triples(bootstrap_mean(errors[0], seed=seed))
    return triples(bootstrap_runs(errors, seed=seed))


def two_layers_rows(table: Table) -> list[Row]:
    """A line for each trunk and each learner, for a shell."""
    return [
        {
            "trunk": row["label"],
            "who": who,
            "runs": row["seeds"][who],
            "error": error[0],
            "closed": row["closed_all"][who][0] if who in row["closed_all"] else None,
            "from": row["closed_all"][who][1] if who in row["closed_all"] else None,
            "to": row["closed_all"][who][2] if who in row["closed_all"] else None,
        }
        for row in table["members"]
        for who, error in row["all"].items()
    ]


def two_layers_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of who is in both of two tables of this study, row by row."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for who in mine["error"].keys() & theirs["error"].keys():
            yield from zip(mine["error"][who], theirs["error"][who], strict=True)
        for who in mine["closed_all"].keys() & theirs["closed_all"].keys():
            yield mine["closed_all"][who], theirs["closed_all"][who]
