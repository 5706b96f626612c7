"""The numbers behind the page that looks inside: what moves with a drag, and what is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from icl_core import matching
from icl_core.evaluation import with_constant
from icl_core.interventions.pairs import Pair
from icl_core.interventions.steering import (
    COORDINATES,
    KINDS,
    SteerCurve,
    Writes,
    steer_curve,
    writes_for,
)
from icl_core.models import head_patterns
from icl_core.models.base import EditableModel, InspectableModel
from icl_core.predictors.spectrum import spectrum
from icl_core.priors import Prior
from icl_core.probes.readouts import LayerReadouts
from icl_core.probes.targets import READS, TARGETS, bayes_weights
from icl_core.probes.weights import MODELS, Scores, WeightProbes
from ui.answers.payload import rounded
from ui.answers.solve import Payload, Solved, fit_queries
from ui.answers.task import Task, features, make_task
from ui.inside.settings import Inside
from ui.visitor.methods import style_of
from ui.visitor.screen import Screen
from ui.work.bounded_cache import BoundedCache
from ui.work.compute_thread import on_compute_thread

READ_WELL = 0.9
"""A quantity counts as there from the first layer that reads this share of the best layer's R²."""


def coordinate_names(screen: Screen) -> list[str]:
    """What each weight is called on screen."""
    if screen.is_plane:
        return ["slope", "offset"][: screen.d]
    names = [f"w{i + 1}" for i in range(screen.d)]
    return [*names[:-1], "offset"] if screen.has_intercept else names


def layer_names(count: int) -> list[str]:
    """The states before the first block and after each."""
    return ["input", *(f"layer {layer}" for layer in range(1, count))]


# --- what moves with a drag --------------------------------------------------------


@on_compute_thread
def live_readings(solved: Solved, probes: WeightProbes, inside: Inside) -> Payload:
    """What the linear probes read off every layer on this very prompt, k >= 1."""
    screen, k = solved.screen, solved.task.x.shape[1]
    target = TARGETS.index(inside.target)
    read = probes.read(_context_states(solved)[:, :, 1::2], inside.reads)
    scores = scores_of(probes, inside)
    return {
        "names": coordinate_names(screen),
        "decoded": rounded(read[:, target, 0, : screen.d], 3),
        "references": _references(solved, inside),
        "layer": None if screen.layer is None else min(screen.layer, len(read) - 1),
        "k": k,
        "heat": rounded(scores.r2[MODELS.index(inside.scored)], 3),
        "table": _score_table(scores, k),
        "said": said_of_scores(probes, inside, k),
    }


def _context_states(solved: Solved) -> Tensor:
    states = solved.network.context_states
    assert states is not None, "this page is about a network that can be looked into"
    return states


def _references(solved: Solved, inside: Inside) -> dict[str, Any]:
    """What the decoded weights are to be compared with, by method."""
    if inside.target == "moment":
        x, y = solved.task.x[0].double(), solved.task.y[0].double()
        return {"moment": rounded(x.T @ y / len(y), 3)}
    held = {name: solved.answers[name].w for name in ("ols", "ridge", "bayes")}
    found = {name: rounded(w, 3) for name, w in held.items() if w is not None}
    truth = solved.task.weights
    return found if truth is None else {**found, "truth": rounded(truth, 3)}


def scores_of(probes: WeightProbes, inside: Inside) -> Scores:
    """Held-out scores of the chosen target and states, each (models, layers + 1, K)."""
    reads, target = READS.index(inside.reads), TARGETS.index(inside.target)
    return Scores(*(part[reads, :, :, target] for part in probes.linear))


def _score_table(scores: Scores, k: int) -> list[dict[str, Any]]:
    """R² with its interval, layer by layer, for the model and its controls at this k."""
    r2, low, high = (part[..., k - 1] for part in scores[:3])
    return [
        {
            name: f"{r2[m, layer]:.2f} [{low[m, layer]:.2f}, {high[m, layer]:.2f}]"
            for m, name in enumerate(MODELS)
        }
        for layer in range(r2.shape[1])
    ]


