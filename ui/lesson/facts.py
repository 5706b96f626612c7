"""The numbers that the lesson says, measured on the points that are on screen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from icl_core import load_prior, matching
from icl_core.interventions.steering import KINDS, SteerCurve
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts
from icl_core.probes.weights import cell_of, load_weight_probes
from ui.answers.solve import Solved
from ui.inside.heads import without
from ui.inside.numbers import layer_names, steered
from ui.inside.settings import Inside
from ui.lesson import pool
from ui.lesson.steps import LETTERS, Question, Step
from ui.mechanism.numbers import stored_heads, unexplained
from ui.visitor import methods
from ui.visitor.methods import NETWORK
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import Screen

MOST = 0.9
"""A readout gets most of a line when it explains this share of its variance."""

WRITTEN = Inside(slope=1.0, what="slope")


class Facts(Mapping[str, str]):
    """Numbers by name, each computed when it is asked for; what has no value is a dash."""

    def __init__(
        self,
        solved: Solved,
        readouts: LayerReadouts | None,
        guess: str | None,
        *,
        heads_off: bool = False,
    ):
        self.solved, self.readouts, self.guess = solved, readouts, guess
        self.heads_off = heads_off

    def __getitem__(self, name: str) -> str:
        return FACTS[name](self)

    def __iter__(self) -> Iterator[str]:
        return iter(FACTS)

    def __len__(self) -> int:
        return len(FACTS)

    def at_query(self, method: str) -> str:
        """A method's answer at the query; a dash where there is no line to ask."""
        if not self.solved.screen.is_plane:
            return "–"
        return _said(float(self.solved.answers[method].at_queries[-1]))


def _said(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}".replace("-", "−")
    return text.lstrip("−") if not any(digit in text for digit in "123456789") else text


# --- each fact ------------------------------------------------------------------------------


def gap(solved: Solved, method: str) -> float:
    """Root mean square difference between a method's answers and the transformer's."""
    told = solved.answers[method].at_queries
    return float((told - solved.network.at_queries).square().mean().sqrt())


def _gap_to(method: str) -> Callable[[Facts], str]:
    return lambda facts: _said(gap(facts.solved, method))


def _truth(facts: Facts) -> str:
    w, screen = facts.solved.task.weights, facts.solved.screen
    if w is None or not screen.is_plane:
        return "–"
    return _said(float(w[0]) * screen.query + (float(w[1]) if screen.has_intercept else 0.0))


def _match(solved: Solved) -> matching.Matches | None:
    if not solved.task.y.numel():
        return None
    told = solved.network.at_queries[None].float()
    return matching.match(solved.task.x, solved.task.y, solved.queries, told)


def _lam(facts: Facts) -> str:
    found = _match(facts.solved)
    return "–" if found is None else f"{float(found.ridge.parameter[0]):.2g}"


def _layer_most(facts: Facts) -> float:
    states = facts.solved.network.states
    if facts.readouts is None or states is None:
        return float(decoder(facts.solved).layers)
    read = facts.readouts.read(states)[:, 0].double()
    left = unexplained(read, facts.solved.network.at_queries)
    return next((i for i, share in enumerate(left) if share <= 1 - MOST), len(left) - 1)


def decoder(solved: Solved) -> Transformer:
    """The network that the lesson is about, which it looks into."""
    assert isinstance(solved.model, Transformer)
    return solved.model


@lru_cache(maxsize=4)
def _size(model: Transformer) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def checksum(model: Transformer) -> str:
    """The first 12 digits of the SHA-256 of all weights, as they are now."""
    digest = hashlib.sha256()
    for parameter in model.parameters():
        digest.update(parameter.detach().cpu().numpy().tobytes())
    return digest.hexdigest()[:12]


def steer(solved: Solved) -> tuple[Tensor, SteerCurve] | None:
    """Write a slope into every layer in turn; None where there is no line, no pair or no move."""
    screen = solved.screen
    if not screen.is_plane or not solved.task.y.numel():
        return None
    probes = load_weight_probes(SHIPPED, cell_of(screen.d, screen.has_intercept))
    found = steered(decoder(solved), screen, probes, load_prior(SHIPPED), WRITTEN)
    return None if torch.equal(found[1].a, found[1].b) else found


def pairing_heads(solved: Solved) -> Tensor:
    """The heads that pair, by the stored study, of all heads: (blocks, heads) bool."""
    model = decoder(solved)
    chosen = torch.zeros(model.layers, model.heads, dtype=torch.bool)
    for layer, head in stored_heads(SHIPPED, solved.screen.d) or []:
        chosen[layer, head] = True
    return chosen


def _moved_without(others: int) -> Callable[[Facts], str]:
    """How far the answers move without the pairing heads, or those so many places beside them."""

    def fact(facts: Facts) -> str:
        solved = facts.solved
        if not solved.task.y.numel():
            return "–"
        chosen = pairing_heads(solved).roll(others, dims=1)
        after = without(solved, decoder(solved), solved.queries, chosen)
        return _said(float((after - solved.network.at_queries).square().mean().sqrt()))

    return fact


def layer_of(solved: Solved) -> int:
    """The layer on the pad; where to write when none is picked."""
    layers = decoder(solved).layers
    return min(2 if solved.screen.layer is None else solved.screen.layer, layers)


