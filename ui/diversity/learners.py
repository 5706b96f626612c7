"""Who answers on the page's pad: the chosen network, two others, and the learners between."""

from __future__ import annotations

from dataclasses import replace

from icl_core import load_model
from ui.visitor.methods import NETWORK, Method, style_of
from ui.visitor.styles import Style

ALL = "all"
"""What stands for a network of which every prompt had its own line."""
MEMORISER, LEARNER = "bayes", "ridge"
OTHERS = {"lines64": "64", "linesall": ALL}
"""Networks that stand beside the chosen one, by their ids on the pad: how many lines they saw."""
IDS = (NETWORK, MEMORISER, LEARNER, *OTHERS)
LOOKS = {
    "64": Style("Saw 64 lines", "#c2410c", "#fb923c", "", 2.5, "a network that saw 64 lines"),
    ALL: Style("Saw new lines", "#0f766e", "#2dd4bf", "", 2.5, "every prompt had its own line"),
}


def count(tasks: str) -> str:
    """How many lines a network saw, in words."""
    if tasks == ALL:
        return "new lines"
    return "1 line" if tasks == "1" else f"{int(tasks):,} lines"


def learners(tasks: str) -> tuple[Method, ...]:
    """The methods of the pad, of whose networks the chosen one saw so many lines.

    Where every prompt had its own line nobody can know them all, and the chosen network
    need not stand there twice.
    """
    network = style_of(NETWORK)
    title = f"Saw {count(tasks)}"
    chosen = Method(
        NETWORK,
        replace(network, label=title, says="the chosen network"),
        make=None,
        kind="network",
    )
    memoriser = Method(
        MEMORISER,
        replace(
            style_of(MEMORISER),
            label=f"Knows {count(tasks)}",
            says="weighs the lines of the pool by how well they fit your points",
        ),
        make=lambda _, law: law.bayes(),
    )
    learner = Method(
        LEARNER,
        replace(style_of(LEARNER), says="knows no line: the best where every line is new"),
        make=lambda _, law: law.with_free_weights().bayes(),
    )
    others = (_other(name, saw) for name, saw in OTHERS.items() if saw != tasks)
    return (chosen, *((memoriser,) if tasks != ALL else ()), learner, *others)


def _other(name: str, saw: str) -> Method:
    return Method(name, LOOKS[saw], make=lambda _, __: load_model(f"lines-{saw}"), kind="network")
