"""The numeric path of the construction page: a prompt in, one dictionary for the stepper out.

A `Walk` is a program that has run: the slots of its residual stream, what each layer
wrote, and the linear model that is in the stream after it. The programs of
`icl_core.constructions` and von Oswald et al.'s linear attention give the same kind of
walk, so the stepper knows neither. All layers go to the browser at once, each as the
slots it wrote, so that a step asks no server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.constructions import (
    Program,
    gd_weights,
    rate_of,
    sgd_program,
    sherman_morrison_program,
    token_names,
)
from icl_core.constructions.linear_attention import LayerWeights, attend
from icl_core.constructions.programs import RIDGE_TOLERANCE, SGD_TOLERANCE
from icl_core.models.base import InspectableModel
from icl_core.predictors.base import LinearPredictor
from icl_core.probes.readouts import LayerReadouts
from ui.answers.task import Task, features, make_task
from ui.construction.settings import MAX_DIM, MAX_PAIRS, ConstructionSettings
from ui.figures.mathml import mathml
from ui.visitor.screen import MAX_POINTS, X_LIMIT, Screen

GD_TOLERANCE = 1e-10
"""Agreement of linear attention with `predictors.gd`, as tests/constructions check it."""

Payload = dict[str, Any]


class Given(NamedTuple):
    """A prompt as a program takes it: x (k, d), y (k,), query (d,), float64."""

    x: Tensor
    y: Tensor
    query: Tensor


@dataclass(frozen=True)
class Part:
    """A slot as it is shown: its name, symbol (LaTeX), shape, role and words."""

    name: str
    symbol: str
    shape: tuple[int, ...]
    role: str
    words: str


@dataclass(frozen=True)
class Move:
    """One layer as it is shown: Step's texts, the token in focus and those that it reads."""

    primitive: str
    words: str
    equation: str
    pair: int
    focus: int
    reads: tuple[int, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True)
class Walk:
    """A program that has run on a prompt.

    values: by slot, (layers + 1, tokens, size); weights: (layers + 1, d), the linear
    model in the stream after each layer; prediction: what the last layer answers;
    reference: the rule it carries out; tolerance: how far they may differ, over
    1 + |answer|.
    """

    title: str
    tokens: list[str]
    parts: tuple[Part, ...]
    moves: tuple[Move, ...]
    values: dict[str, Tensor]
    weights: Tensor
    prediction: float
    reference: LinearPredictor
    call: str
    tolerance: float


# --- the prompt -------------------------------------------------------------------


def given(screen: Screen, task: Task) -> Given:
    """The screen's prompt and the query that the program is to answer.

    On the plane the query is the playground's; else it is the next input that the
    sampler would give. ValueError where the grid cannot show it.
    """
    k, d = task.x.shape[1:]
    _refuse_too_large(d, k)
    return Given(task.x[0].double(), task.y[0].double(), query_of(screen).double())


def _refuse_too_large(d: int, k: int) -> None:
    if d > MAX_DIM:
        raise ValueError(
            f"This prompt has {d} features; the grid of slots shows at most {MAX_DIM}. Choose "
            "“a sample” above, or fewer features in the playground."
        )
    if k > MAX_PAIRS:
        raise ValueError(
            f"This prompt has {k} examples; the grid of slots shows at most {MAX_PAIRS}. Choose "
            "“a sample” above, or delete points in the playground."
        )
    if not k:
        raise ValueError(
            "The prompt is empty, so there is nothing to learn from. Choose “a sample” above, or "
            "give a point in the playground."
        )


def query_of(screen: Screen) -> Tensor:
    """The input that is asked about: (d,)."""
    if screen.is_plane:
        return features(screen, torch.tensor([screen.query]))[0]
    longer = Screen(**{**vars(screen), "k": min(screen.k + 1, MAX_POINTS)})
    return make_task(longer).x[0, -1]


# --- the programs -------------------------------------------------------------------


def default_rate(proof: ConstructionSettings, prompt: Given) -> float:
    """A rate that fits the prompt: no step overshoots its own pair, or any direction."""
    if proof.program == "sgd":
        longest = float(prompt.x.square().sum(-1).amax()) + proof.decay
        return 0.5 / longest if longest > 0 else 0.1
    top = _steepest(prompt)
    return 0.5 / top if top > 0 else 0.1


def _steepest(prompt: Given) -> float:
    """The largest eigenvalue of XᵀX."""
    return float(torch.linalg.eigvalsh(prompt.x.T @ prompt.x)[-1])