def _name_of(facts: Facts, layer: int) -> str:
    return layer_names(decoder(facts.solved).layers + 1)[layer]


def _steered(kind: str) -> Callable[[Facts], str]:
    """Share of the way, in percent, that one of `KINDS` carries the answers."""

    def fact(facts: Facts) -> str:
        found = steer(facts.solved)
        if found is None:
            return "–"
        share = found[1].share()[layer_of(facts.solved), KINDS.index(kind)]
        return _said(100 * float(share), 0)

    return fact


def right_letter(facts: Facts, question: Question) -> str:
    """The letter of the right choice; measured where it depends on the points."""
    if question.answer in LETTERS:
        return question.answer
    names = [choice.method for choice in question.choices]
    return LETTERS[names.index(_nearest(facts.solved))]


COMPARED = {"ols": "least squares", "gd": "gradient descent", "knn": "nearest neighbours"}


def _nearest(solved: Solved) -> str:
    return min(COMPARED, key=lambda method: gap(solved, method))


FACTS: dict[str, Callable[[Facts], str]] = {
    "yhat": lambda facts: facts.at_query(NETWORK),
    "ols": lambda facts: facts.at_query("ols"),
    "stars": lambda facts: _said(_stars(facts), 1),
    "truth": _truth,
    "query": lambda facts: _said(facts.solved.screen.query),
    "sigma": lambda facts: f"{facts.solved.screen.sigma:g}",
    "guessed": lambda facts: "" if facts.guess is None else _guessed(facts.guess),
    "new": lambda facts: facts.at_query(pool.NEW_LINES),
    "known": lambda facts: _said(pool.known_answer(facts.solved)),
    "known_line": lambda facts: str(pool.likeliest_line(facts.solved.task)),
    "nearest": lambda facts: COMPARED[_nearest(facts.solved)],
    "lam": _lam,
    "layer_most": lambda facts: _name_of(facts, int(_layer_most(facts))),
    "layer_name": lambda facts: _name_of(facts, layer_of(facts.solved)),
    "steer_share": _steered("written at y"),
    "steer_ceiling": _steered("ceiling: all of B"),
    "steer_control": _steered("own y written"),
    "checksum": lambda facts: checksum(decoder(facts.solved)),
    "weights": lambda facts: f"{_size(decoder(facts.solved)):,}",
    "pair_off": _moved_without(0),
    "other_off": _moved_without(1),
    "size": lambda facts: _said(float(facts.solved.network.at_queries.square().mean().sqrt())),
    **{f"gap_{method}": _gap_to(method) for method in methods.ids()},
}


# --- what was tried -------------------------------------------------------------------------

FAR, PARTED, FOOLED = 2.0, 0.3, 0.5
"""On the plane: a point moved far; gaps of lines that part, that are apart."""


def _tilt(points: Sequence[tuple[float, float]]) -> float:
    """Positive where y goes up with x."""
    x, y = torch.tensor(points, dtype=torch.float64).reshape(-1, 2).T
    return float(((x - x.mean()) * (y - y.mean())).sum()) if len(x) else 0.0


def _is_turned(facts: Facts, start: Screen) -> bool:
    return _tilt(facts.solved.screen.points or ()) * _tilt(start.points or ()) < 0


def _is_far(facts: Facts, start: Screen) -> bool:
    before, now = start.points or (), facts.solved.screen.points or ()
    return any(math.dist(a, b) >= FAR for a, b in zip(before, now, strict=False))


def _is_outside(facts: Facts, start: Screen) -> bool:
    x, query = facts.solved.task.x[0, :, 0], facts.solved.screen.query
    return query != start.query and bool((x > query).all() or (x < query).all())


CHECKS: dict[str, Callable[[Facts, Screen], bool]] = {
    "turned": _is_turned,
    "far": _is_far,
    "outside": _is_outside,
    "parted": lambda facts, _: gap(facts.solved, "ols") >= PARTED,
    "fooled": lambda facts, _: gap(facts.solved, "ols") >= FOOLED,
    "heads off": lambda facts, _: facts.heads_off,
    "jumped": lambda facts, start: pool.has_jumped(facts.solved, start),
}
"""What a thing to try asks for: told what is on screen, and the screen at the step's beginning."""


def has_tried(step: Step, facts: Facts, start: Screen) -> bool:
    """Whether the thing to try has been done, by who began at ``start``."""
    wanted = step.to_try
    if wanted.check:
        return CHECKS[wanted.check](facts, start)
    return wanted.is_done(facts.solved.screen, start)


def _guessed(guess: str) -> str:
    return f"You said **{guess.replace('-', '−')}**. "


def is_right(step: Step, facts: Facts, said: str) -> bool:
    """Whether an answer is right, or a guess on the plane near, on the points of ``facts``."""
    if step.question.is_guess:
        answer = float(facts.solved.network.at_queries[-1])
        return abs(float(said) - answer) <= step.question.near
    return said == right_letter(facts, step.question)


def _stars(facts: Facts) -> float:
    """Stars from 1 to 5 stand on the plane as −2 to 2."""
    return 3 + float(facts.solved.network.at_queries[-1])