def said_of_scores(probes: WeightProbes, inside: Inside, k: int) -> str:
    """Which comes first in this checkpoint, XᵀY or w, from its own table."""
    moment, w = (
        _first_well_read(scores_of(probes, replace(inside, target=target)), k)
        for target in ("moment", "w_bayes")
    )
    if moment == w:
        order = f"XᵀY and w are both read well from layer {w} on"
    else:
        first, second = sorted([(moment, "XᵀY"), (w, "w")])
        order = (
            f"{first[1]} is read well from layer {first[0]} on, {second[1]} from layer {second[0]}"
        )
    return f"After {k} pairs, {order} (at least {READ_WELL:.0%} of the best layer's R²)."


def _first_well_read(scores: Scores, k: int) -> int:
    r2 = scores.r2[0, :, k - 1]
    return int((r2 >= READ_WELL * r2.max()).nonzero()[0])


# --- readouts as algorithms ----------------------------------------------------------


def nearest_rules(
    model: InspectableModel, screen: Screen, readouts: LayerReadouts
) -> list[dict[str, str | float]]:
    """For each layer's readout on this prompt, the textbook rule that answers most like it."""
    task, queries = make_task(screen), _queries(screen)
    read = readouts.read(model.inspect(task.x, task.y, queries).query_states)
    found = matching.match(task.x, task.y, queries, read)
    rows: list[dict[str, str | float]] = []
    for layer, name in enumerate(layer_names(len(readouts.maps))):
        row: dict[str, str | float] = {"readout of": name}
        for kind, setting in (("gd", "steps"), ("newton", "steps"), ("ridge", "λ")):
            match, rule = getattr(found, kind), style_of(kind).label
            row[f"{rule} {setting}"] = f"{float(match.parameter[layer, 0]):.3g}"
            row[f"not explained by {rule}"] = float(match.unexplained[layer, 0])
        rows.append(row)
    return rows


# --- attention ---------------------------------------------------------------------


def token_labels(pairs: int) -> list[str]:
    """x₁ y₁ x₂ … as plain text."""
    return [f"{kind}{j + 1}" for j in range(pairs) for kind in "xy"]


def attention_of(model: InspectableModel, task: Task, query: Tensor) -> Tensor:
    """Who reads whom on this prompt, the query (1, 1, d) last: (blocks, heads, 2k + 1, 2k + 1)."""
    return model.trace(task.x, task.y, query).attention[:, 0]


def query_of(screen: Screen) -> Tensor:
    """The visitor's own query on the plane, or a fixed one where there is none: (1, 1, d)."""
    if screen.is_plane:
        return features(screen, torch.tensor([screen.query]))[None]
    return fit_queries(screen.d, screen.has_intercept)[:, :1]


def heads_said(pattern: Tensor) -> list[dict[str, Any]]:
    """What each head does among the pairs of `attention_of`, in a word and a score; needs two."""
    rows = head_patterns.head_scores(pattern[:, None, :, :-1, :-1]).summary()
    return [
        {
            "block": block + 1,
            "head": head + 1,
            "reads": said.word,
            "score": round(said.score, 2),
            "share of attention": round(said.mass, 2),
            "if it read all alike": round(said.uniform, 2),
        }
        for block, row in enumerate(rows)
        for head, said in enumerate(row)
    ]


# --- a second task, and writing weights ------------------------------------------------


def pair_of(screen: Screen, other: int) -> Pair:
    """The visitor's prompt as A, and as B a fresh one with as many pairs, asked at `QUERIES`."""
    a = make_task(screen)
    sampled = replace(screen, points=None, line=None, weights=None, k=a.x.shape[1], seed=other)
    b = make_task(sampled)
    queries = _queries(screen)
    return Pair(a.x, a.y, b.x, b.y, queries, a.truth, b.truth)


QUERIES = 16


def _queries(screen: Screen) -> Tensor:
    """Where answers are compared: over the plane, or at seeded inputs; (1, QUERIES, d)."""
    if not screen.is_plane:
        return make_task(replace(screen, points=None, seed=999_983, k=QUERIES)).x
    grid = torch.linspace(-2.5, 2.5, QUERIES)
    return (with_constant(grid) if screen.has_intercept else grid[:, None])[None]


