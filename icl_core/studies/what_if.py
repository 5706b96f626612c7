"""``study what-if``: another task in part, or another y, inside one layer. On fresh prompts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from icl_core.checkpoints import FOLDER, load_decoder, load_prior, read_manifest
from icl_core.evaluation import Row
from icl_core.interventions.pairs import sample_pairs
from icl_core.interventions.what_if import (
    ALPHAS,
    KINDS,
    BlendCurve,
    ExemplarCurve,
    blend_curve,
    exemplar_curve,
    hat_entries,
)
from icl_core.metrics import Bounds
from icl_core.models.base import EditableModel
from icl_core.priors import Cell, Prior
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import generator
from icl_core.studies.profiles import Table, short

NAME, NETWORK = "what-if", "playground"
PROMPTS, PAIRS, QUERIES, TOGETHER = 256, 7, 8, 32
SIGMA, CHANGE = 0.25, 1.0
"""The noise of the prompts whose y is changed, and by how much, up or down."""
CELLS = (Cell(1, False), Cell(2, True))
"""The kinds of tasks that a plane shows."""


def run_what_if(
    *,
    prompts: int = PROMPTS,
    seed: int = 9000,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each of `CELLS`: R² with intervals, layer by layer; see `measured`."""
    model, law = load_decoder(NETWORK, folder=folder), load_prior(NETWORK, folder)
    entry = read_manifest(folder)[NETWORK]
    rows = [
        {
            "label": "d = 2, the last constant" if cell.intercept else f"d = {cell.dim}",
            **cell._asdict(),
            "network": NETWORK,
            "runs": {NETWORK: {key: entry[key] for key in ("sha256", "prompts")}},
            "k": PAIRS,
            "kinds": list(KINDS),
            **measured(model, law, cell, prompts, seed, part_of(progress, i, len(CELLS))),
        }
        for i, cell in enumerate(CELLS)
    ]
    return {
        "study": NAME,
        "title": "What if a layer held another task in part, or another y?",
        "prompts": prompts,
        "seed": seed,
        "members": rows,
    }


def measured(
    model: EditableModel,
    law: Prior,
    cell: Cell,
    prompts: int,
    seed: int,
    progress: ProgressCallback = silent,
) -> Table:
    """The figures of one kind of task, each by layer and `KINDS` as [value, low, high].

    blend: R² of the answers with the mixture that α asks for; exemplar: of the change of the
    answers with ridge's entry for the pair whose y was changed; neighbour: with the entry of
    the next pair, where there should be none.
    """
    own = law.with_plain_inputs().given(*cell)
    pair = sample_pairs(own, prompts, PAIRS, QUERIES, seed)
    quiet = sample_pairs(own.given(sigma=SIGMA), prompts, PAIRS, QUERIES, seed + 1)
    gen = generator(seed, *cell)
    which = torch.randint(PAIRS, (prompts,), generator=gen)
    change = CHANGE * (2.0 * torch.randint(2, (prompts,), generator=gen) - 1)
    blends, exemplars = [], []
    for start in range(0, prompts, TOGETHER):
        at = slice(start, start + TOGETHER)
        blends.append(blend_curve(model, pair[at], seed + start))
        some = quiet[at]
        exemplars.append(
            exemplar_curve(
                model, some.x_a, some.y_a, some.queries, which[at], change[at], seed + start
            )
        )
        progress(min(start + TOGETHER, prompts) / prompts)
    found = _joined(exemplars)
    hat = hat_entries(quiet.x_a, quiet.queries, (SIGMA / law.tau) ** 2) * change[:, None, None]
    rows = torch.arange(prompts)
    mine, next_one = (hat[rows, :, at] for at in (which, (which + 1) % PAIRS))
    return {
        "blend": _layers(_joined_blends(blends).r2(seed)),
        "exemplar": _layers(found.r2(mine, seed)),
        "neighbour": _layers(found.r2(next_one, seed)),
    }


def _joined_blends(parts: list[BlendCurve]) -> BlendCurve:
    return BlendCurve(
        ALPHAS,
        torch.cat([part.a for part in parts]),
        torch.cat([part.b for part in parts]),
        torch.cat([part.answers for part in parts], dim=3),
    )


def _joined(parts: list[ExemplarCurve]) -> ExemplarCurve:
    return ExemplarCurve(
        torch.cat([part.a for part in parts]),
        torch.cat([part.b for part in parts]),
        torch.cat([part.answers for part in parts], dim=2),
    )


def _layers(bounds: Bounds[torch.Tensor]) -> list[list[list[float]]]:
    figures: list[list[list[float]]] = torch.stack(bounds, dim=-1).tolist()
    return [[[short(value) for value in figure] for figure in layer] for layer in figures]


FIGURES = ("blend", "exemplar", "neighbour")


def what_if_rows(table: Table) -> list[Row]:
    """A line for each layer, for a shell: the change that is meant, and the random one."""
    return [
        {
            "tasks": row["label"],
            "layer": layer,
            **{
                name + (", random" if i else ""): row[name][layer][i][0]
                for name in FIGURES
                for i in range(len(KINDS))
            },
        }
        for row in table["members"]
        for layer in range(len(row["blend"]))
    ]


def what_if_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for name in FIGURES:
            for layer, older in zip(mine[name], theirs[name], strict=True):
                yield from zip(layer, older, strict=True)
