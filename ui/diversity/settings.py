"""What a visitor can set on the page about memorising and learning, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.studies.diversity import LADDERS, PARTS
from ui.diversity.learners import ALL, IDS
from ui.visitor.fields import Codec, Field, one_of, some_of, whole
from ui.visitor.settings import Settings

SIZES = tuple(ALL if tasks is None else str(tasks) for tasks in LADDERS["lines"])
MOST = 16
"""Exemplars that these networks can read."""


@dataclass(frozen=True)
class Diversity:
    """What is on the page.

    tasks: how many lines the network saw; show: which lines are on the pad; asked: whether
    the figure of eight features is about tasks of the "pool" or "new" ones; k: after how
    many examples; again: the seed of the fresh prompts to run it on.
    """

    tasks: str = "4"
    show: tuple[str, ...] = IDS
    asked: str = "new"
    k: int = 12
    again: int = 1

    @property
    def checkpoint(self) -> str:
        """The network that the pad is about."""
        return f"lines-{self.tasks}"


# Every key starts with y: the prompt's share the link.
CODEC = Codec(
    Diversity(),
    (
        Field("tasks", "ym", "lines it saw", one_of(*SIZES)),
        Field("show", "ys", "learners", some_of(IDS, "learner"), ".".join),
        Field("asked", "ya", "tasks asked", one_of(*PARTS)),
        Field("k", "yk", "examples seen", whole(0, MOST)),
        Field("again", "yn", "seed of fresh prompts", whole(0, 999_999)),
    ),
    page="diversity",
)

SETTINGS = Settings(CODEC)
