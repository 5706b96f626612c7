"""What is drawn of the way from prompt to answer: attention and readouts, all measured here."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor

from icl_core import CheckpointError
from icl_core.interventions.pairing import PAIRS, pairing_scores
from icl_core.models.base import NO_EDITS, EditableModel, Edits
from icl_core.models.head_patterns import LEAST
from icl_core.probes.readouts import LayerReadouts
from icl_core.studies import is_current, read_table
from icl_core.studies.pairing import NAME
from ui.answers.payload import rounded
from ui.answers.solve import Payload, Solved, finite
from ui.mechanism import words
from ui.visitor.methods import NETWORK, style_of
from ui.work.compute_thread import on_compute_thread

Kind = Literal["pairs", "collects", "reads x", "itself", "broad", "off"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Head(NamedTuple):
    """What a head does on this prompt, and the measured share of attention behind the word."""

    kind: Kind
    share: float


@on_compute_thread
def picture(
    solved: Solved,
    model: EditableModel,
    readouts: LayerReadouts,
    name: str,
    *,
    edits: Edits = NO_EDITS,
    off: Tensor | None = None,
    moving: bool = False,
) -> Payload:
    """Everything that the picture shows of a prompt of k >= 1 pairs.

    name: the network's, under which its stored pairing heads are found; edits: what is done
    to its heads; off: which of them that switches off, (layers, heads) bool. While a point is
    ``moving``, the maps of the heads are left out.
    """
    task, queries = solved.task, solved.queries
    trace = model.trace(task.x, task.y, queries, edits)
    attention, pairs = trace.attention[:, 0], task.y.shape[1]
    read = finite(readouts.read(trace.hidden[:, :, 2 * pairs :])[:, 0])
    answers = finite(model.predict(task.x, task.y, queries, edits=edits)[0])
    there = [round(max(0.0, 1 - left), 3) for left in unexplained(read, answers)]
    stored = stored_heads(name, task.x.shape[-1])
    heads = head_kinds(attention, pairs, stored, off)
    plane, ink = solved.screen.is_plane, style_of(NETWORK)
    return {
        "k": pairs,
        "own": rounded(attention.diagonal(-1, -2, -1)[..., 0 : 2 * pairs : 2], 3),
        "reads": rounded(_asking(attention, pairs), 3),
        "maps": None if moving else _as_bytes(_with_query(attention, pairs)),
        "heads": [[_told(one) for one in row] for row in heads],
        "pairing": "-".join(f"{layer + 1}.{head + 1}" for layer, head in sorted(stored or [])),
        "acts": words.acts(len(stored or [])),
        "colour": {"light": ink.light, "dark": ink.dark},
        "zoom": 1,
        "curves": rounded(read[:, :-1], 3) if plane else None,
        "told": rounded(read[:, -1], 3) if plane else None,
        "answer": round(float(answers[-1]), 3) if plane else None,
        "there": there,
        "said": [words.of_layer(layer, heads, there) for layer in range(len(there))],
        "axes": list(solved.axes) if plane else None,
        "points": rounded(torch.stack([task.x[0, :, 0], task.y[0]], 1)) if plane else [],
        "query": solved.screen.query if plane else None,
    }


def head_kinds(
    attention: Tensor, pairs: int, stored: list[tuple[int, int]] | None, off: Tensor | None = None
) -> list[list[Head]]:
    """What each head does, by layer, from attention (layers, heads, T, T).

    A head pairs where the stored study says so of this network on fresh prompts, or where there
    is no such study, where it does here; else it is named for what the query reads, where that
    is `LEAST` or more on the way from reading all tokens alike (0) to reading nothing else (1).
    """
    own = pairing_scores(attention[:, None, :, : 2 * pairs, : 2 * pairs])[:, 0]
    asking = _asking(attention, pairs)
    to_x, to_y = asking[..., 0:-1:2].sum(-1), asking[..., 1:-1:2].sum(-1)
    shares = torch.stack([to_y, to_x, asking[..., -1]], dim=-1)
    alike = torch.tensor([pairs, pairs, 1]) / (2 * pairs + 1)
    scores = (shares - alike) / (1 - alike)

    def kind(layer: int, head: int) -> Head:
        score = float(own[layer, head])
        if off is not None and bool(off[layer, head]):
            return Head("off", score)
        if score >= PAIRS if stored is None else (layer, head) in stored:
            return Head("pairs", score)
        best = int(scores[layer, head].argmax())
        share = float(shares[layer, head, best])
        return Head(KINDS[1 + best] if scores[layer, head, best] >= LEAST else "broad", share)

    layers, heads = attention.shape[:2]
    return [[kind(layer, head) for head in range(heads)] for layer in range(layers)]


def _told(head: Head) -> Payload:
    return {"kind": head.kind, "share": round(head.share, 3)}


@lru_cache(maxsize=64)
def stored_heads(name: str, dim: int) -> list[tuple[int, int]] | None:
    """Heads (layer, head) that pair, the best first, as `study pairing` found on fresh prompts.

    On those of this dimension, or the nearest that it knows; None where it knows none of this
    network as it is now.
    """
    try:
        table = read_table(NAME)
    except CheckpointError:
        return None
    rows = [row for row in table["members"] if row["network"] == name]
    if not rows or not is_current(table):
        return None
    row: dict[str, Any] = min(rows, key=lambda row: abs(row["dim"] - dim))
    return [(layer, head) for layer, head in row["pairing"]]


def unexplained(read: Tensor, final: Tensor) -> list[float]:
    """For each layer's readout (layers, q), the share of the final line (q,) that it misses."""
    total = (final - final.mean()).square().mean().clamp(min=1e-9)
    return ((read - final).square().mean(-1) / total).tolist()


# --- attention ------------------------------------------------------------------------------


def _asking(attention: Tensor, pairs: int) -> Tensor:
    """What the visitor's query reads, itself last: (layers, heads, 2k + 1)."""
    return _with_query(attention, pairs)[..., -1, :]


def _with_query(attention: Tensor, pairs: int) -> Tensor:
    """The tokens of the prompt and the visitor's query alone: (layers, heads, 2k + 1, 2k + 1)."""
    tokens = torch.tensor([*range(2 * pairs), attention.shape[-1] - 1])
    return attention[..., tokens, :][..., tokens]


def _as_bytes(attention: Tensor) -> str:
    """Weights from 0 to 1 as bytes from 0 to 255, row by row, in base64."""
    levels = (255 * attention).round().to(torch.uint8)
    return base64.b64encode(levels.cpu().numpy().tobytes()).decode()
