"""What a visitor can set on the page of curves, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.priors.curves import CURVE_SIGMAS
from icl_core.studies.classes import CLASSES
from icl_core.studies.curves import ALL, NOISY
from ui.curves.functions import ANY, FAMILY_NAMES, SOURCES
from ui.visitor import session
from ui.visitor.fields import Codec, Field, between, flag, one_of, some_of, whole
from ui.visitor.methods import NETWORK
from ui.visitor.screen import EXAMPLE, Screen, write_points
from ui.visitor.settings import Settings

LINE_NETWORK, BAYES, PROCESS, KERNEL, NEIGHBOURS, POLYNOMIAL, NET = (
    "linenetwork",
    "bayes",
    "process",
    "kernelridge",
    "knn",
    "polynomial",
    "trainednet",
)
ON_DEMAND = (LINE_NETWORK, PROCESS, KERNEL, NEIGHBOURS, POLYNOMIAL, NET)
IDS = (NETWORK, BAYES, *ON_DEMAND)
"""Who answers on the page's pad, and who of them only where they are ticked."""
LENGTHS, SIZES, PERIODS, NOISES, PENALTIES = (
    (0.1, 5.0),
    (0.2, 5.0),
    (0.0, 6.0),
    (0.0, 1.0),
    (0.001, 10.0),
)
MOST_NEIGHBOURS, MOST_DEGREE = 10, 12
LEVELS = (ALL, NOISY, *(f"{sigma:g}" for sigma in CURVE_SIGMAS))
"""What of the noise the stored errors can be about."""


@dataclass(frozen=True)
class Curves:
    """What is on the page.

    source: where sampled points come from; show: which learners are on the pad; length, size,
    period (0 for none), noise: of the one Gaussian process; ridge_length, penalty: of
    kernel ridge; neighbours; degree: of the polynomial; family, level: whose errors are
    drawn, and with which noise; again: the seed of the fresh prompts to run it on; many,
    many_again: which class of functions of many features, and the seed of fresh tasks; sure:
    whether the network's own band is on the pad.
    """

    source: str = ANY
    show: tuple[str, ...] = (NETWORK, BAYES, LINE_NETWORK)
    length: float = 0.8
    size: float = 1.5
    period: float = 0.0
    noise: float = 0.25
    ridge_length: float = 0.8
    penalty: float = 0.1
    neighbours: int = 3
    degree: int = 5
    family: str = ALL
    level: str = ALL
    again: int = 1
    many: str = "sparse"
    many_again: int = 1
    sure: bool = False


# Every key starts with f, for functions: the prompt's share the link.
CODEC = Codec(
    Curves(),
    (
        Field("source", "ff", "function", one_of(*SOURCES)),
        Field("show", "fs", "learners", some_of(IDS, "learner"), ".".join),
        Field("length", "fl", "length of the process", between(*LENGTHS)),
        Field("size", "fv", "size of the process", between(*SIZES)),
        Field("period", "fp", "period of the process", between(*PERIODS)),
        Field("noise", "fn", "noise of the process", between(*NOISES)),
        Field("ridge_length", "fw", "length of kernel ridge", between(*LENGTHS)),
        Field("penalty", "fr", "penalty of kernel ridge", between(*PENALTIES)),
        Field("neighbours", "fk", "number of neighbours", whole(1, MOST_NEIGHBOURS)),
        Field("degree", "fd", "degree of the polynomial", whole(0, MOST_DEGREE)),
        Field("family", "fy", "kind of the errors", one_of(ALL, *FAMILY_NAMES)),
        Field("level", "fz", "noise of the errors", one_of(*LEVELS)),
        Field("again", "fa", "seed of fresh prompts", whole(0, 999_999)),
        Field("many", "fc", "class of functions", one_of(*CLASSES)),
        Field("many_again", "fg", "seed of fresh tasks", whole(0, 999_999)),
        Field("sure", "fb", "band of the network", flag),
    ),
    page="curves",
)


OPENING = Screen(points=None, k=10, sigma=0.1, seed=3)
"""The ten points of a sine that the page opens on."""


class _Opening(Settings[Curves]):
    """The page's settings; it opens on a sine."""

    def begin(self) -> None:
        """See `Settings.begin`."""
        session.show_screen(OPENING)
        self.change(source="sine")

    def link(self) -> dict[str, str]:
        """See `Settings.link`; the bare address is the sine, so that the lab's example is named."""
        return super().link() or {"p": write_points(EXAMPLE)}


SETTINGS = _Opening(CODEC)
