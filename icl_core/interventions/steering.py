"""Write weights of our choice through a probe, and see whether the answers follow."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.interventions.edits import read, steer
from icl_core.interventions.patch import shares
from icl_core.models.base import EditableModel, Edits

# --- steering --------------------------------------------------------------------


@dataclass(frozen=True)
class SteerCurve:
    """Answers after a probe's reading was set to weights of our choice, at each layer.

    before: (n, q) the model's answers, wanted: (n, q) = x·w*, answers:
    (layers + 1, n, q); read_before, read_after: (layers + 1, n, d), what the
    probe read; moved: (layers + 1, n), how far
    the states were moved, ‖change‖/‖state − mean‖ averaged over the tokens.
    """

    before: Tensor
    wanted: Tensor
    answers: Tensor
    read_before: Tensor
    read_after: Tensor
    moved: Tensor

    def share(self) -> Tensor:
        """Share of the wanted move that the answers make, pooled over n: (layers + 1,)."""
        return self.intervals(seed=0, draws=1)[0]

    def intervals(self, seed: int, draws: int = 1000) -> tuple[Tensor, Tensor, Tensor]:
        """`share` with a 95 % bootstrap interval over the n prompts: value, low, high."""
        return shares(self.answers, self.before, self.wanted, seed, draws)


def steer_curve(
    model: EditableModel,
    x: Tensor,
    y: Tensor,
    queries: Tensor,
    maps: Tensor,
    w: Tensor,
    tokens: Tensor,
) -> SteerCurve:
    """Write w (n, d) through a probe at each layer in turn and ask the queries again.

    x: (n, k, d), y: (n, k), queries: (n, q, d), k >= 1; maps: (layers + 1, d,
    width + 1), each layer's probe of the mean of the normalised states at
    ``tokens``, (t,) indices (`WeightProbes.maps_for` and `read_tokens`).
    """
    n, k = y.shape
    if k < 1:
        raise ValueError("Steering needs at least one exemplar.")
    maps = maps.to(model.device)
    goal = w.to(model.device)
    readings: list[tuple[Tensor, Tensor, Tensor]] = []

    def branch(layer: int, h: Tensor) -> Tensor:
        old = h[:n]
        new = steer(layer, tokens, maps[layer], goal).stream(layer, old)
        readings.append(_readings(old[:, tokens], new[:, tokens], maps[layer]))
        return torch.cat([h, new])

    answers = model.predict(x, y, queries, edits=Edits(stream=branch)).cpu()
    before, after, moved = (torch.stack(parts).cpu() for parts in zip(*readings, strict=True))
    return SteerCurve(
        before=answers[:n],
        wanted=torch.einsum("nqd,nd->nq", queries, w),
        answers=answers[n:].view(model.layers + 1, n, -1),
        read_before=before,
        read_after=after,
        moved=moved,
    )


def _readings(old: Tensor, new: Tensor, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the probe read and reads, (n, d), and how far the states moved, (n,)."""
    change = torch.linalg.vector_norm(new - old, dim=-1)
    size = torch.linalg.vector_norm(old - old.mean(-1, keepdim=True), dim=-1)
    return read(old, maps).mean(1), read(new, maps).mean(1), (change / size).mean(-1)
