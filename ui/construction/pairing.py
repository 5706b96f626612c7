"""How far heads do the program's first ``mov``: each y token reads its own x."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core.constructions import sgd_program
from icl_core.interventions.pairing import PAIRS, pairing_scores
from icl_core.models.base import InspectableModel
from ui.construction.settings import ConstructionSettings
from ui.construction.walks import Given
from ui.work.compute_thread import on_compute_thread

EARLY = "-160k"
"""How the names end of networks that saw fewer prompts than the ones that took their place."""
OF_POOLS = ("tasks-", "lines-")
"""How the names begin of networks that saw the same tasks again and again: another question."""


@on_compute_thread
def head_scores(model: InspectableModel, prompt: Given) -> Tensor:
    """The score of every head of the trained network on a prompt: (blocks, heads)."""
    attention = model.trace(prompt.x[None].float(), prompt.y[None].float()).attention
    return pairing_scores(attention)[:, 0]


def program_score(proof: ConstructionSettings, prompt: Given) -> float | None:
    """The score of the program's first ``mov`` on a prompt; None for a program without one."""
    if proof.program == "gd":
        return None
    k, d = prompt.x.shape
    # Both programs of the paper begin with the same layer, whatever the rate.
    program = sgd_program(d, k, lr=1e-3)
    stream = program.run(*prompt).snapshots[0]
    # The start token and the query are no part of a pair.
    pattern = program.layers[0].layer.pattern(stream)[:, 1:-1, 1:-1]
    return float(pairing_scores(pattern[None, None])[0, 0].max())


def said_on_this_prompt(scores: Tensor, program: float | None) -> str:
    """Which head does it, beside the program's layer, in a sentence."""
    block, head = divmod(int(scores.argmax()), scores.shape[1])
    best, median = float(scores.max()), float(scores.median())
    beside = (
        "This program takes each pair as one token, so it needs no such step."
        if program is None
        else f"The program's own layer has **{program:.2f}**."
    )
    return (
        f"On this prompt head {head + 1} of layer {block + 1} of the trained network has a score "
        f"of **{best:.2f}**; the median over its heads is {median:.2f}. {beside}"
    )


class Stored(NamedTuple):
    """The stored scores of one network: its name, all its heads', and the best one's interval."""

    name: str
    scores: list[float]
    best: float


def stored_scores(table: dict[str, Any]) -> list[Stored]:
    """Those of the ladders' networks, the paper's and the flagship's, on their widest tasks.

    Without what was kept on the way, and without networks of pools of tasks.
    """
    found: dict[str, Stored] = {}
    for row in table["members"]:
        name = row["network"]
        if row["of"] or name.endswith(EARLY) or name.startswith(OF_POOLS):
            continue
        scores = torch.tensor(row["score"]).flatten().tolist()
        found[name] = Stored(name, scores, max(scores))
    return list(found.values())


def said_of_all(table: dict[str, Any], stored: list[Stored]) -> str:
    """In how many shipped networks some head pairs, and in which none does."""
    without = [one.name for one in stored if one.best < PAIRS]
    none = f" None does in {', '.join(f'`{name}`' for name in without)}." if without else ""
    return (
        f"**In {len(stored) - len(without)} of {len(stored)} networks** some head has a "
        f"score of at least {PAIRS:g}.{none} (`{table['command']} --seed {table['seed']}`, "
        f"{table['prompts']} fresh prompts each.)"
    )