def walk(proof: ConstructionSettings, prompt: Given) -> Walk:
    """Run the visitor's program on the prompt. ValueError where its limits are passed."""
    rate = default_rate(proof, prompt) if proof.rate is None else proof.rate
    match proof.program:
        case "sgd":
            return _sgd(prompt, rate, proof.decay)
        case "ridge":
            return _ridge(prompt, proof.lam)
    return _gd(prompt, rate, proof.steps)


def _sgd(prompt: Given, rate: float, decay: float) -> Walk:
    k, d = prompt.x.shape
    return _decoder_walk(
        "SGD",
        sgd_program(d, k, rate, decay),
        prompt,
        predictors.sgd(rate, decay),
        f"predictors.sgd({rate:.4g}{f', decay={decay:g}' if decay else ''})",
        SGD_TOLERANCE,
    )


def _ridge(prompt: Given, lam: float) -> Walk:
    if not lam:
        raise ValueError(
            "λ = 0 is out of reach for Sherman–Morrison: it starts from A⁻¹ = I/λ. Take a small "
            "λ instead, such as 0.01."
        )
    k, d = prompt.x.shape
    return _decoder_walk(
        "Ridge",
        sherman_morrison_program(d, k, lam),
        prompt,
        predictors.ridge(lam),
        f"predictors.ridge({lam:g})",
        RIDGE_TOLERANCE,
    )


SYMBOLS = {
    "x": "x",
    "y": "y",
    "x_pair": r"x_{\mathrm{pair}}",
    "w": "w",
    "guess": r"\hat y_j",
    "residual": "r",
    "gradient": "g",
    "A_inv": "A^{-1}",
    "moment": "b",
    "term": "m",
    "u": "u",
    "q": "q",
    "gain": "k",
    "drop": "D",
    "w_read": r"w_{\mathrm{read}}",
    "prediction": r"\hat y",
}
"""How the programs' equations write each slot."""

_ORDER = ("prompt", "scratch", "state")


def _decoder_walk(
    title: str,
    program: Program,
    prompt: Given,
    reference: LinearPredictor,
    call: str,
    tolerance: float,
) -> Walk:
    run = program.run(*prompt)
    k = len(prompt.x)
    slots = [slot for slot in program.layout.slots.values() if slot.role in _ORDER]
    slots.sort(key=lambda slot: _ORDER.index(slot.role))
    moves = []
    for index, step in enumerate(program.layers):
        focus = program.focus(index + 1, k)
        pattern = step.layer.pattern(run.snapshots[index])
        source = int(pattern[0, focus].argmax())
        reads = (source,) if source != focus else ()
        pair = min(step.round, k + 1)
        moves.append(
            Move(step.primitive, step.words, step.equation, pair, focus, reads, step.writes)
        )
    return Walk(
        title,
        token_names(k),
        tuple(Part(s.name, SYMBOLS[s.name], s.shape, s.role, s.words) for s in slots),
        tuple(moves),
        {slot.name: run.snapshots[..., slot.rows] for slot in slots},
        program.weights(run.snapshots),
        run.prediction,
        reference,
        call,
        tolerance,
    )


def _gd(prompt: Given, rate: float, steps: int) -> Walk:
    """von Oswald et al.'s layers on tokens (x_j, y_j); the query's y starts at 0."""
    k, d = prompt.x.shape
    top = _steepest(prompt)
    if rate * top > 1:
        raise ValueError(
            f"A rate of {rate:g} diverges on this prompt: the steepest direction of its loss "
            f"allows at most {1 / top:.3g}."
        )
    layers = gd_weights(steps, rate_of(rate, k), d, k)
    stream = _attended(layers, prompt)
    return Walk(
        "Gradient descent",
        [*(f"e{j}" for j in range(1, k + 1)), "query"],
        (
            Part("x", "x", (d,), "prompt", "the input"),
            Part(
                "y", "y", (), "state", "what is still unexplained; at the query, minus the answer"
            ),
        ),
        tuple(_gd_move(step, k) for step in range(1, steps + 1)),
        {"x": stream[..., :d], "y": stream[..., d:]},
        _implied_weights(layers, prompt),
        -float(stream[-1, -1, -1]),
        predictors.gd(steps, rate),
        f"predictors.gd({steps}, {rate:.4g})",
        GD_TOLERANCE,
    )


def _gd_move(step: int, k: int) -> Move:
    words = (
        f"Step {step} of gradient descent, in one layer: the query compares its input with every "
        "pair’s, and takes that share of what the pair has left unexplained. So does every pair."
    )
    equation = r"y_i \leftarrow y_i - 2\alpha \sum_j y_j\, x_j^\top x_i"
    return Move("attend", words, equation, step, k, tuple(range(k)), ("y",))


