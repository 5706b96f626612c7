"""What a visitor can set on the page of the language model, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.language.formats import FORMATS
from icl_core.studies.language_model import SHARES
from ui.visitor.fields import Codec, Field, flag, one_of, some_of
from ui.visitor.methods import NETWORK
from ui.visitor.settings import Settings

LANGUAGE, RIDGE, OLS, GD, NEAREST, MEAN = "language", "ridge", "ols", "gd", "nearest", "mean"
IDS = (LANGUAGE, NETWORK, RIDGE, OLS, GD, NEAREST, MEAN)
"""Who answers on the page's pad."""
LIKELIEST, SAMPLED = "likeliest", "sampled"
DIMS = tuple(str(dim) for dim in SHARES)


@dataclass(frozen=True)
class LanguageModel:
    """What is on the page.

    form: how the prompt is written; show: who is on the pad; how: whether the model gives its
    likeliest reply or is sampled; held: whether a grammar holds it to numbers; dim, told:
    whose stored figures are drawn.
    """

    form: str = "lines"
    show: tuple[str, ...] = (LANGUAGE, NETWORK, RIDGE, NEAREST)
    how: str = LIKELIEST
    held: bool = False
    dim: str = "1"
    told: str = "lines"


# Every key starts with z: the prompt's share the link.
CODEC = Codec(
    LanguageModel(),
    (
        Field("form", "zf", "format", one_of(*FORMATS)),
        Field("show", "zs", "learners", some_of(IDS, "learner"), ".".join),
        Field("how", "zh", "way to ask", one_of(LIKELIEST, SAMPLED)),
        Field("held", "zg", "grammar", flag),
        Field("dim", "zd", "features of the stored figures", one_of(*DIMS)),
        Field("told", "zt", "format of the stored figures", one_of(*FORMATS)),
    ),
    page="language_model",
)

SETTINGS = Settings(CODEC)
