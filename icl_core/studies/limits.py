"""``study limits``: how often the alarm goes off, in range and out, and how wrong answers then are.

The flagship is asked about prompts of its own law, about the three cases that an alarm
must not miss, and about prompts from steep to very steep, from noisy to very noisy, with
an outlier and with far inputs. See `icl_core.limits` for the alarm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, load_model, load_prior, read_manifest
from icl_core.evaluation import Row, with_constant
from icl_core.limits import (
    FAR,
    NOISY,
    STEEP,
    STRONG,
    TABLE,
    Finding,
    few_pairs,
    limits_of,
    reach_of,
)
from icl_core.metrics import bootstrap_mean
from icl_core.models.base import InContextModel
from icl_core.priors import Cell, Prior
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import LinearTask, generator
from icl_core.studies.profiles import Table, short

NAME, NETWORK = TABLE, "playground"
PROMPTS, QUERIES, TOGETHER = 256, 16, 64
KS = (3, 5, 7, 10, 20, 40)
CELLS = (Cell(1, False), Cell(2, True), Cell(2, False), Cell(4, False), Cell(8, False))
CASE, CASE_OUTLIER = 8.0, 10.0
"""Size of the slopes and the flat lines, and of the outlier, that the alarm must not miss."""
SIZES, SIGMAS_OUT, OUTLIERS, SCALES = (2.0, 16.0), (1.5, 8.0), (4.0, 16.0), (1.0, 3.0)
"""Between which the weights' size in units of tau, the noise, the outlier and the scale of the
inputs lie in prompts that are meant to be out of range, evenly in their logarithm."""
ABOVE = {STEEP: (math.log(STRONG), 10.0, 30.0, 100.0), FAR: (1.0, 1.5, 2.0)}
ABOVE[NOISY] = ABOVE[STEEP]
"""Where the bins of the scores begin."""
FEWEST = 50
"""Prompts in a bin whose figures are kept."""


class Asked(NamedTuple):
    """Prompts with the truth: x (B, k, d), y (B, k), queries (B, q, d), w (B, d)."""

    x: Tensor
    y: Tensor
    queries: Tensor
    w: Tensor

    def errors(self, model: InContextModel) -> Tensor:
        """The root mean squared error at the queries against the truth: (B,)."""
        parts = [
            model.predict(*(part[start : start + TOGETHER] for part in self[:3]))
            for start in range(0, len(self.y), TOGETHER)
        ]
        truth = LinearTask(self.w).answer(self.queries)
        return (torch.cat(parts) - truth).square().mean(-1).sqrt()


def run_limits(
    *,
    prompts: int = PROMPTS,
    seed: int = 8000,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each of `CELLS`; see `measured`. ``progress`` is told the share done.

    ``prompts`` of every kind and every k of `KS`.
    """
    model, law = load_model(NETWORK, folder=folder), load_prior(NETWORK, folder)
    entry = read_manifest(folder)[NETWORK]
    runs = {NETWORK: {key: entry[key] for key in ("sha256", "prompts")}}
    rows = [
        {
            "label": f"d = {cell.dim}{', the last constant' * cell.intercept}",
            **cell._asdict(),
            "runs": runs,
            **measured(model, law, cell, prompts, seed, part_of(progress, i, len(CELLS))),
        }
        for i, cell in enumerate(CELLS)
    ]
    return {
        "study": NAME,
        "title": "In range, or not: how often the alarm goes off, and how wrong answers then are",
        "prompts": prompts,
        "seed": seed,
        "runs": runs,
        "reach": short(reach_of(law)),
        "members": rows,
    }


def measured(
    model: InContextModel,
    law: Prior,
    cell: Cell,
    prompts: int,
    seed: int,
    progress: ProgressCallback = silent,
) -> Table:
    """The figures of one cell.

    false: the share of the law's own prompts that set off the alarm, and alarms: that of each
    case, by k, [value, low, high]; usual: the median error on the law's own prompts; errors: see
    `icl_core.limits.ExpectedError`.
    """
    limits, own = limits_of(model, law), law.given(*cell)
    false: dict[str, list[float]] = {}
    alarms: dict[str, dict[str, list[float]]] = {}
    usual, far_out = [], []
    for i, k in enumerate(KS):
        gen = generator(seed, cell.dim, cell.intercept, k)
        inside = own_prompts(own, 4 * prompts, k, gen)
        false[f"k = {k}"] = _share(limits.check(*inside[:3]).out, seed)
        usual.append(inside._replace(**_first(inside, prompts)).errors(model))
        for name, asked in cases(own, prompts, k, gen).items():
            found = limits.check(*asked[:3]).out
            alarms.setdefault(name, {})[f"k = {k}"] = _share(found, seed)
        for asked in beyond(own, prompts, k, gen):
            finding = limits.check(*asked[:3])
            far_out.append((k <= few_pairs(cell.dim), finding, asked.errors(model)))
            progress((i + len(far_out) / 4 / len(KS)) / (len(KS) + 1))
    return {
        "false": false,
        "alarms": alarms,
        "usual": short(float(torch.cat(usual).median())),
        "errors": errors_by_score(far_out),
    }


# --- what is asked ------------------------------------------------------------------


def own_prompts(own: Prior, prompts: int, k: int, gen: torch.Generator) -> Asked:
    """Prompts of the law's one cell, with their truth, asked at inputs of the law."""
    drawn, dim = own.sample(prompts, k, gen), own.dims[-1]
    assert isinstance(drawn.task, LinearTask)
    queries = own.queries(prompts, QUERIES, gen)
    return Asked(drawn.x[..., :dim], drawn.y, queries[..., :dim], drawn.task.weights[:, :dim])


