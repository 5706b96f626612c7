"""The place of a network among the textbook rules, on fresh tasks or on the visitor's prompt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import Tensor

from icl_core import load_model
from icl_core.checkpoints import FOLDER, load_prior
from icl_core.metrics import spd
from icl_core.priors import Prior
from icl_core.studies import STUDIES, members_of, read_table, run_study
from icl_core.studies.distances import (
    ZERO,
    Distances,
    Questions,
    answers_of,
    distances,
    families,
    family_spd,
    references,
    told_by,
)
from icl_core.studies.profiles import Member, Table, ask, prior_of
from ui.algorithm.settings import LADDERS, RUNGS, Algorithm
from ui.answers.solve import fit_queries
from ui.answers.task import Task
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen
from ui.work.bounded_cache import BoundedCache
from ui.work.compute_thread import on_compute_thread

ANCHORS = ("OLS", "GD best rate")
"""The map's axes: how far from least squares, how far from one step of gradient descent."""

LANDMARKS = ("OLS", "ridge 0.1", "ridge 0.5", "GD best rate", "3-NN", ZERO)
ROAD_TASKS, ROAD_SEED = 256, 77
RERUN_TASKS = 256


@dataclass(frozen=True)
class Distance:
    """SPD/d, with its 95 % interval where it is a mean over tasks.

    median: of the tasks, where a few of them carry the mean; None where they do not.
    """

    value: float
    low: float | None = None
    high: float | None = None
    median: float | None = None


@dataclass(frozen=True)
class Fingerprint:
    """One network after k examples: how far it answers from every rule.

    spd: by rule; ilwd: by linear rule; r2: how linear its answers are; families:
    by family of rules its parameters and SPD/d to each; candidates: who may be
    called nearest.
    """

    spd: dict[str, Distance]
    ilwd: dict[str, float]
    r2: float
    families: dict[str, tuple[list[float], list[float]]]
    candidates: tuple[str, ...]

    @property
    def nearest(self) -> str:
        """The closest of the candidates."""
        return min(self.candidates, key=lambda rule: self.spd[rule].value)

    @property
    def has_learned(self) -> bool:
        """Whether it is nearer to a candidate than to always answering 0."""
        return self.spd[self.nearest].value < self.spd[ZERO].value

    @property
    def open_ends(self) -> list[str]:
        """Families whose closest member is the last one asked: a farther one may be closer."""
        return [
            name
            for name, (parameters, _) in self.families.items()
            if self.closest(name)[0] in (max(parameters), min(parameters) if name == "ridge" else 0)
        ]

    def closest(self, family: str) -> tuple[float, float]:
        """The closest member of a family: its parameter, and SPD/d to it."""
        parameters, far = self.families[family]
        best = min(range(len(far)), key=far.__getitem__)
        return parameters[best], far[best]


# --- which networks ------------------------------------------------------------------


def rungs(ladder: str) -> list[Member]:
    """The networks of a ladder, in order; the flagship stands alone."""
    if ladder == SHIPPED:
        return [Member("the playground's network", 0.0, (SHIPPED,))]
    return members_of(STUDIES[LADDERS[ladder]], FOLDER)


def chosen(state: Algorithm) -> int:
    """Index of the visitor's rung among `rungs`."""
    return 0 if state.ladder == SHIPPED else RUNGS[state.ladder].index(state.rung)


def candidates_of(ladder: str) -> tuple[str, ...]:
    """Who may be called nearest."""
    return STUDIES["fig1" if ladder == SHIPPED else LADDERS[ladder]].candidates


# --- on fresh tasks: the stored study ------------------------------------------------


@lru_cache(maxsize=16)
def stored(study: str) -> Table:
    """A stored table; CheckpointError where it is missing or damaged."""
    return read_table(study)


def fingerprint_of(member: Table, k: int, candidates: tuple[str, ...]) -> Fingerprint:
    """A row of a study's table after k examples."""
    by_k = member["by_k"]
    i = by_k["ks"].index(k)
    return Fingerprint(
        {
            rule: Distance(
                part["value"][i],
                part["low"][i],
                part["high"][i],
                by_k["heavy"].get(rule, {}).get(str(k)),
            )
            for rule, part in by_k["spd"].items()
        },
        {rule: part["value"][i] for rule, part in by_k["ilwd"].items()},
        by_k["r2"]["value"][i],
        {
            name: (part["parameters"], [row[i] for row in part["spd"]])
            for name, part in by_k["families"].items()
        },
        candidates,
    )


def on_fresh_tasks(ladder: str, k: int) -> list[Fingerprint]:
    """Every rung of a ladder after k examples, as the study found it."""
    members = stored(LADDERS[ladder])["members"]
    return [fingerprint_of(member, k, candidates_of(ladder)) for member in members]


