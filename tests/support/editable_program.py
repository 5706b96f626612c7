"""A constructed program as a model that can be looked into and edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from icl_core.constructions.programs import Program
from icl_core.constructions.slots import Layer
from icl_core.models.base import NO_EDITS, Edits, Inspection, Trace


class _Passed(NamedTuple):
    answers: Tensor
    states: Tensor
    attention: Tensor


class EditableProgram:
    """All queries in one pass, each at the place after the pairs; tokens without the start."""

    def __init__(self, program: Program):
        self.program, self.limits, self.device = program, program.limits, program.device
        self.layers, self.heads, self.width = len(program.layers), program.heads, program.width
        self.size = 0.0

    def predict(
        self,
        x: Tensor,
        y: Tensor,
        queries: Tensor,
        after: Sequence[int] | None = None,
        edits: Edits = NO_EDITS,
    ) -> Tensor:
        return self._pass(x, y, queries, edits).answers.to(x.dtype)

    def predict_next(self, x: Tensor, y: Tensor) -> Tensor:
        raise NotImplementedError

    def inspect(
        self, x: Tensor, y: Tensor, queries: Tensor, after: Sequence[int] | None = None
    ) -> Inspection:
        raise NotImplementedError

    def next_states(self, x: Tensor, y: Tensor) -> Tensor:
        raise NotImplementedError

    def trace(self, x: Tensor, y: Tensor) -> Trace:
        passed = self._pass(x, y, x[:, :1], NO_EDITS)
        own = slice(0, 2 * y.shape[1])
        return Trace(passed.states[:, :, own], passed.attention[..., own, own])

    def _pass(self, x: Tensor, y: Tensor, queries: Tensor, edits: Edits) -> _Passed:
        machine, (batch, pairs) = self.program.machine, y.shape
        prefix, asked = 2 * pairs + 1, queries.shape[1]
        tokens = {
            "x": torch.zeros(batch, prefix + asked, x.shape[-1], dtype=torch.float64),
            "y": torch.zeros(batch, prefix + asked, 1, dtype=torch.float64),
        }
        tokens["x"][:, 1:prefix:2], tokens["x"][:, prefix:] = x.double(), queries.double()
        tokens["y"][:, 2:prefix:2, 0] = y.double()
        stream = machine.embed(tokens)
        place = machine.layout["position"]
        stream[:, prefix:, place] = stream[:, prefix : prefix + 1, place]
        future = torch.ones(prefix + asked, prefix + asked, dtype=torch.bool).triu(1)
        future[prefix:, prefix:] = ~torch.eye(asked, dtype=torch.bool)
        stream = _edited(stream, lambda h: edits.stream(0, h))
        states, attention = [stream[:, 1:]], []
        for index, step in enumerate(self.program.layers):
            stream, pattern = self._layer(step.layer, stream, future, index, edits)
            stream = _edited(stream, lambda h, at=index + 1: edits.stream(at, h))
            states.append(stream[:, 1:])
            attention.append(pattern[..., 1:, 1:])
        told = machine.layout.read(stream[:, prefix:], "prediction")
        if edits is not NO_EDITS:
            return _Passed(told, torch.empty(0), torch.empty(0))
        return _Passed(told, torch.stack(states), torch.stack(attention))

    def _layer(
        self, layer: Layer, stream: Tensor, future: Tensor, index: int, edits: Edits
    ) -> tuple[Tensor, Tensor]:
        each = stream.unsqueeze(-3)
        scores = (each @ layer.w_q.mT) @ (each @ layer.w_k.mT).mT
        pattern = torch.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
        values = (pattern @ (each @ layer.w_v.mT)).transpose(-3, -2)
        size = values.shape[-1]
        wide = functional.pad(values, (0, self.width - size))  # all layers alike
        values = torch.cat([wide[:, :1], edits.heads(index, wide[:, 1:])], dim=1)[..., :size]
        stream = stream + values.flatten(-2) @ layer.w_o.mT
        hidden = functional.gelu(functional.layer_norm(stream, stream.shape[-1:]) @ layer.mlp_in.mT)
        return stream + hidden @ layer.mlp_out.mT + layer.mlp_bias, pattern


def _edited(stream: Tensor, change: object) -> Tensor:
    """The stream with its tokens after the start changed; rows that are new start alike."""
    assert callable(change)
    new = change(stream[:, 1:])
    return torch.cat([stream[:1, :1].expand(len(new), -1, -1), new], dim=1)
