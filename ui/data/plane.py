"""The examples of one feature as the pad has them, and back in the table's units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from icl_core.checkpoints import load_decoder
from icl_core.predicting import LABELS, NETWORK, Learner, learners
from icl_core.tables import Chosen, Scaling, Split
from ui.data.edits import Edits, known, points_of
from ui.data.settings import Data
from ui.visitor.methods import Method, style_of
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Point, Screen, float32

HALF_X, HALF_Y = 2.6, 3.4
"""Where the ends of the table's range lie on the plane, which reaches to ±3 and ±4."""
MOST_APART = 300
"""Held-out rows that are drawn."""
LINE = "knn"
"""Whose line has steps."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A table's rows of one feature on the pad.

    drawn: from the table's units to the plane's, by the range of all rows, so that it stays
    where it is while an example is dragged; what the methods read is `reading`.
    """

    chosen: Chosen
    parts: Split

    @cached_property
    def drawn(self) -> Scaling:
        """From values to places."""
        return Scaling.over(self.chosen.x, self.chosen.y, HALF_X, HALF_Y)

    def places(self, rows: np.ndarray) -> tuple[Point, ...]:
        """Where rows of the table lie."""
        across = self.drawn.features(self.chosen.x[rows])[:, 0].tolist()
        up = self.drawn.target(self.chosen.y[rows]).tolist()
        return tuple((float32(x), float32(y)) for x, y in zip(across, up, strict=True))

    @cached_property
    def base(self) -> tuple[Point, ...]:
        """Where the table's examples lie."""
        return self.places(self.parts.examples)

    @property
    def apart(self) -> tuple[Point, ...]:
        """Where held-out rows lie, as many as are drawn."""
        return self.places(self.parts.held_out[:MOST_APART])

    def screen(self, state: Data) -> Screen:
        """The examples as they are now, as the pad shows them."""
        points = points_of(self.base, state.edits)
        return Screen(
            points=points,
            d=1,
            intercept=False,
            k=len(points),
            query=state.query,
            show=state.show,
            layer=state.layer,
        )

    def as_they_are(self, edits: Edits | None) -> tuple[Chosen, Split]:
        """The examples as they are now and the held-out rows, in the table's units."""
        if edits is None:
            return self.chosen, self.parts
        chosen, examples = self.chosen, self.parts.examples
        told = [
            (chosen.x[examples[one], 0], chosen.y[examples[one]])
            if isinstance(one, int)
            else self._values(one)
            for one in known(self.base, edits)
        ]
        values = np.array(told, dtype=float).reshape(-1, 2)
        rest = self.parts.held_out
        now = replace(
            chosen,
            x=np.concatenate([values[:, :1], chosen.x[rest]]),
            y=np.concatenate([values[:, 1], chosen.y[rest]]),
            lines=(),
        )
        count = len(values)
        return now, Split(np.arange(count), np.arange(count, count + len(rest)))

    def _values(self, point: Point) -> tuple[float, float]:
        across, up = self.drawn.x_mean[0] + self.drawn.x_scale[0] * point[0], point[1]
        return float(across), self.drawn.y_mean + self.drawn.y_scale * up

    def reading(self, edits: Edits | None, *, scaled: bool) -> Scaling:
        """From values to what the methods read: by the examples as they are now."""
        now, parts = self.as_they_are(edits)
        if not scaled:
            return Scaling.none(1)
        if not len(parts.examples):
            return self.drawn
        return Scaling.of(now.x[parts.examples], now.y[parts.examples])

    @property
    def units(self) -> dict[str, Any]:
        """What the axes measure, for the browser."""
        drawn, chosen = self.drawn, self.chosen
        return {
            "x": _unit(chosen.features[0], float(drawn.x_mean[0]), float(drawn.x_scale[0])),
            "y": _unit(chosen.target, drawn.y_mean, drawn.y_scale),
        }


def _unit(name: str, centre: float, scale: float) -> dict[str, Any]:
    return {"name": name, "centre": centre, "scale": scale}


@lru_cache(maxsize=1)
def rules() -> dict[str, Learner]:
    """Every method of the page, its network the shipped one."""
    return learners(SHIPPED)


def pad_methods() -> tuple[Method, ...]:
    """The page's methods as the pad's, with nothing to set: as everywhere on the page."""
    return tuple(_method(name) for name in LABELS)


def _method(name: str) -> Method:
    is_network = name == NETWORK
    return Method(
        name,
        replace(style_of(name), label=LABELS[name]),
        make=None if is_network else lambda _, __: rules()[name],
        kind="network" if is_network else "rule",
        fine=name == LINE,
    )


def network() -> Any:
    """The page's network."""
    return load_decoder(SHIPPED)
