"""What a visitor can set on the page that looks inside, beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.probes.targets import READS, TARGETS
from icl_core.probes.weights import MODELS, WeightProbes, cell_of, load_weight_probes
from ui.inside.words import NETWORK_NAMES
from ui.visitor.fields import Codec, Field, between, one_of, whole
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import MOST_LAYERS, Screen
from ui.visitor.settings import Settings

CHECKPOINTS = tuple(NETWORK_NAMES)
MOST_HEADS = 4
"""Of a block of any network that is shipped; a page has as many as its own network."""


@dataclass(frozen=True)
class Inside:
    """What is on the page.

    model: the checkpoint; target: what the probes read; reads: off which states;
    scored: whose R² the map shows, the trained model's or a control's; other: the
    seed of task B; block and head: whose attention is shown; layer, slope and
    offset: where and what to write.
    """

    model: str = SHIPPED
    target: str = "w_bayes"
    reads: str = "mean y"
    scored: str = "trained"
    other: int = 2
    block: int = 1
    head: int = 1
    layer: int = 4
    slope: float = 1.0
    offset: float = -1.0


# Every key starts with v: the prompt's share the link.
CODEC = Codec(
    Inside(),
    (
        Field("model", "vm", "model", one_of(*CHECKPOINTS)),
        Field("target", "vt", "probe target", one_of(*TARGETS)),
        Field("reads", "vr", "states", one_of(*READS)),
        Field("scored", "vc", "scores of", one_of(*MODELS)),
        Field("other", "vb", "seed of task B", whole(0, 999_999)),
        Field("block", "va", "block", whole(1, MOST_LAYERS)),
        Field("head", "vh", "head", whole(1, MOST_HEADS)),
        Field("layer", "vl", "layer to write at", whole(0, MOST_LAYERS)),
        Field("slope", "vw", "slope to write", between(-3, 3)),
        Field("offset", "vo", "offset to write", between(-3, 3)),
    ),
    page="inside",
)

SETTINGS = Settings(CODEC)


def probes_of(screen: Screen) -> WeightProbes:
    """The probes for tasks of this kind."""
    return load_weight_probes(SETTINGS.current().model, cell_of(screen.d, screen.has_intercept))
