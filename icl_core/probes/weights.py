"""Stored probes of the small linear model inside, and their scores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, CheckpointError, read_manifest, read_tensors
from icl_core.probes.targets import FAMILIES, READS, TARGETS, normalised

MODELS = ("trained", "random", "fixed")


# --- what is stored -----------------------------------------------------------------


class Scores(NamedTuple):
    """Held-out scores with 95 % bootstrap intervals over prompts.

    r2: share of the target's energy explained, 1 − Σ‖v̂ − v‖²/Σ‖v‖² (about zero:
    every target has mean zero); mse: mean of ‖v̂ − v‖², summed over the slots.
    """

    r2: Tensor
    r2_low: Tensor
    r2_high: Tensor
    mse: Tensor
    mse_low: Tensor
    mse_high: Tensor


@dataclass(frozen=True)
class WeightProbes:
    """The probes of a checkpoint and what they and their controls score.

    maps: (reads, layers + 1, targets, K, slots, width + 1), the linear probes
    of the trained model after k = 1…K pairs, the last entry an offset; linear:
    scores (reads, models, layers + 1, targets, K) of that family; r2_by_dim:
    (reads, layers + 1, targets, slots, K), the trained model's r2 at each d;
    pooled: scores (families, models, layers + 1, targets, len(pooled_k)).
    """

    maps: Tensor
    linear: Scores
    r2_by_dim: Tensor
    pooled: Scores
    pooled_k: tuple[int, ...]

    def read(self, y_states: Tensor, reads: str = "mean y") -> Tensor:
        """States at y_1…y_k, (layers + 1, B, k, width) -> (layers + 1, targets, B, slots).

        The states are ``Inspection.context_states[:, :, 1::2]``. Raises
        ValueError when no probe was fitted for this k, and for unknown ``reads``.
        """
        maps = self._maps(reads, y_states.shape[2])
        seen = y_states[:, :, -1:] if reads == "last y" else y_states
        mean = normalised(seen).mean(2)
        read = torch.einsum("lbw,ltdw->ltbd", mean, maps[..., :-1])
        return read + maps[:, :, None, :, -1]

    def maps_for(self, target: str, k: int, dim: int, reads: str = "mean y") -> Tensor:
        """The probe of w's first ``dim`` slots after k pairs: (layers + 1, dim, width + 1).

        What `fit_writes` of `icl_core.interventions.steering` takes. Raises
        ValueError for an unknown target, and for k and dim beyond the probes'.
        """
        if target not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(TARGETS)}, not {target!r}.")
        slots = self.maps.shape[4]
        if dim not in range(1, slots + 1):
            raise ValueError(f"Probes are fitted for 1 to {slots} features, not for {dim}.")
        return self._maps(reads, k)[:, TARGETS.index(target), :dim]

    def _maps(self, reads: str, k: int) -> Tensor:
        most = self.maps.shape[3]
        if reads not in READS:
            raise ValueError(f"reads must be one of {', '.join(READS)}, not {reads!r}.")
        if k not in range(1, most + 1):
            raise ValueError(f"Probes are fitted for 1 to {most} exemplars, not for {k}.")
        return self.maps[READS.index(reads), :, :, k - 1]

    def rows(self) -> list[dict[str, Any]]:
        """Every score as a flat row, for a table or JSON."""
        every_k = tuple(range(1, self.maps.shape[3] + 1))
        parts = [("linear", reads, self.linear, i, every_k) for i, reads in enumerate(READS)]
        parts += [(f, "pooled", self.pooled, i, self.pooled_k) for i, f in enumerate(FAMILIES)]
        return [
            {"family": family, "reads": reads, **row}
            for family, reads, scores, index, ks in parts
            for row in _rows(Scores(*(part[index] for part in scores)), ks)
        ]

    def tensors(self) -> dict[str, Tensor]:
        """Plain named tensors, for storage; `from_tensors` reads them back."""
        return {
            "maps": self.maps.half(),  # their third digit is beyond what they were fitted to
            "r2_by_dim": self.r2_by_dim,
            "pooled_k": torch.tensor(self.pooled_k),
            **{f"linear.{name}": part for name, part in self.linear._asdict().items()},
            **{f"pooled.{name}": part for name, part in self.pooled._asdict().items()},
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> WeightProbes:
        """See `tensors`."""

        def scores(group: str) -> Scores:
            return Scores(*(tensors[f"{group}.{name}"] for name in Scores._fields))

        return cls(
            tensors["maps"].float(),
            scores("linear"),
            tensors["r2_by_dim"],
            scores("pooled"),
            tuple(tensors["pooled_k"].tolist()),
        )


def _rows(scores: Scores, ks: tuple[int, ...]) -> list[dict[str, Any]]:
    """scores: (models, layers + 1, targets, K)."""
    return [
        {
            "model": MODELS[m],
            "layer": layer,
            "target": TARGETS[t],
            "k": k,
            **{name: float(part[m, layer, t, i]) for name, part in scores._asdict().items()},
        }
        for m in range(scores.r2.shape[0])
        for layer in range(scores.r2.shape[1])
        for t in range(scores.r2.shape[2])
        for i, k in enumerate(ks)
    ]


CELLS = {"d1": (1, False), "d2": (2, False), "d2i": (2, True)}
"""The tasks of a plane, by dimension and intercept, which have probes of their own."""


def cell_of(dim: int, intercept: bool) -> str | None:
    """The cell whose probes read a task of this kind; None for those of all d."""
    return next((cell for cell, kind in CELLS.items() if kind == (dim, intercept)), None)


# --- loading --------------------------------------------------------------------------


def probes_key(name: str, cell: str | None) -> str:
    """The name under which probes are stored."""
    return f"{name}.probes.{cell}" if cell else f"{name}.probes"


class Effort(NamedTuple):
    """How large the pooled MLP probes were, and how long they were fitted."""

    hidden: int
    steps: int


def pooled_effort(name: str, cell: str | None = None, folder: Path = FOLDER) -> Effort:
    """What the manifest says of a checkpoint's pooled probes; they must be there."""
    return Effort(**read_manifest(folder)[probes_key(name, cell)]["pooled"])


@lru_cache(maxsize=16)
def load_weight_probes(name: str, cell: str | None = None, folder: Path = FOLDER) -> WeightProbes:
    """The stored probes of a checkpoint, its controls' scores among them.

    cell: one of `CELLS`, or None for the probes of all d.

    Raises CheckpointError when there are none, or when they were fitted to other
    weights, of the model or of its control, than the ones shipped.
    """
    manifest = read_manifest(folder)
    key, again = probes_key(name, cell), f"python -m icl_core probe {name}"
    if key not in manifest:
        raise CheckpointError(f"No probes are stored for {name!r}. Fit them: {again}")
    entry = manifest[key]
    control = entry.get("control", {})
    if entry.get("model_sha256") != manifest.get(name, {}).get("sha256"):
        raise CheckpointError(
            f"The probes of {name!r} belong to other weights. Fit them again: {again}"
        )
    shipped = manifest.get(str(control.get("name")), {}).get("sha256")
    if shipped is None or control.get("sha256") != shipped:
        raise CheckpointError(
            f"The control of the probes of {name!r} is missing or has changed. "
            f"Fit them again: {again}"
        )
    return WeightProbes.from_tensors(read_tensors(key, folder))