def cases(own: Prior, prompts: int, k: int, gen: torch.Generator) -> dict[str, Asked]:
    """What the alarm must not miss: a slope of ±8, a flat line at 8, an outlier of ±10.

    On plain inputs; the first two without noise.
    """
    asked = own_prompts(own.with_plain_inputs(), prompts, k, gen)
    w = CASE * torch.zeros_like(asked.w).index_fill(1, torch.tensor(0), 1.0) * _signs(prompts, gen)
    lines = {"slope": w}
    if own.cells[0].intercept:
        lines["flat"] = w.abs().flip(1)
    found = {
        name: asked._replace(y=LinearTask(w).answer(asked.x), w=w) for name, w in lines.items()
    }
    size = torch.full((prompts,), CASE_OUTLIER)
    return {**found, "outlier": _with_outlier(asked, size, gen)}


def beyond(own: Prior, prompts: int, k: int, gen: torch.Generator) -> Iterator[Asked]:
    """Prompts that are too steep, too noisy, with an outlier, with far inputs; see `SIZES`."""
    asked = own_prompts(own, prompts, k, gen)
    noise = asked.y - LinearTask(asked.w).answer(asked.x)
    sizes = _spread(prompts, SIZES, gen)[:, None] * own.tau
    w = sizes * torch.nn.functional.normalize(asked.w, dim=1)
    yield asked._replace(y=LinearTask(w).answer(asked.x) + noise, w=w)
    more = _spread(prompts, SIGMAS_OUT, gen)[:, None] * torch.randn(prompts, k, generator=gen)
    yield asked._replace(y=asked.y - noise + more)
    yield _with_outlier(asked, _spread(prompts, OUTLIERS, gen), gen)
    yield _with_far_inputs(own, asked, noise, gen)


def _with_outlier(asked: Asked, size: Tensor, gen: torch.Generator) -> Asked:
    """One y of each prompt moved by ±size, (B,)."""
    prompts, k = asked.y.shape
    which = torch.randint(k, (prompts,), generator=gen)
    moved = asked.y.clone()
    moved[torch.arange(prompts), which] += size * _signs(prompts, gen)[:, 0]
    return asked._replace(y=moved)


def _with_far_inputs(own: Prior, asked: Asked, noise: Tensor, gen: torch.Generator) -> Asked:
    """Inputs moved outward together, until the farthest is 1 to 3 times as far as the law's go."""
    reach = _spread(len(asked.y), SCALES, gen) * reach_of(own)
    constant = own.cells[0].intercept
    free = torch.cat([asked.x, asked.queries], dim=1)[..., : asked.x.shape[-1] - constant]
    x, queries = (free * (reach / free.abs().flatten(1).amax(1))[:, None, None]).split(
        [asked.x.shape[1], QUERIES], dim=1
    )
    if constant:
        x, queries = with_constant(x[..., 0]), with_constant(queries[..., 0])
    return asked._replace(x=x, queries=queries, y=LinearTask(asked.w).answer(x) + noise)


def _spread(count: int, ends: tuple[float, float], gen: torch.Generator) -> Tensor:
    """(count,) between two ends, evenly in the logarithm."""
    low, high = (math.log(end) for end in ends)
    return (low + (high - low) * torch.rand(count, generator=gen)).exp()


def _signs(count: int, gen: torch.Generator) -> Tensor:
    return (2 * torch.randint(2, (count, 1), generator=gen) - 1).float()


def _first(asked: Asked, count: int) -> dict[str, Tensor]:
    return {name: part[:count] for name, part in asked._asdict().items()}


# --- what came of it ----------------------------------------------------------------


def errors_by_score(found: list[tuple[bool, Finding, Tensor]]) -> list[Row]:
    """Medians and deciles of the errors of all prompts in a bin; see `ExpectedError`."""
    by_bin: dict[tuple[bool, str, float], list[float]] = {}
    for few, finding, errors in found:
        for row, error in enumerate(errors.tolist()):
            why = finding.why(row)
            if why is None:
                continue
            above = max(edge for edge in ABOVE[why] if edge <= finding.score(row))
            by_bin.setdefault((few, why, above), []).append(error)
    rows = []
    for (few, why, above), alike in sorted(by_bin.items()):
        if len(alike) < FEWEST:
            continue
        low, value, high = torch.tensor(alike).quantile(torch.tensor([0.1, 0.5, 0.9])).tolist()
        rows.append(
            {
                "few": few,
                "why": why,
                "above": above,
                "value": short(value),
                "low": short(low),
                "high": short(high),
                "prompts": len(alike),
            }
        )
    return rows


def _share(alarms: Tensor, seed: int) -> list[float]:
    return [short(float(part)) for part in bootstrap_mean(alarms.double(), seed=seed)]


def limits_rows(table: Table) -> list[Row]:
    """A line for each cell and k, for a shell."""
    return [
        {
            "cell": member["label"],
            "k": k,
            "false": false[0],
            **{name: member["alarms"].get(name, {}).get(k, [None])[0] for name in CASES},
        }
        for member in table["members"]
        for k, false in member["false"].items()
    ]


CASES = ("slope", "flat", "outlier")


def limits_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        yield from zip(_figures(mine), _figures(theirs), strict=True)


def _figures(member: Row) -> list[list[float]]:
    cases = [share for by_k in member["alarms"].values() for share in by_k.values()]
    return [*member["false"].values(), *cases]
