"""What a visitor can set on the page that looks inside, beside the prompt."""

from __future__ import annotations

import re
from dataclasses import dataclass

from icl_core.probes.targets import READS, TARGETS
from icl_core.probes.weights import (
    MODELS,
    Effort,
    WeightProbes,
    cell_of,
    load_weight_probes,
    pooled_effort,
)
from ui.inside.words import AT_NAMES, HEAD_ACTS, NETWORK_NAMES, WHAT_NAMES
from ui.visitor.fields import Codec, Field, between, one_of, optional, whole
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import MAX_POINTS, MOST_LAYERS, Screen
from ui.visitor.settings import Settings

CHECKPOINTS = tuple(NETWORK_NAMES)
MOST_HEADS = 4
"""Of a block of any network that is shipped; a page has as many as its own network."""
_HEADS = re.compile(r"([0-9]{1,2}\.[0-9](-[0-9]{1,2}\.[0-9]){0,99})?")


@dataclass(frozen=True)
class Inside:
    """What is on the page.

    model: the checkpoint; target: what the probes read; reads: off which states;
    scored: whose R² the map shows, the trained model's or a control's; other: the
    seed of task B; block and head: whose attention is shown, None for the head with the
    highest score; layer, slope and offset: where and which line to write, what: all of it
    or one coordinate, at: at which tokens; heads, heads_do: which heads of the board are
    chosen ("3.2-5.1"), and whether they are off or get B's x; alpha, mix_layer: A's
    share of the query's state and where it is mixed; exemplar, y_change, y_layer: whose
    y is another inside a layer, by how much, and where.
    """

    model: str = SHIPPED
    target: str = "w_bayes"
    reads: str = "mean y"
    scored: str = "trained"
    other: int = 2
    block: int | None = None
    head: int | None = None
    layer: int = 4
    slope: float = 1.0
    offset: float = -1.0
    what: str = "line"
    at: str = "y"
    heads: str = ""
    heads_do: str = "off"
    alpha: float = 0.5
    mix_layer: int = 6
    exemplar: int = 1
    y_change: float = 2.0
    y_layer: int = 1


def heads_in(word: str) -> list[tuple[int, int]]:
    """The heads of a link, (layer, head) from 1."""
    pairs = (part.split(".") for part in word.split("-") if part)
    return [(int(layer), int(head)) for layer, head in pairs]


def heads_word(value: object) -> str:
    """A reader of heads: layer.head, with a hyphen between them, each once and in order."""
    if not isinstance(value, str) or not _HEADS.fullmatch(value):
        raise ValueError('are written layer.head, as in "3.2-5.1"')
    found = sorted(set(heads_in(value)))
    if any(not 1 <= layer <= MOST_LAYERS or not 1 <= head <= MOST_HEADS for layer, head in found):
        raise ValueError("are more than any network here has")
    return "-".join(f"{layer}.{head}" for layer, head in found)


# Every key starts with v: the prompt's share the link.
CODEC = Codec(
    Inside(),
    (
        Field("model", "vm", "model", one_of(*CHECKPOINTS)),
        Field("target", "vt", "probe target", one_of(*TARGETS)),
        Field("reads", "vr", "states", one_of(*READS)),
        Field("scored", "vc", "scores of", one_of(*MODELS)),
        Field("other", "vb", "seed of task B", whole(0, 999_999)),
        Field("block", "va", "block", optional(whole(1, MOST_LAYERS))),
        Field("head", "vh", "head", optional(whole(1, MOST_HEADS))),
        Field("layer", "vl", "layer to write at", whole(0, MOST_LAYERS)),
        Field("slope", "vw", "slope to write", between(-3, 3)),
        Field("what", "vx", "what is written", one_of(*WHAT_NAMES)),
        Field("at", "vy", "where it is written", one_of(*AT_NAMES)),
        Field("heads", "vz", "heads", heads_word),
        Field("heads_do", "vd", "what is done to the heads", one_of(*HEAD_ACTS)),
        Field("offset", "vo", "offset to write", between(-3, 3)),
        Field("alpha", "vp", "share of your own task", between(0, 1)),
        Field("mix_layer", "vk", "layer to mix at", whole(0, MOST_LAYERS)),
        Field("exemplar", "ve", "example to change", whole(1, MAX_POINTS)),
        Field("y_change", "vg", "change of its y", between(-4, 4)),
        Field("y_layer", "vj", "layer to change it at", whole(0, MOST_LAYERS)),
    ),
    page="inside",
)

SETTINGS = Settings(CODEC)


def probes_of(screen: Screen) -> WeightProbes:
    """The probes for tasks of this kind."""
    return load_weight_probes(SETTINGS.current().model, cell_of(screen.d, screen.has_intercept))


def effort_of(screen: Screen) -> Effort:
    """What went into fitting the pooled probes for tasks of this kind."""
    return pooled_effort(SETTINGS.current().model, cell_of(screen.d, screen.has_intercept))
