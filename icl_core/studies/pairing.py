"""``study pairing``: the pairing head of every shipped network, what it costs, and the swap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, list_models, load_model, load_prior, read_manifest
from icl_core.evaluation import Row
from icl_core.interventions.pairing import (
    PAIRS,
    STAND_INS,
    Asked,
    Ends,
    Swap,
    head_cost,
    head_costs,
    pairing_scores,
    swap_ends,
    swap_heads,
    x_readable,
)
from icl_core.interventions.pairs import Pair, sample_pairs
from icl_core.metrics import Bounds, bootstrap_mean, squared_error
from icl_core.models.base import EditableModel
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.studies.profiles import Table, short

NAME = "pairing"
PROMPTS, MAPPED, QUERIES, SEED = 64, 32, 4, 6000
Head = tuple[int, int]
"""A block and a head of it, from 0."""


def run_pairing(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for every network with heads and every kind of its tasks; see `measured`.

    ``prompts`` fresh pairs of prompts each, of the network's own law. ``progress`` is told
    the share done.
    """
    manifest = read_manifest(folder)
    models = {name: load_model(name, folder=folder) for name in list_models(folder)}
    asked = [
        (name, model, law)
        for name, model in models.items()
        if isinstance(model, EditableModel)
        for law in cells_of(load_prior(name, folder))
    ]
    rows = []
    for i, (name, model, law) in enumerate(asked):
        entry = manifest[name]
        noted = {key: entry[key] for key in ("sha256", "prompts") if key in entry}
        rows.append(
            {
                "label": f"{name}, {said_of(law)}",
                "network": name,
                "of": entry.get("of"),
                "steps": entry.get("steps"),
                "runs": {name: noted},
                **measured(model, law, prompts, seed, part_of(progress, i, len(asked))),
            }
        )
    return {
        "study": NAME,
        "title": "Pair, then collect: the head by which y reads its x",
        "prompts": prompts,
        "seed": seed,
        "members": rows,
    }


def cells_of(law: Prior) -> list[Prior]:
    """A law of one kind of task; of a law of many, a line on the plane, and its widest tasks."""
    if len(law.cells) == 1:
        return [law]
    widest = max(law.dims)
    cells = [law.nearest(dim, constant, 0.0)[0] for dim, constant in ((2, True), (widest, False))]
    return [law.given(*cell) for cell in dict.fromkeys(cells)]


def said_of(law: Prior) -> str:
    """The one kind of task of a law, in a few words."""
    dim, constant = law.cells[0]
    return f"d = {dim}, the last constant" if constant else f"d = {dim}"


def exemplars_for(law: Prior, most: int) -> int:
    """How many pairs a prompt has: 12, or two and a half for each feature, or the most there are.

    Enough for the task to be known, so that an error is the network's own.
    """
    return min(max(12, math.ceil(2.5 * law.dims[-1])), most)


def measured(
    model: EditableModel,
    law: Prior,
    prompts: int,
    seed: int,
    progress: ProgressCallback = silent,
) -> Table:
    """Score, cost and swap of the heads of one network, on prompts of one kind of task.

    error: of the whole network, zero: of always answering 0; score, cost (without it, its
    mean in its place, on the first `MAPPED` prompts): (blocks, heads); pairing: the heads
    that pair, the one with the largest swap first; head: the first of them, or where there
    is none the one of the highest score; other: the costliest head that does not pair;
    swap: see `_swaps`.
    Figures of one head are [value, low, high].
    """
    k = exemplars_for(law, model.limits.max_exemplars)
    pair = sample_pairs(law, prompts, k, QUERIES, seed)
    assert pair.target is not None
    score = pairing_scores(model.trace(pair.x_a, pair.y_a).attention).transpose(1, 2)
    asked = Asked(pair.x_a, pair.y_a, pair.queries, pair.target)
    gathered = asked.gathered(model)
    few = slice(MAPPED)
    costs = head_costs(model, asked[few], gathered[:, few], progress).without.mean(-1)
    ends = swap_ends(model, pair)
    swapped = partial(_swapped, model, pair, ends)
    found = ranked(score.mean(-1), costs)
    by_share = sorted(found.pairing, key=lambda head: -_share(swapped([head])))
    head = (by_share or [found.best])[0]

    def told(head: Head) -> Table:
        cost = partial(head_cost, model, asked, gathered, head)
        return {
            "at": list(head),
            "score": _mean(score[head], seed),
            "cost": {kind: _mean(cost(kind), seed) for kind in STAND_INS},
        }

    readable = x_readable(model, pair.x_a, pair.y_a)
    return {
        "dim": law.dims[-1],
        "k": k,
        "error": _mean(squared_error(ends.before, asked.target).mean(-1), seed),
        "zero": _mean(asked.target.square().mean(-1), seed),
        "score": _short_rows(score.mean(-1)),
        "cost": _short_rows(costs),
        "pairing": [list(one) for one in by_share],
        "head": told(head),
        "other": told(found.other) if found.other else None,
        "swap": _swaps(swapped, by_share or [head], model.heads, seed),
        "x_read_at_y": [short(float(readable[at])) for at in (head[0], head[0] + 1)],
    }


