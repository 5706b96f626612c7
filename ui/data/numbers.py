"""What every method says of the table on the page; kept while nothing changes."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import streamlit as st

from icl_core.checkpoints import load_decoder
from icl_core.layer_answers import LayerAnswers, layer_answers
from icl_core.limits import ExpectedError
from icl_core.models.base import InContextModel
from icl_core.predicting import (
    LABELS,
    NETWORK,
    Curvature,
    Growth,
    Learner,
    Predictions,
    curvature,
    growth,
    learners,
    limits_for,
    predict_rows,
)
from icl_core.probes.readouts import load_layer_readouts
from icl_core.tables import Chosen, Scaling, Split, Table, TableError, choose, split
from icl_core.tables.chosen import USUAL_FEATURES
from ui.answers.range_words import out_of_range
from ui.data.own import Shown
from ui.data.settings import Data
from ui.visitor.networks import SHIPPED
from ui.work.bounded_cache import BoundedCache
from ui.work.compute_thread import on_compute_thread

RESULTS = "data_results"
FOUND: BoundedCache[object, Results] = BoundedCache(16)
"""Of tables that come along; of a visitor's own the session keeps the last."""


@dataclass(frozen=True, eq=False)
class Results:
    """Everything that the page draws.

    predictions: of every method; bent: None with too few rows to tell; who, scaled: what
    `growth` and `layers` ask, which take longer and stand lower down.
    """

    predictions: Predictions
    bent: Curvature | None
    who: dict[str, Learner]
    scaled: bool

    @cached_property
    def growth(self) -> Growth | None:
        """The errors as examples are added; None without held-out rows."""
        told = self.predictions
        if not len(told.split.held_out):
            return None
        return growth(told.chosen, told.split, self.who, seed=0, scaled=self.scaled)

    @cached_property
    def layers(self) -> LayerAnswers:
        """What each layer of the network would answer. CheckpointError without readouts."""
        told = self.predictions
        return on_compute_thread(layer_answers)(
            load_decoder(SHIPPED),
            load_layer_readouts(SHIPPED),
            told.chosen,
            told.split,
            told.scaling,
        )


class _InTurn:
    """The network, asked on the compute thread: who drags elsewhere comes in between."""

    name = LABELS[NETWORK]

    def __init__(self, model: InContextModel) -> None:
        self.predict = on_compute_thread(model.predict)
        self.predict_next = on_compute_thread(model.predict_next)


# --- what is asked --------------------------------------------------------------------


def usual_target(shown: Shown) -> int:
    """The column that the page predicts unasked: a shipped table's own, else the last."""
    table = shown.table
    name = shown.shipped.target if shown.shipped else table.usable[-1]
    return table.names.index(name)


def usual_features(shown: Shown, target: int) -> tuple[int, ...]:
    """The columns that it predicts from unasked."""
    table = shown.table
    names = shown.shipped.features if shown.shipped else table.usable
    found = [table.names.index(name) for name in names]
    others = tuple(at for at in found if at != target)
    return (others or tuple(at for at in usable(table) if at != target))[:USUAL_FEATURES]


def usable(table: Table) -> tuple[int, ...]:
    """The numbers of the columns that can be used."""
    return tuple(at for at, column in enumerate(table.columns) if column.usable)


def asked(state: Data, shown: Shown) -> tuple[Chosen, Split]:
    """Rows and draw of a state. TableError with a sentence for what cannot be used."""
    target, features = columns(state, shown)
    names = shown.table.names
    if not features:
        raise TableError("Choose at least one column to predict from.")
    chosen = choose(shown.table, names[target], [names[at] for at in features])
    return chosen, split(chosen, state.examples, state.seed, state.picked)


def columns(state: Data, shown: Shown) -> tuple[int, tuple[int, ...]]:
    """Target and features as they are used; what a link says of another table is left out."""
    known = usable(shown.table)
    target = state.target if state.target in known else usual_target(shown)
    if state.features is None:
        return target, usual_features(shown, target)
    return target, tuple(at for at in state.features if at in known and at != target)


# --- what is answered -----------------------------------------------------------------


def results(state: Data, shown: Shown, chosen: Chosen, parts: Split) -> Results:
    """All answers; ValueError as for `predict_rows`."""
    drawn = (len(parts.examples), state.seed) if state.picked is None else state.picked
    key = (shown.key, *columns(state, shown), drawn, state.scaled)
    if shown.shipped is not None:
        found = FOUND.get(key)
        if found is None:
            found = computed(chosen, parts, scaled=state.scaled)
            FOUND.put(key, found)
        return found
    kept, found = st.session_state.get(RESULTS, (None, None))
    if kept != key or found is None:
        found = computed(chosen, parts, scaled=state.scaled)
        st.session_state[RESULTS] = (key, found)
    return found


def computed(chosen: Chosen, parts: Split, *, scaled: bool) -> Results:
    """All answers, anew."""
    who: dict[str, Learner] = {**learners(SHIPPED), NETWORK: _InTurn(load_decoder(SHIPPED))}
    predictions = predict_rows(chosen, parts, who, limits_for(SHIPPED), scaled=scaled)
    return Results(predictions, curvature(chosen), who, scaled)


def beyond(found: Predictions) -> str | None:
    """In words, errors in the target's units: what of this the network does not know."""
    return out_of_range(found.finding, in_units(found.expected, found.scaling))


def in_units(expected: ExpectedError | None, scaling: Scaling) -> ExpectedError | None:
    """An error of the network in the target's units; None of numbers as they are.

    These may lie a thousand times farther out than any prompt that errors were measured on.
    """
    if expected is None or not scaling.is_scaled:
        return None
    size = scaling.y_scale
    return replace(
        expected, value=size * expected.value, low=size * expected.low, high=size * expected.high
    )


def error_of(found: Predictions, name: str) -> float:
    """A method's error on held-out rows, or on the examples where none is held out."""
    told = found.told[name]
    return told.error if len(found.split.held_out) else told.left_out_error


def as_csv(found: Predictions) -> str:
    """Every used row with every method's prediction and interval.

    An example is predicted from the other examples, a held-out row from all of them.
    """
    chosen, parts = found.chosen, found.split
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\n")
    heads = [
        f"{label}{what}"
        for label in (LABELS[name] for name in found.told)
        for what in ("", ", low", ", high")
    ]
    writer.writerow(["line", *chosen.features, chosen.target, "role", *heads])
    for role, rows in (("example", parts.examples), ("held out", parts.held_out)):
        for at, row in enumerate(rows):
            answers = [
                value
                for one in found.told.values()
                for value in _with_ends(
                    (one.left_out if role == "example" else one.held_out)[at], one.half_width
                )
            ]
            used = [repr(float(value)) for value in (*chosen.x[row], chosen.y[row])]
            writer.writerow([chosen.lines[row], *used, role, *answers])
    return told.getvalue()


def _with_ends(value: float, half_width: float | None) -> list[str]:
    ends = (math.nan, math.nan) if half_width is None else (value - half_width, value + half_width)
    return ["" if math.isnan(one) else repr(float(one)) for one in (value, *ends)]


def histogram(values: np.ndarray) -> list[int]:
    """Twelve bars."""
    return np.histogram(values, bins=12)[0].tolist() if len(values) else []
