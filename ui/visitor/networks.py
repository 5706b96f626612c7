"""Which network answers: the shipped one, or one that the visitor trained or uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from icl_core.models.base import InContextModel, InspectableModel
from icl_core.priors import Prior
from icl_core.probes.readouts import LayerReadouts
from ui.visitor import session
from ui.visitor.screen import MAX_POINTS, Screen, apply, to_link

OWN, CHOSEN, WIDGET = "own_network", "network", "network_choice"
LINK_KEY = "w"
SHIPPED = "playground"
"""The checkpoint that answers where nobody has chosen another."""

NO_WEIGHTS = (
    "This link was made with a network that somebody trained or uploaded. A link cannot carry "
    "weights, so the shipped network answers here."
)


@dataclass(frozen=True)
class Network:
    """A network, what it was trained on, and what each of its layers would answer."""

    model: InContextModel
    prior: Prior
    readouts: LayerReadouts | None

    def fit(self, screen: Screen) -> Screen:
        """The screen's prompt as far as this network can read it."""
        cell, sigma = self.prior.nearest(screen.d, screen.has_intercept, screen.sigma)
        most = min(self.model.limits.max_exemplars, MAX_POINTS)
        layer = screen.layer
        return replace(
            screen,
            d=cell.dim,
            intercept=cell.intercept if cell.dim > 1 else screen.intercept,
            sigma=sigma,
            k=min(screen.k, most),
            points=None if screen.points is None else screen.points[:most],
            layer=None if layer is None else min(layer, self.layers),
        )

    @property
    def layers(self) -> int:
        """How many layers can be looked at."""
        return self.model.layers if isinstance(self.model, InspectableModel) else 0

    def apply(self, screen: Screen, changes: Mapping[str, Any]) -> tuple[Screen, list[str]]:
        """A message of the pad that shows `fit(screen)`, applied to the screen itself.

        What the network cannot read (more points, say) stays on the screen for others.
        """
        shown = self.fit(screen)
        wanted, troubles = apply(shown, changes)
        taken = self.fit(wanted)
        if (taken.d, taken.intercept) != (wanted.d, wanted.intercept):
            troubles.append(f"this network was trained on {self.reads} only")
        changed = {
            part.name: getattr(taken, part.name)
            for part in fields(Screen)
            if getattr(taken, part.name) != getattr(shown, part.name)
        }
        if changed.get("points") is not None and shown.points is not None:
            unseen = (screen.points or ())[len(shown.points) :]
            changed["points"] = (changed["points"] + unseen)[:MAX_POINTS]
        return replace(screen, **changed), troubles

    @property
    def reads(self) -> str:
        """Which tasks it was trained on, in words."""
        cells = self.prior.cells
        if len(cells) == 1:
            return f"d = {cells[0].dim} {'with' if cells[0].intercept else 'without'} an intercept"
        return f"d up to {self.prior.dims[-1]}"


# --- the session's own ---------------------------------------------------------------


def carry(network: Network) -> None:
    """Make a network the session's own, and the one that answers in the playground."""
    st.session_state[OWN] = network
    _choose("own")


def own() -> Network | None:
    """The network that this session trained or uploaded last, if any."""
    found: Network | None = st.session_state.get(OWN)
    return found


def _choose(which: str) -> None:
    st.session_state[CHOSEN] = which
    st.session_state.pop(WIDGET, None)


def choose(shipped: Network) -> Network:
    """The network that answers; a choice on screen where there is one."""
    mine, asked = own(), st.query_params.get(LINK_KEY) == "own"
    if mine is None:
        if asked:
            st.info(NO_WEIGHTS)
        return shipped
    if WIDGET not in st.session_state:
        st.session_state[WIDGET] = st.session_state[CHOSEN]
    st.segmented_control(
        "Which network answers",
        ("shipped", "own"),
        format_func={"shipped": "The shipped one", "own": "Your own"}.__getitem__,
        required=True,
        key=WIDGET,
        on_change=lambda: _choose(st.session_state[WIDGET]),
    )
    chosen = mine if st.session_state[CHOSEN] == "own" else shipped
    session.write_link({**to_link(session.current_screen()), **link(chosen)})
    return chosen


def link(network: Network) -> dict[str, str]:
    """What the link says of it: no weights, but that they were the visitor's own."""
    return {LINK_KEY: "own"} if network is own() else {}
