"""``study steering``: is a line that is written into a layer followed? On fresh prompts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from icl_core.checkpoints import FOLDER, load_decoder, load_prior, read_manifest
from icl_core.interventions.pairs import sample_pairs
from icl_core.interventions.steering import COORDINATES, KINDS, SteerCurve, fit_writes, steer_curve
from icl_core.probes.weights import CELLS, load_weight_probes
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import generator
from icl_core.studies.profiles import Table, short

NAME = "steering"
NETWORK = "playground"
PROMPTS, PAIRS, QUERIES, SEED, TOGETHER = 256, 7, 8, 7000, 32
ASKED = (("d1", "slope"), ("d2i", "slope"), ("d2i", "offset"), ("d2i", "line"))
"""The kinds of lines that a plane shows, and what of them is written, see `COORDINATES`."""


def run_steering(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each of `ASKED`: shares with intervals, (layers + 1, kinds, 3), see `KINDS`.

    What is written is the change from one task of the law to another. ``progress`` is told
    the share done.
    """
    model, law = load_decoder(NETWORK, folder=folder), load_prior(NETWORK, folder)
    entry = read_manifest(folder)[NETWORK]
    rows = []
    for i, (cell, what) in enumerate(ASKED):
        dim, constant = CELLS[cell]
        mask = torch.tensor(COORDINATES[what][:dim])
        kind = law.given(dim, constant)
        maps = load_weight_probes(NETWORK, cell, folder).maps_for("w_bayes", PAIRS, dim)
        writes = fit_writes(model, kind, PAIRS, maps, seed)
        pair = sample_pairs(kind.with_plain_inputs(), prompts, PAIRS, QUERIES, seed + 1)
        drawn = torch.randn(prompts, dim, generator=generator(seed, dim))
        change = mask * 2**0.5 * law.tau * drawn
        parts = []
        for start in range(0, prompts, TOGETHER):
            some, rows_now = pair[start : start + TOGETHER], slice(start, start + TOGETHER)
            parts.append(
                steer_curve(
                    model, some.x_a, some.y_a, some.queries, change[rows_now], writes, seed + start
                )
            )
            progress((i + min(start + TOGETHER, prompts) / prompts) / len(ASKED))
        bounds = torch.stack(joined(parts).intervals(seed), dim=-1)
        rows.append(
            {
                "label": f"{cell}, {what}",
                "network": NETWORK,
                "runs": {NETWORK: {key: entry[key] for key in ("sha256", "prompts")}},
                "dim": dim,
                "what": what,
                "k": PAIRS,
                "kinds": list(KINDS),
                "share": [
                    [[short(value) for value in figure] for figure in layer]
                    for layer in bounds.tolist()
                ],
            }
        )
    return {
        "study": NAME,
        "title": "Is a line that is written into a layer followed?",
        "prompts": prompts,
        "seed": seed,
        "members": rows,
    }


def joined(parts: list[SteerCurve]) -> SteerCurve:
    """Curves of several prompts as one."""
    return SteerCurve(
        torch.cat([part.a for part in parts]),
        torch.cat([part.b for part in parts]),
        torch.cat([part.answers for part in parts], dim=2),
        torch.cat([part.moved for part in parts], dim=1),
    )


def steering_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for layer, older in zip(mine["share"], theirs["share"], strict=True):
            yield from zip(layer, older, strict=True)


def steering_rows(table: Table) -> list[Table]:
    """A line for each layer, for a shell."""
    return [
        {
            "written": row["label"],
            "layer": layer,
            **{kind: figures[i][0] for i, kind in enumerate(KINDS)},
        }
        for row in table["members"]
        for layer, figures in enumerate(row["share"])
    ]
