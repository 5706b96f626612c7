"""What each layer of a network would answer about a table, read out of its states.

The network is not asked to stop: a readout, fitted once per layer on the frozen model, says
what can be read from the states there (Fu et al., 2024, §5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from icl_core.metrics import implicit_weights
from icl_core.models.base import InspectableModel
from icl_core.predicting import AT_ONCE, fresh_inputs, root_mean_square
from icl_core.probes.readouts import LayerReadouts
from icl_core.tables import Chosen, Scaling, Split


@dataclass(frozen=True, eq=False)
class LayerAnswers:
    """Each layer's answers in the target's units; layer 0 is what enters the first.

    answers: (layers + 1, q) to the held-out rows or, where none is, to the examples; error:
    (layers + 1,) root mean squared on them; slopes (layers + 1, d) and offset (layers + 1,):
    the linear model that says its answers to fresh inputs best; r2: (layers + 1,) how well.
    """

    answers: np.ndarray
    error: np.ndarray
    slopes: np.ndarray
    offset: np.ndarray
    r2: np.ndarray


def layer_answers(
    model: InspectableModel,
    readouts: LayerReadouts,
    chosen: Chosen,
    split: Split,
    scaling: Scaling,
) -> LayerAnswers:
    """Read every layer's answers after the examples, which are scaled as ``scaling`` says."""
    xs = scaling.features(chosen.x[split.examples])[None]
    ys = scaling.target(chosen.y[split.examples])[None]
    rows = split.held_out if len(split.held_out) else split.examples

    def read(queries: np.ndarray) -> np.ndarray:
        """Queries (q, d) as the network reads them -> (layers + 1, q), likewise."""
        parts = [
            readouts.read(model.inspect(xs, ys, queries[None, at : at + AT_ONCE]).query_states)
            for at in range(0, len(queries), AT_ONCE)
        ]
        return torch.cat(parts, -1)[:, 0].double().numpy()

    answers = scaling.answers(read(scaling.features(chosen.x[rows])))
    queries = scaling.read(fresh_inputs(chosen.x.shape[1]))
    found = [implicit_weights(queries[None], told[None]) for told in read(queries)]
    slopes, offset = zip(*(scaling.weights(one.w[0]) for one in found), strict=True)
    return LayerAnswers(
        answers,
        np.array([root_mean_square(layer - chosen.y[rows]) for layer in answers]),
        np.stack(slopes),
        np.array(offset),
        np.array([float(one.r2[0]) for one in found]),
    )