def as_k_grows(ladder: str, rung: int) -> tuple[list[int], list[Fingerprint]]:
    """One rung after each number of examples that the study asked about."""
    member = stored(LADDERS[ladder])["members"][rung]
    ks = member["by_k"]["ks"]
    return ks, [fingerprint_of(member, k, candidates_of(ladder)) for k in ks]


# --- on the visitor's prompt ---------------------------------------------------------


def questions(screen: Screen, task: Task, ks: tuple[int, ...]) -> Questions:
    """The visitor's prompt after each of ``ks`` examples, and queries of the same kind."""
    return Questions(task.x, task.y, fit_queries(screen.d, screen.has_intercept), ks)


def ask_network(name: str, asked: Questions, candidates: tuple[str, ...]) -> list[Fingerprint]:
    """A network's answers to the visitor's prompt, after each number of examples."""
    answers, spec = answers_of(load_model(name), asked), asked.spectrum()
    far = distances(asked, answers, references(load_prior(name)), spec)
    along = {
        family: (list(p), part[:, :, 0]) for family, p, part in family_spd(asked, answers, spec)
    }
    return [_at(far, along, i, candidates) for i in range(len(asked.ks))]


@on_compute_thread
def live_fingerprint(
    name: str, screen: Screen, task: Task, candidates: tuple[str, ...]
) -> Fingerprint:
    """What follows a finger: the answers after all examples, of which there is one at least."""
    asked = questions(screen, task, (task.x.shape[1],))
    return ask_network(name, asked, candidates)[0]


def _at(
    far: Distances,
    along: dict[str, tuple[list[float], Tensor]],
    i: int,
    candidates: tuple[str, ...],
) -> Fingerprint:
    return Fingerprint(
        {rule: Distance(float(part[i, 0])) for rule, part in far.spd.items()},
        {rule: float(part[i, 0]) for rule, part in far.ilwd.items()},
        float(far.r2[i, 0]),
        {name: (parameters, part[:, i].tolist()) for name, (parameters, part) in along.items()},
        candidates,
    )


# --- the map -------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where something stands on the map: distances (rms, over τ√d) to the two anchors."""

    name: str
    x: Distance
    y: Distance


def _root(distance: Distance, tau: float) -> Distance:
    bounds = (None if v is None else max(v, 0.0) ** 0.5 / tau for v in vars(distance).values())
    return Distance(*bounds)  # type: ignore[arg-type]


def place(name: str, found: Fingerprint, tau: float) -> Place:
    """Where a network stands. tau: the spread of w that its tasks had, the unit of answers."""
    return Place(name, *(_root(found.spd[anchor], tau) for anchor in ANCHORS))


def tau_of(name: str) -> float:
    """The spread of w in the tasks that a network of a ladder was trained on."""
    return load_prior(name).tau


def roads(asked: Questions, prior: Prior, tau: float) -> dict[str, list[Place]]:
    """Where the rules stand after the last of ``asked.ks``: families as roads, and landmarks."""
    spec, rules = asked.spectrum(), references(prior)
    anchors = [told_by(rules[anchor], asked, spec).answers[-1] for anchor in ANCHORS]

    def stands(name: str, rule: Any) -> Place:
        answers = told_by(rule, asked, spec).answers[-1]
        far = [Distance(float((spd(answers, anchor) / asked.dim).mean())) for anchor in anchors]
        return Place(name, *(_root(each, tau) for each in far))

    found = {
        family: [stands(f"{family} {parameter:.3g}", rule) for parameter, rule in members.items()]
        for family, members in families().items()
    }
    return {**found, "landmarks": [stands(name, rules[name]) for name in LANDMARKS]}


@lru_cache(maxsize=256)
def roads_on_fresh_tasks(checkpoint: str, k: int) -> dict[str, list[Place]]:
    """The map's roads for the prior that a network was trained on."""
    prior = prior_of(checkpoint)
    return roads(ask(prior, (k,), ROAD_TASKS, ROAD_SEED), prior, tau_of(checkpoint))


# --- the figures, run again ----------------------------------------------------------

_again: BoundedCache[tuple[str, int], Table] = BoundedCache(32)


def known_rerun(study: str, seed: int) -> Table | None:
    """The table of a study on the visitor's fresh tasks, if it is there."""
    return _again.get((study, seed))


def rerun(study: str, seed: int, progress: Callable[[float], None]) -> None:
    """Put fresh tasks to a study's networks; ``progress`` may raise to stop."""
    _again.put((study, seed), run_study(study, tasks=RERUN_TASKS, seed=seed, progress=progress))


def own_prompt_note(screen: Screen, ladder: str) -> str | None:
    """What to know before reading a ladder's answers to this prompt; None if it is at home."""
    if ladder == SHIPPED or (screen.d == 8 and not screen.has_intercept):
        return None
    return (
        f"These networks were trained on tasks of 8 features and nothing else; yours has {screen.d}"
        f"{', one of them constant' if screen.has_intercept else ''}. What you see is how they "
        "behave on something they have never met."
    )
