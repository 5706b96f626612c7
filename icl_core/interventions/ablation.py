"""Take a head or an MLP out and see how the error changes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from icl_core.interventions.edits import Keep, Means, ablate, without
from icl_core.metrics import bootstrap_mean, squared_error
from icl_core.models.base import Edit, EditableModel, Edits
from icl_core.progress import ProgressCallback, silent


def branch_means(model: EditableModel, x: Tensor, y: Tensor, queries: Tensor) -> Means:
    """Mean output of every head and MLP over prompts like these (shapes as in `predict`)."""
    heads: list[Tensor] = []
    mlps: list[Tensor] = []

    def keep(means: list[Tensor]) -> Edit:
        def note(_: int, values: Tensor) -> Tensor:
            means.append(values.mean(0))
            return values

        return note

    model.predict(x, y, queries, edits=Edits(heads=keep(heads), mlp=keep(mlps)))
    return Means(torch.stack(heads), torch.stack(mlps))


@dataclass(frozen=True)
class AblationMap:
    """Squared error, averaged over the queries, with one branch taken out.

    base: (n,) of the whole model; heads: (blocks, heads, n); mlps: (blocks, n).
    """

    base: Tensor
    heads: Tensor
    mlps: Tensor

    def change(self) -> Keep:
        """Mean rise of the error: heads (1, blocks, heads) and mlps (1, blocks)."""
        return Keep(*((part - self.base).mean(-1)[None] for part in (self.heads, self.mlps)))

    def intervals(self, seed: int) -> tuple[Keep, Keep, Keep]:
        """`change` with a 95 % bootstrap interval over the n prompts: value, low, high."""
        heads, mlps = (
            bootstrap_mean((part - self.base).movedim(-1, 0), seed=seed)
            for part in (self.heads, self.mlps)
        )
        value, low, high = (
            Keep(head[None], mlp[None]) for head, mlp in zip(heads, mlps, strict=True)
        )
        return value, low, high


def ablation_map(
    model: EditableModel,
    x: Tensor,
    y: Tensor,
    queries: Tensor,
    target: Tensor,
    means: Means | None = None,
    progress: ProgressCallback = silent,
) -> AblationMap:
    """Take out each head and each MLP in turn and compare with ``target`` (n, q).

    x: (n, k, d), y: (n, k), queries: (n, q, d). With ``means`` (see
    `branch_means`; of prompts with as many tokens) the branch's mean stands in.
    """
    blocks, heads = model.layers, model.heads
    singles = [without(model, block, head) for block in range(blocks) for head in range(heads)]
    singles += [without(model, block) for block in range(blocks)]
    whole = Keep(torch.ones(1, blocks, heads), torch.ones(1, blocks))
    keep = Keep(*(torch.cat(parts) for parts in zip(whole, *singles, strict=True)))
    edits = ablate(Keep(*(part.to(model.device) for part in keep)), means)
    rows = len(keep.mlps)
    errors = []
    for i in range(len(y)):
        prompt = (part[i : i + 1].expand(rows, -1, -1) for part in (x, y[..., None], queries))
        xs, ys, qs = prompt
        answers = model.predict(xs, ys[..., 0], qs, edits=edits)
        errors.append(squared_error(answers, target[i].to(answers).expand(rows, -1)).mean(-1).cpu())
        progress((i + 1) / len(y))
    error = torch.stack(errors, dim=-1)
    return AblationMap(
        base=error[0],
        heads=error[1 : 1 + blocks * heads].view(blocks, heads, -1),
        mlps=error[1 + blocks * heads :],
    )
