"""A question to a pad without a session: what its page's link and its message say is all there is.

The answer is that of the page itself: the same readers, the same `solve`, the same
`pad_payload`, without what a teacher left out or the lesson keeps back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from icl_core import CheckpointError, list_models, load_model, load_prior
from icl_core.probes.readouts import LayerReadouts, load_layer_readouts
from ui.answers.payload import pad_payload
from ui.answers.solve import FLAGSHIP, Payload, Solved, likeness, solve_alike
from ui.visitor import page_registry, screen, session, teaching
from ui.visitor.networks import SHIPPED, Network
from ui.visitor.screen import Screen

VERSION = 1
NAMES = ("version", "page", "network", "link", "changes")
BESIDE = ("guess", "commit")
"""What the pad's message says beside the screen; no curve depends on it."""

address: str | None = None
"""Where the service is, relative to the app; None where the app runs without it."""


class Refused(ValueError):
    """A question that cannot be answered; the message is a sentence that repeats nothing of it."""


@dataclass(frozen=True)
class Asked:
    """A question that was understood.

    shown: the screen as the network reads it; out: methods and parts that are left out;
    notice: what could not be taken as it came, as the page says it.
    """

    shown: Screen
    network: Network
    out: frozenset[str]
    notice: str | None

    def answer(self) -> Payload:
        """What the pad draws; on the plane or off it."""
        return answers([self])[0]


def answers(questions: Sequence[Asked]) -> list[Payload]:
    """What the pads draw that ask at the same time: those alike cost little more than one."""
    alike: dict[object, list[int]] = defaultdict(list)
    for i, one in enumerate(questions):
        alike[id(one.network), one.out, likeness(one.shown)].append(i)
    found: dict[int, Payload] = {}
    # Nothing of it is kept, and PyTorch need not note what could be differentiated: 5 %.
    with torch.inference_mode():
        for places in alike.values():
            some = [questions[i] for i in places]
            for i, one, solved in zip(places, some, _solved(some), strict=True):
                said = pad_payload(solved, one.out)
                found[i] = {"version": VERSION, **said, "notice": one.notice}
    return [found[i] for i in range(len(questions))]


def _solved(some: Sequence[Asked]) -> list[Solved]:
    network, out = some[0].network, some[0].out
    screens = [one.shown for one in some]
    return solve_alike(screens, network.model, network.prior, network.readouts, out)


def understood(question: object) -> Asked:
    """A question as it came out of JSON.

    Raises Refused when it cannot be read, CheckpointError when a shipped network cannot
    be used.
    """
    if not isinstance(question, dict):
        raise Refused("A question is a JSON object.")
    _only(question, NAMES, "A question")
    if question.get("version", VERSION) != VERSION:
        raise Refused(f"This is version {VERSION}; the question is of another.")
    link, changes = _object(question, "link"), _object(question, "changes")
    if not all(isinstance(value, str) for value in link.values()):
        raise Refused("What a link holds are texts.")
    _only(changes, (*(row.name for row in screen.CODEC.table), *BESIDE), "The changes")
    unread = screen.CODEC.unreadable(changes)
    if unread:
        raise Refused(f"That cannot be read: {'; '.join(unread)}.")
    left_out = _pads()[_one_of(question, "page", tuple(_pads()), "playground")]
    network = shipped(_one_of(question, "network", _networks(), SHIPPED))
    return _asked(link, changes, network, left_out)


def _asked(
    link: Mapping[str, str],
    changes: Mapping[str, Any],
    network: Network,
    left_out: page_registry.LeftOut,
) -> Asked:
    before, unread = screen.from_link(link)
    wanted, moved = network.apply(before, changes)
    said = (
        session.sentence("Part of this link could not be used", unread),
        session.sentence("That was not taken as it came", moved),
    )
    hidden = teaching.CODEC.from_link(link)[0].hidden
    notice = " ".join(filter(None, said)) or None
    return Asked(network.fit(wanted), network, frozenset((*left_out(link), *hidden)), notice)


@lru_cache(maxsize=64)
def shipped(name: str = SHIPPED) -> Network:
    """A network that the app comes with; CheckpointError where it cannot be used."""
    readouts: LayerReadouts | None
    try:
        readouts = load_layer_readouts(name)
    except CheckpointError:
        readouts = None  # as on a page, which says so
    return Network(load_model(name), FLAGSHIP if name == SHIPPED else load_prior(name), readouts)


@lru_cache(maxsize=1)
def _networks() -> tuple[str, ...]:
    return tuple(list_models())


def _pads() -> dict[str, page_registry.LeftOut]:
    return {page.name: page.pad for page in page_registry.all_pages() if page.pad is not None}


# --- its parts ------------------------------------------------------------------------------


def _only(given: Mapping[str, object], known: tuple[str, ...], what: str) -> None:
    if not given.keys() <= set(known):
        raise Refused(f"{what} may hold {', '.join(known)}, and nothing else.")


def _object(question: Mapping[str, object], name: str) -> dict[str, Any]:
    found = question.get(name, {})
    if not isinstance(found, dict):
        raise Refused(f"{name!r} is a JSON object.")
    return found


def _one_of(question: Mapping[str, object], name: str, known: tuple[str, ...], default: str) -> str:
    found = question.get(name, default)
    if not isinstance(found, str) or found not in known:
        raise Refused(f"{name!r} is one of {', '.join(known)}.")
    return found
