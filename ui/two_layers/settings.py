"""What a visitor can set on the page of added layers, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.added_layers import LAYERS, TRUNKS
from icl_core.studies.texts import KS
from icl_core.texts import FILMS, LINES
from ui.visitor.fields import Codec, Field, one_of, some_of, whole
from ui.visitor.methods import NETWORK
from ui.visitor.settings import Settings

ALONE, BAYES = "alone", "bayes"
IDS = (NETWORK, ALONE, BAYES)
"""Who answers on the page's pad."""
MOST_LAYERS = max(LAYERS)
SETS, COUNTS = (LINES, FILMS), tuple(str(k) for k in KS)
"""Which texts can be learned from, and from how many."""


@dataclass(frozen=True)
class TwoLayers:
    """What is on the page.

    trunk: whose features are read; layers: how many are added, 0 for none; show: which learners
    are on the pad; again: the seed of the fresh prompts to run the study on. Of the texts:
    texts: which; examples: how many are seen; drawn: the seed by which they are drawn; fresh:
    that of the draws to run their study on.
    """

    trunk: str = TRUNKS[0]
    layers: int = 2
    show: tuple[str, ...] = IDS
    again: int = 1
    texts: str = LINES
    examples: str = "16"
    drawn: int = 1
    fresh: int = 1


# Every key starts with j: the prompt's share the link.
CODEC = Codec(
    TwoLayers(),
    (
        Field("trunk", "jt", "trunk", one_of(*TRUNKS)),
        Field("layers", "jl", "number of added layers", whole(0, MOST_LAYERS)),
        Field("show", "js", "learners", some_of(IDS, "learner"), ".".join),
        Field("again", "ja", "seed of fresh prompts", whole(0, 999_999)),
        Field("texts", "jx", "texts", one_of(*SETS)),
        Field("examples", "jk", "number of example texts", one_of(*COUNTS)),
        Field("drawn", "jd", "seed of the example texts", whole(0, 999_999)),
        Field("fresh", "jf", "seed of fresh draws of texts", whole(0, 999_999)),
    ),
    page="two_layers",
)

SETTINGS = Settings(CODEC)
