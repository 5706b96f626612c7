"""Who answers at a step: the shipped network, or at one step networks that saw few lines."""

from __future__ import annotations

from dataclasses import replace

from icl_core.models.base import InContextModel
from icl_core.predictors.bayes import PoolBayes
from icl_core.probes.readouts import LayerReadouts
from ui.answers.asked import shipped
from ui.answers.solve import Payload, Solved, solve
from ui.answers.task import Task, make_task
from ui.diversity.learners import LEARNER, learners
from ui.diversity.numbers import pool_behind
from ui.lesson.steps import Step
from ui.visitor.methods import NETWORK
from ui.visitor.screen import Screen

LINES = "4"
"""How many lines the network of that step saw."""
CHECKPOINT = f"lines-{LINES}"
NEW_LINES = "linesall"
"""The network beside it, as `ui.diversity.learners` calls it."""
SHOWN = (NETWORK, NEW_LINES)


def is_on_pool(step: Step) -> bool:
    """Whether networks answer that saw few lines, or ever new ones."""
    return step.extra == "pool"


def solve_step(
    step: Step, screen: Screen, model: InContextModel, readouts: LayerReadouts | None
) -> Solved:
    """Every answer to a screen at a step. CheckpointError where its networks cannot be used."""
    if not is_on_pool(step):
        return solve(screen, model, readouts=readouts)
    network = shipped(CHECKPOINT)
    who = [one for one in learners(LINES) if one.id in (*SHOWN, LEARNER)]
    seen = replace(network.fit(screen), show=SHOWN, layer=None)
    return solve(seen, network.model, network.prior, out=("layers",), who=who)


def lines_behind(solved: Solved, *, weighed: bool) -> Payload | None:
    """The lines that it saw, for the pad; ``weighed`` by how well they fit, or all alike."""
    behind, _ = pool_behind(shipped(CHECKPOINT).prior, solved)
    if behind is None or weighed:
        return behind
    return {**behind, "shares": [1 / len(behind["lines"])] * len(behind["lines"])}


def likeliest_line(task: Task) -> int:
    """The number, from 1, of the line that it saw which fits a prompt best."""
    return int(_rule().posterior(task.x, task.y)[0].argmax()) + 1


def known_answer(solved: Solved) -> float:
    """What the likeliest of its lines says at the query."""
    slope, offset = _rule().pool[likeliest_line(solved.task) - 1].tolist()
    return float(slope * solved.screen.query + offset)


def has_jumped(solved: Solved, start: Screen) -> bool:
    """Whether another of its lines is the likeliest than at the step's beginning."""
    begun = make_task(shipped(CHECKPOINT).fit(start))
    return likeliest_line(solved.task) != likeliest_line(begun)


def _rule() -> PoolBayes:
    rule = shipped(CHECKPOINT).prior.bayes()
    assert isinstance(rule, PoolBayes)
    return rule
