"""``study interchange``: how many directions of a state the effect of a layer goes through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from icl_core.checkpoints import FOLDER, load_decoder, load_prior, read_manifest
from icl_core.interventions.interchange import (
    KNOWN,
    STEPS,
    TOKENS,
    find_subspaces,
    interchange,
    random_basis,
    told_by,
)
from icl_core.interventions.pairs import sample_pairs
from icl_core.probes.weights import CELLS
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import generator
from icl_core.studies.profiles import Table, short

NAME = "interchange"
NETWORK, CELL = "playground", "d2i"
PROMPTS, PAIRS, QUERIES, SEED = 256, 7, 8, 7000
LEARNED_ON, LEARNED_AT = 4096, 4
"""Pairs of prompts that directions are found on, and the queries that each is asked."""
RANKS = (1, 2, 4)
SHARES = (*(f"{rank}" for rank in RANKS), *(f"{rank} at random" for rank in RANKS), "all")
"""What each row of shares is of: learned directions, as many random ones, all of the state."""


def run_interchange(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
    steps: int = STEPS,
) -> Table:
    """A row for each of `TOKENS`: shares (layers, `SHARES`, 3), and what each rank holds.

    Layers 1 and up; ``prompts`` pairs of fresh prompts score what other pairs taught.
    ``progress`` is told the share done.
    """
    model, law = load_decoder(NETWORK, folder=folder), load_prior(NETWORK, folder)
    kind = law.given(*CELLS[CELL]).with_plain_inputs()
    taught = sample_pairs(kind, LEARNED_ON, PAIRS, LEARNED_AT, seed)
    asked = sample_pairs(kind, prompts, PAIRS, QUERIES, seed + 1)
    entry = read_manifest(folder)[NETWORK]
    rows = []
    for i, tokens in enumerate(TOKENS):
        shares, holds = [], []
        for layer in range(1, model.layers + 1):
            learned = find_subspaces(model, taught, layer, tokens, RANKS, seed, steps)
            gen = generator(seed, layer)
            null = [random_basis(model.width, rank, gen) for rank in RANKS]
            bases = [*learned, *null, torch.eye(model.width)]
            came = interchange(model, asked, layer, tokens, bases).intervals(seed)
            shares.append([[short(v) for v in one] for one in torch.stack(came, -1).tolist()])
            holds.append(
                [[short(v) for v in told_by(model, asked, layer, tokens, one)] for one in learned]
            )
            progress((i + layer / model.layers) / len(TOKENS))
        rows.append(
            {
                "label": tokens,
                "network": NETWORK,
                "runs": {NETWORK: {key: entry[key] for key in ("sha256", "prompts")}},
                "cell": CELL,
                "k": PAIRS,
                "share": shares,
                "r2": holds,
            }
        )
    return {
        "study": NAME,
        "title": "Through how few directions does the effect of a layer's states go?",
        "prompts": prompts,
        "seed": seed,
        "steps": steps,
        "ranks": list(RANKS),
        "shares": list(SHARES),
        "known": list(KNOWN),
        "members": rows,
    }


def interchange_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for layer, older in zip(mine["share"], theirs["share"], strict=True):
            yield from zip(layer, older, strict=True)


def interchange_rows(table: Table) -> list[Table]:
    """A line for each layer and kind of token, for a shell."""
    return [
        {"tokens": row["label"], "layer": layer}
        | {name: figures[0] for name, figures in zip(table["shares"], shares, strict=True)}
        | {f"R² {name}": value for name, value in zip(table["known"], holds[1], strict=True)}
        for row in table["members"]
        for layer, (shares, holds) in enumerate(zip(row["share"], row["r2"], strict=True), 1)
    ]
