"""What a visitor can set on the page that names the algorithm, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.studies import DEPTHS, SNAPSHOTS, STUDIES, WIDTHS
from icl_core.studies.distances import NOISE_RATIOS
from ui.visitor.fields import Codec, Field, nearest_of, one_of, whole
from ui.visitor.networks import SHIPPED
from ui.visitor.settings import Settings

LADDERS = {"layers": "fig3-depth", "width": "fig3-width", "noise": "fig2", "step": "emergence"}
"""The study that holds each ladder's rungs."""

KS = STUDIES["fig2"].ks
RUNGS = {
    "layers": tuple(map(str, DEPTHS)),
    "width": tuple(map(str, WIDTHS)),
    "noise": tuple(map(str, NOISE_RATIOS)),
    "step": tuple(map(str, SNAPSHOTS)),
}
FIGURES = (*STUDIES, "claims")


@dataclass(frozen=True)
class Algorithm:
    """What is on the page.

    ladder: what sets the networks apart, or `SHIPPED`; layers, width, noise and
    step: the rung of each ladder; on: asked about "fresh" tasks or "mine"; k: after
    how many examples; figure, measure: which stored figure; again: the seed of the
    fresh tasks to run it on.
    """

    ladder: str = "layers"
    layers: str = "4"
    width: str = "64"
    noise: str = "1/4"
    step: str = RUNGS["step"][-1]
    on: str = "fresh"
    k: int = 6
    figure: str = "fig1"
    measure: str = "spd"
    again: int = 1

    @property
    def rung(self) -> str:
        """The chosen rung of the chosen ladder."""
        return getattr(self, self.ladder)

    @property
    def asks_mine(self) -> bool:
        """Whether the visitor's prompt is asked; the flagship was not trained on plain tasks."""
        return self.on == "mine" or self.ladder == SHIPPED


# Every key starts with a: the prompt's share the link.
CODEC = Codec(
    Algorithm(),
    (
        Field("ladder", "al", "what differs", one_of(*LADDERS, SHIPPED)),
        *(Field(name, f"a{name[0]}r", name, one_of(*rungs)) for name, rungs in RUNGS.items()),
        Field("on", "ao", "tasks", one_of("fresh", "mine")),
        Field("k", "ak", "examples seen", lambda value: int(nearest_of(*KS)(value))),
        Field("figure", "af", "figure", one_of(*FIGURES)),
        Field("measure", "am", "measure", one_of("spd", "ilwd")),
        Field("again", "an", "seed of fresh tasks", whole(0, 999_999)),
    ),
    page="algorithm",
)

SETTINGS = Settings(CODEC)