class Ranked(NamedTuple):
    """The heads that pair; the one of the highest score; the costliest that does not pair."""

    pairing: list[Head]
    best: Head
    other: Head | None


def ranked(score: Tensor, cost: Tensor) -> Ranked:
    """Sort heads by score and cost, both (blocks, heads)."""

    def heads(values: Tensor) -> list[Head]:
        return [divmod(int(i), values.shape[1]) for i in values.flatten().argsort(descending=True)]

    pairing = [head for head in heads(score) if score[head] >= PAIRS]
    best = heads(score)[0]
    rest = [head for head in heads(cost) if head not in (best, *pairing)]
    return Ranked(pairing, best, rest[0] if rest else None)


def _swapped(
    model: EditableModel, pair: Pair, ends: Ends, heads: Sequence[Head], kind: str = "y"
) -> Swap:
    chosen = torch.zeros(model.layers, model.heads, dtype=torch.bool)
    for head in heads:
        chosen[head] = True
    return swap_heads(model, pair, ends, chosen, kind)


def _share(swap: Swap) -> float:
    return float(swap.share(seed=0, draws=1)[0])


def _swaps(
    swapped: Callable[..., Swap], pairing: list[Head], heads: int, seed: int
) -> dict[str, Table]:
    """The swap in the first of these heads, in all of them, and where nothing should come of it.

    null: in another head of the first's layer, the one with the largest share; x tokens:
    in all of them at the x tokens; none: the untouched answers.
    """
    one, head = swapped(pairing[:1]), pairing[0]
    neighbours = [(head[0], i) for i in range(heads) if (head[0], i) not in pairing]
    nulls = [swapped([other]) for other in neighbours]
    found = {
        "one": one,
        "all": swapped(pairing) if len(pairing) > 1 else one,
        "x tokens": swapped(pairing, "x"),
        "none": one._replace(answers=one.before),
        **({"null": max(nulls, key=_share)} if nulls else {}),
    }
    return {
        name: {"share": _bounds(swap.share(seed)), "r2": _bounds(swap.r2(seed))}
        for name, swap in found.items()
    }


def pairing_rows(table: Table) -> list[Row]:
    """A line for each network, for a shell: what its head costs, and how far the swap goes."""
    return [
        {
            "network": row["label"],
            "head": "L{}H{}".format(*(i + 1 for i in row["head"]["at"])),
            "score": row["head"]["score"][0],
            "error": row["error"][0],
            "without": row["head"]["cost"]["mean"][0],
            "another": row["other"]["cost"]["mean"][0] if row["other"] else None,
            "always 0": row["zero"][0],
            "swap": row["swap"]["all"]["share"][0],
            "swap R²": row["swap"]["all"]["r2"][0],
            "null": row["swap"]["null"]["share"][0] if "null" in row["swap"] else None,
        }
        for row in table["members"]
    ]


def pairing_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study, row by row, of rows that both have."""
    theirs = {row["label"]: row for row in old["members"]}
    for row in (row for row in new["members"] if row["label"] in theirs):
        yield from zip(_figures(row), _figures(theirs[row["label"]]), strict=True)


def _figures(row: Table) -> list[list[float]]:
    found = [row["error"], row["zero"]]
    for part in (row["head"], row["other"]):
        if part:
            found += [part["score"], *part["cost"].values()]
    return found + [figure for swap in row["swap"].values() for figure in swap.values()]


def _mean(values: Tensor, seed: int) -> list[float]:
    return _bounds(bootstrap_mean(values, seed=seed))


def _bounds(bounds: Bounds[Tensor]) -> list[float]:
    return [short(float(part)) for part in bounds]


def _short_rows(values: Tensor) -> list[list[float]]:
    return [[short(value) for value in row] for row in values.tolist()]
