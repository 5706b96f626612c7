"""What a visitor can set on the page about training data: a network, switches, strengths."""

from __future__ import annotations

from dataclasses import dataclass

from icl_core.priors import ShiftedPrior
from icl_core.priors.shifted import PLAIN
from icl_core.priors.switches import INPUTS, NOISE, SWITCHES, TASKS
from icl_core.studies import DEPTHS, depth_checkpoint, noise_checkpoint
from icl_core.studies.distances import NOISE_RATIOS
from icl_core.studies.diversity import LADDERS, network_name
from icl_core.studies.shift import UPBRINGINGS
from ui.visitor.fields import Codec, Field, nearest_of, one_of, whole
from ui.visitor.settings import Settings

GROUPS = {"inputs": tuple(INPUTS), "tasks": tuple(TASKS), "noise": tuple(NOISE)}
"""The switches of each kind."""
NETWORKS = tuple(
    dict.fromkeys(
        (
            *UPBRINGINGS.values(),
            *(noise_checkpoint(ratio) for ratio in NOISE_RATIOS),
            *(depth_checkpoint(depth) for depth in DEPTHS),
            *(network_name("tasks", tasks) for tasks in LADDERS["tasks"]),
        )
    )
)
"""The networks that can be asked: those of the upbringings first."""


@dataclass(frozen=True)
class Shift:
    """What is on the page.

    network: a checkpoint; inputs, tasks, noise: the switch of each kind, or "plain"; the
    strength of every switch under the switch's name; prompt: the seed of the one prompt;
    raised: the upbringing on the map; over: compared with Bayes of the "excess" or of the
    "whole" kind; across: the switch whose strengths are drawn; again: the seed of fresh prompts.
    """

    network: str = UPBRINGINGS["plain"]
    inputs: str = "x-scale"
    tasks: str = PLAIN
    noise: str = PLAIN
    x_scale: float = 3.0
    x_mean: float = 3.0
    x_skew: float = 1.0
    x_subspace: float = 0.5
    x_quadrant: float = 1.0
    x_outlier: float = 4.0
    q_orthogonal: float = 1.0
    q_among: float = 1.0
    w_scale: float = 3.0
    w_cap: float = 30.0
    w_sparse: float = 0.25
    w_tails: float = 0.3
    e_level: float = 3.0
    e_uneven: float = 2.0
    e_tails: float = 0.3
    prompt: int = 1
    raised: str = "plain"
    over: str = "excess"
    across: str = "x-scale"
    again: int = 1

    def strength(self, switch: str) -> float:
        """The strength of a switch."""
        return float(getattr(self, field_of(switch)))

    def law(self, base: ShiftedPrior) -> ShiftedPrior:
        """The plain law with every chosen switch at its strength."""
        for group in GROUPS:
            switch = getattr(self, group)
            if switch != PLAIN:
                base = base.switched(switch, self.strength(switch))
        return base

    @property
    def main_switch(self) -> str:
        """The first switch that is not left as in training; x larger where none is."""
        chosen = (getattr(self, group) for group in GROUPS)
        return next((switch for switch in chosen if switch != PLAIN), "x-scale")


def field_of(switch: str) -> str:
    """The field that holds a switch's strength."""
    return switch.replace("-", "_")


# Every key starts with h: the prompt's share the link.
CODEC = Codec(
    Shift(),
    (
        Field("network", "hn", "network", one_of(*NETWORKS)),
        *(
            Field(group, f"hs{group[0]}", group, one_of(PLAIN, *known))
            for group, known in GROUPS.items()
        ),
        *(
            Field(
                field_of(switch),
                f"h{switch[0]}{switch[2:4]}",
                f"strength of {switch}",
                nearest_of(*known.strengths),
            )
            for switch, known in SWITCHES.items()
        ),
        Field("prompt", "hp", "prompt", whole(1, 999_999)),
        Field("raised", "hu", "upbringing", one_of(*UPBRINGINGS)),
        Field("over", "ho", "compared with", one_of("excess", "whole")),
        Field("across", "ha", "switch", one_of(*SWITCHES)),
        Field("again", "hg", "seed of fresh prompts", whole(0, 999_999)),
    ),
    page="shift",
)

SETTINGS = Settings(CODEC)