_writes: BoundedCache[tuple[object, ...], Writes] = BoundedCache(32)


def writes_of(
    name: str, model: EditableModel, law: Prior, screen: Screen, probes: WeightProbes, x: Tensor
) -> Writes:
    """How to write into the checkpoint ``name`` on prompts like x (1, k, d), fitted once."""
    key = (name, screen.d, screen.has_intercept, x.shape[1])
    found = _writes.get(key)
    if found is None:
        maps = probes.maps_for("w_bayes", x.shape[1], screen.d)
        found = writes_for(model, law, x, maps)
        _writes.put(key, found)
    return found


def steered(
    model: EditableModel, screen: Screen, probes: WeightProbes, law: Prior, inside: Inside
) -> tuple[Tensor, SteerCurve]:
    """Write the wanted line at every layer in turn: the queries (q, d), and what came of it.

    The change that is written leads from exact Bayes' line on this prompt to the wanted one.
    """
    task = make_task(screen)
    queries, d = _queries(screen), screen.d
    now = bayes_weights(law, task.x, task.y, spectrum(task.x, task.y))[:, -1].float()
    mask = torch.tensor(COORDINATES[inside.what if d == 2 else "slope"][:d])
    change = mask * (torch.tensor([[inside.slope, inside.offset][:d]]) - now)
    writes = writes_of(inside.model, model, law, screen, probes, task.x)
    return queries[0], steer_curve(model, task.x, task.y, queries, change, writes, STEER_SEED)


def said_of_steering(curve: SteerCurve, layer: int, at: str) -> str:
    """How far the answers went, beside the ceiling, the null and the positive control."""
    names = STEERED_AT[at]
    try:
        share = curve.share()[layer]
    except ValueError:
        return "The line that you chose is the one that is there: nothing is to be written."
    written, ceiling, null = (round(100 * float(share[KINDS.index(name)])) for name in names)
    control = round(100 * float(share[KINDS.index("own y written")]))
    where = "the input" if layer == 0 else f"layer {layer}"
    beside = f" Each y written into its own token: **{control} %**." if at == "y" else ""
    told = (
        f"At {where} the answers went **{written} %** of the way to the line that you wrote. "
        f"All of the other run's states there carry them **{ceiling} %**, a random direction of "
        f"the same length **{null} %**.{beside}"
    )
    return told.replace("-", "−")


STEERED_AT = {
    "y": ("written at y", "ceiling: all of B", "random at y"),
    "query": ("written at the query", "ceiling: query of B", "random at the query"),
}
"""What is written, its ceiling and its null, by the setting's name."""
STEER_SEED = 5


# --- the paper's probe, and the same from a shell -----------------------------------------


def nearest_pooled(probes: WeightProbes, k: int) -> int:
    """Index of the k, among those with pooled probes, that lies nearest to this one."""
    return min(range(len(probes.pooled_k)), key=lambda i: abs(probes.pooled_k[i] - k))


def patch_commands(screen: Screen, inside: Inside, tasks: int, seed: int) -> str:
    """The shell commands that print the causal tests' numbers for this screen."""
    k = make_task(screen).x.shape[1]
    call = f"python -m icl_core patch {inside.model} --json --dim {screen.d} --seed {seed}"
    constant = " --intercept" if screen.has_intercept else ""
    call += f" --queries {QUERIES}"
    fresh = f"{call}{constant} --sigma {screen.sigma:g} --k {k} --tasks {tasks}"
    if not screen.is_plane:
        return fresh
    pair = pair_of(screen, inside.other)
    a, b = (_as_points(x, y) for x, y in ((pair.x_a, pair.y_a), (pair.x_b, pair.y_b)))
    write = ",".join(f"{weight:g}" for weight in (inside.slope, inside.offset)[: screen.d])
    return f'{fresh}\n{call} --points-a "{a}" --points-b "{b}" --write="{write}"'


def _as_points(x: Tensor, y: Tensor) -> str:
    return " ".join(
        f"{a:.9g},{b:.9g}" for a, b in zip(x[0, :, 0].tolist(), y[0].tolist(), strict=True)
    )
