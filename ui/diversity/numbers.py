"""What the pad's answers come to, and the stored figures."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch

from icl_core.checkpoints import read_manifest
from icl_core.metrics import Gauge, gauge
from icl_core.predictors.bayes import PoolBayes
from icl_core.priors import Prior
from icl_core.studies import read_table
from icl_core.studies.profiles import Table
from ui.answers.solve import Payload, Solved
from ui.diversity.learners import LEARNER, MEMORISER
from ui.visitor.methods import NETWORK
from ui.work.compute_thread import on_compute_thread

DRAWN = 64
"""Lines of a pool that are drawn, at most: more would be a grey wall."""


class Remembered(NamedTuple):
    """The line of the pool that fits a prompt best: its number, from 1, and how sure it is."""

    line: int
    share: float


def gauge_here(solved: Solved) -> Gauge | None:
    """Where the chosen network lies on this prompt, over the plane; None where there is no way."""
    if MEMORISER not in solved.answers:
        return None
    told = (solved.answers[who].at_queries[None, :-1] for who in (NETWORK, LEARNER, MEMORISER))
    network, learner, memoriser = told
    if torch.equal(learner, memoriser):
        return None
    return gauge(network, learner, memoriser, seed=0)


@on_compute_thread
def pool_behind(law: Prior, solved: Solved) -> tuple[Payload | None, Remembered | None]:
    """The lines of the pool as the pad draws them, and the likeliest; None without a pool."""
    rule = law.bayes()
    if not isinstance(rule, PoolBayes):
        return None, None
    likely = rule.posterior(solved.task.x, solved.task.y)[0]
    best = int(likely.argmax())
    lines = rule.pool[:DRAWN].double().tolist()
    shares = [round(share, 3) for share in likely[:DRAWN].tolist()]
    return {"lines": lines, "shares": shares}, Remembered(best + 1, float(likely[best]))


@lru_cache(maxsize=1)
def pairing() -> dict[str, Table]:
    """The row of the pairing study for every network. CheckpointError where it is missing."""
    return {row["network"]: row for row in read_table("pairing")["members"]}


def ladder(table: Table, name: str) -> list[Table]:
    """The rows of one ladder, from few tasks to many."""
    return [row for row in table["members"] if row["ladder"] == name]


def row_of(table: Table, network: str) -> Table:
    """The row of one network."""
    return next(row for row in table["members"] if row["label"] == network)


def told_gauge(row: Table, part: str) -> list[float] | None:
    """The stored gauge of a network, None where there is none or it says nothing."""
    found = row.get(part, {})
    return found["gauge"] if found.get("off", 1) < 1 else None


def excess_on_new_lines() -> list[float]:
    """Of the network of which every prompt had its own line: [excess over Bayes, low, high]."""
    row = read_manifest()["lines-all"]["evaluation"]["rows"][0]
    return [row["excess"], row["excess_low"], row["excess_high"]]