def _attended(layers: list[LayerWeights], prompt: Given) -> Tensor:
    """The stream before and after every layer, the query last: (layers + 1, k + 1, d + 1)."""
    pairs = torch.cat([prompt.x, prompt.y[:, None]], dim=-1)[None]
    asked = torch.cat([prompt.query, prompt.query.new_zeros(1)])[None, None]
    stream = [torch.cat([pairs, asked], dim=1)]
    for layer in layers:
        pairs, asked = attend(layer, pairs, pairs), attend(layer, asked, pairs)
        stream.append(torch.cat([pairs, asked], dim=1))
    return torch.cat(stream)


def _implied_weights(layers: list[LayerWeights], prompt: Given) -> Tensor:
    """w after every layer: what it answers when asked at the unit vectors, (layers + 1, d)."""
    units = torch.eye(prompt.x.shape[1], dtype=torch.float64)
    asked = [_attended(layers, prompt._replace(query=unit))[:, -1, -1] for unit in units]
    return -torch.stack(asked, dim=1)


# --- the payload ------------------------------------------------------------------------


def stepper_payload(
    proof: ConstructionSettings,
    screen: Screen,
    model: InspectableModel,
    readouts: LayerReadouts | None,
) -> Payload:
    """Everything the stepper draws. ValueError, as a sentence, where a limit is passed."""
    task = make_task(screen)
    prompt = given(screen, task)
    done = walk(proof, prompt)
    return {
        "title": done.title,
        "program": proof.program,
        "tokens": done.tokens,
        "slots": [_slot(part) for part in done.parts],
        "start": {name: _short(values[0]) for name, values in done.values.items()},
        "steps": [_step(done, index) for index in range(len(done.moves))],
        "w": _short(done.weights),
        "answers": _short(done.weights @ prompt.query),
        "end": _end(done, prompt),
        "points": _short(torch.stack([prompt.x[:, 0], prompt.y], dim=1)),
        "query": _short(prompt.query),
        "plane": _plane(prompt) if screen.is_plane else None,
        "intercept": screen.has_intercept,
        "truth": None if task.weights is None else _short(task.weights),
        "trained": _trained(prompt, model, readouts),
    }


def _short(values: Tensor) -> Any:
    """Six digits are enough to draw; what rounding left of a zero is a zero."""
    if values.ndim:
        return [_short(part) for part in values]
    return float(f"{round(float(values), 9):.6g}")


def _slot(part: Part) -> Payload:
    return {**vars(part), "symbol": mathml(part.symbol), "shape": list(part.shape)}


def _step(done: Walk, index: int) -> Payload:
    move = done.moves[index]
    return {
        **vars(move),
        "equation": mathml(move.equation),
        "writes": {name: _short(done.values[name][index + 1]) for name in move.writes},
    }


def _end(done: Walk, prompt: Given) -> Payload:
    """The program's answer beside that of its reference, and how far they agree."""
    x, y, query = (part[None] for part in prompt)
    reference = float(done.reference.predict(x, y, query[None])[0, 0])
    allowed = done.tolerance * (1 + abs(reference))
    difference = abs(done.prediction - reference)
    return {
        "program": f"{done.prediction:.14f}",
        "reference": f"{reference:.14f}",
        "call": done.call,
        "digits": agreeing_digits(done.prediction, reference),
        "difference": difference,
        "tolerance": allowed,
        "within": difference <= allowed,
        "w": _short(done.reference.weights(x, y)[0, -1]),
    }


def agreeing_digits(one: float, other: float) -> int:
    """Decimals of relative agreement, 15 at most: −log₁₀ of |difference|/(1 + |answer|)."""
    gap = abs(one - other) / (1 + abs(other))
    return 15 if gap < 1e-15 else max(0, math.floor(-math.log10(gap)))


def _plane(prompt: Given) -> Payload:
    """Half-widths of the plane that hold every point and the query."""
    reach_x = max(float(prompt.x[:, 0].abs().max()), abs(float(prompt.query[0])))
    reach_y = float(prompt.y.abs().max())
    return {
        "x": next((half for half in (3.0, 4.0) if reach_x <= half), X_LIMIT),
        "y": next((half for half in (2.0, 4.0, 6.0, 8.0) if reach_y <= 0.97 * half), 12.0),
    }


def _trained(prompt: Given, model: InspectableModel, readouts: LayerReadouts | None) -> Payload:
    """What the trained transformer answers at the query, and each layer's readout of it."""
    x, y, query = (part[None].float() for part in prompt)
    seen = model.inspect(x, y, query[None])
    read = None if readouts is None else readouts.read(seen.query_states)[:, 0, 0]
    return {
        "answer": round(float(seen.answers[0, 0]), 6),
        "readouts": None if read is None else _short(read),
    }
