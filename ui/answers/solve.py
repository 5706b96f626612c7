"""The numeric path behind a drag: everything that the pad draws, in one visit to the thread.

One pass of each network and one eigendecomposition for all rules. Nothing here is
cached: it is what moves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from icl_core.limits import ExpectedError, Finding, limits_of
from icl_core.metrics import implicit_weights
from icl_core.models.base import InContextModel, InspectableModel
from icl_core.predictors.base import HasPath, LinearPredictor, SpectralPredictor
from icl_core.predictors.processes import Posterior, ProcessMixture
from icl_core.predictors.spectrum import Spectrum, spectrum
from icl_core.priors import FlagshipPrior, Prior
from icl_core.probes.readouts import LayerReadouts
from icl_core.prompts import generator
from icl_core.tables import Scaling
from ui.answers.task import Task, features, make_task
from ui.visitor import methods
from ui.visitor.methods import NETWORK, Asked, Method
from ui.visitor.screen import X_LIMIT, Y_LIMIT, Screen
from ui.work.compute_thread import on_compute_thread

GRID = 31
"""Abscissae of a line on the plane. Between them the transformer's is straight to 0.2 px,
at worst over 140 prompts of 0 to 40 points."""
FINER = 4
"""How many times as fine the grid of a line with steps is; every nth abscissa is one of `GRID`."""
STRAIGHT_GRID = 16
"""Abscissae of a line that is as good as straight between as few."""
STEPS_GRID = FINER * (GRID - 1) + 1
FIT_QUERIES, PATH_QUERIES = 64, 8
FLAGSHIP = FlagshipPrior()
Payload = dict[str, Any]


def finite(values: Tensor) -> Tensor:
    """A diverged run leaves the plane; JSON and SVG want a number all the same."""
    return torch.nan_to_num(values.double(), nan=1e6, posinf=1e6, neginf=-1e6).clamp(-1e6, 1e6)


@dataclass(frozen=True)
class Answer:
    """One method's on one prompt of k pairs, float64 but for the states.

    at_queries: (q,), NaN where a method of gaps has no answer; following: (k,), each exemplar
    predicted from those before it; weights: (k + 1, d) after each prefix, of a linear method;
    fine: (fine grid,), the line of a method that needs the finer grid; w: (d,), what it holds
    as a linear model in the end, with its fit, R², where that had to be read off its answers;
    path: (steps, d), how it came to w; states: (layers + 1, 1, q, width) and context_states:
    (layers + 1, 1, 2k, width), of a network that can be looked into; posterior: all that a
    mixture of processes believes at the queries.
    """

    at_queries: Tensor
    following: Tensor
    weights: Tensor | None = None
    fine: Tensor | None = None
    w: Tensor | None = None
    fit: float | None = None
    path: Tensor | None = None
    states: Tensor | None = None
    context_states: Tensor | None = None
    posterior: Posterior | None = None


class Layers(NamedTuple):
    """What each layer's readout answers on this prompt, and how good it is on others.

    read: (layers + 1, q); w: (layers + 1, d) where there is no plane, else None;
    r2: (layers + 1,) and bayes_r2, on held-out prompts of this d, after this k.
    """

    read: Tensor
    w: Tensor | None
    r2: Tensor
    bayes_r2: float


@dataclass(frozen=True)
class Solved:
    """A screen's prompt with every answer to it.

    model: the network that the page is about; methods: all that the page has; axes: the
    plane's half-widths; queries: (1, q, d), on the plane the grid and then the visitor's;
    answers: by method; truth:
    (grid,), the true answers over the plane where they are known; layers: None without
    readouts; used: settings as they are used, where the visitor left them to the page
    too; details: what each method's settings come to, in words; finding: whether the
    network was trained on such a prompt; expected: how far off it is where it was not.
    """

    screen: Screen
    task: Task
    model: InContextModel
    methods: tuple[Method, ...]
    axes: tuple[float, float]
    queries: Tensor
    answers: dict[str, Answer]
    truth: Tensor | None
    layers: Layers | None
    used: dict[str, Any]
    details: dict[str, str]
    finding: Finding
    expected: ExpectedError | None

    @property
    def network(self) -> Answer:
        """The answer of the network that the page is about."""
        return self.answers[NETWORK]


@on_compute_thread
def solve(
    screen: Screen,
    model: InContextModel,
    law: Prior = FLAGSHIP,
    readouts: LayerReadouts | None = None,
    out: Collection[str] = (),
    who: Sequence[Method] | None = None,
    task: Task | None = None,
    grid: int = GRID,
    scaling: Scaling | None = None,
) -> Solved:
    """Put the screen's prompt to the page's network and to every method.

    law: what exact Bayes takes for granted, on which the model was trained. out: methods
    that nobody asks for, and parts of the pad; all of it that costs time is left out.
    who: a page's own methods, its network among them, in place of those of every page.
    task: what a page asks where it is no linear task of the screen's. grid: how many
    abscissae a line on the plane has; `GRID` serves straight ones. scaling: from the plane to
    what the methods read; their answers on the plane are put back on it.
    """
    question = _question(screen, make_task(screen) if task is None else task, grid, scaling)
    known = methods.all_methods() if who is None else tuple(who)
    asked = [one for one in known if one.id == NETWORK or one.id not in out]
    answers: dict[str, Answer] = {}
    all_used: dict[str, Any] = {}
    details: dict[str, str] = {}
    for method in asked:
        used = method.resolved(screen.settings, screen.sigma)
        all_used |= used
        made = method.make(used, law) if method.make else model
        if method.kind == "network" and not _fits(made, question.task):
            continue
        answers[method.id] = _answer(made, method, question)
        if method.detail:
            details[method.id] = method.detail(screen.settings, used, question.task.x)
    read = None if "layers" in out else _layers(answers[NETWORK], question, readouts)
    if scaling is not None:
        answers = {name: _on_the_plane(told, scaling) for name, told in answers.items()}
        read = None if read is None else read._replace(read=_put_back(read.read, scaling))
    finding, expected = _in_range(model, law, question)
    return Solved(
        screen,
        question.task,
        model,
        known,
        question.axes,
        question.queries,
        answers,
        _truth(question),
        read,
        all_used,
        details,
        finding,
        expected,
    )


# --- what is asked ------------------------------------------------------------------


class _Question(NamedTuple):
    """A prompt, and where all are asked: queries (1, q, d), fine (1, fine grid, d) or None."""

    screen: Screen
    task: Task
    axes: tuple[float, float]
    queries: Tensor
    fine: Tensor | None
    spec: Spectrum


def _question(screen: Screen, task: Task, grid: int, scaling: Scaling | None) -> _Question:
    axes = axes_of(task, screen.query)
    if scaling is not None:
        task = Task(_read(task.x, scaling), _read_target(task.y, scaling))
    spec = spectrum(task.x, task.y)
    if not screen.is_plane:
        queries = fit_queries(screen.d, screen.has_intercept)
        return _Question(screen, task, axes, queries, None, spec)
    fine = torch.linspace(-axes[0], axes[0], FINER * (grid - 1) + 1)
    abscissae = torch.cat([torch.linspace(-axes[0], axes[0], grid), torch.tensor([screen.query])])
    asked, finely = features(screen, abscissae)[None], features(screen, fine)[None]
    if scaling is not None:
        asked, finely = _read(asked, scaling), _read(finely, scaling)
    return _Question(screen, task, axes, asked, finely, spec)


def _read(x: Tensor, scaling: Scaling) -> Tensor:
    """Features (…, d) of the plane as the methods read them."""
    return torch.from_numpy(scaling.features(x.double().numpy())).float()


def _read_target(y: Tensor, scaling: Scaling) -> Tensor:
    return torch.from_numpy(scaling.target(y.double().numpy())).float()


def _put_back(told: Tensor, scaling: Scaling) -> Tensor:
    """Answers (…) on the plane."""
    return finite(torch.from_numpy(scaling.answers(told.double().numpy())))


def _on_the_plane(told: Answer, scaling: Scaling) -> Answer:
    fine = None if told.fine is None else _put_back(told.fine, scaling)
    return replace(told, at_queries=_put_back(told.at_queries, scaling), fine=fine)


def axes_of(task: Task, query: float) -> tuple[float, float]:
    """Half-widths of the plane, stepped so that they seldom change; the query is on it too."""
    reach_x = max(abs(query), float(task.x[..., 0].abs().max()) if task.x.numel() else 0.0)
    reach_y = float(task.y.abs().max()) if task.y.numel() else 0.0
    half_x = next((half for half in (3.0, 4.0) if reach_x <= half), X_LIMIT)
    half_y = next((half for half in (4.0, 6.0, 8.0, 12.0) if reach_y <= 0.97 * half), Y_LIMIT)
    return half_x, half_y


def fit_queries(dim: int, intercept: bool) -> Tensor:
    """Fresh inputs on which a predictor is seen as a linear one: (1, q, d)."""
    queries = torch.randn(1, FIT_QUERIES, dim, generator=generator(7, dim))
    if intercept:
        queries[..., -1] = 1.0
    return queries


def _truth(question: _Question) -> Tensor | None:
    """The true answers over the plane's grid."""
    truth = question.task.truth
    if truth is None or question.fine is None:
        return None
    return truth.answer(question.queries[:, :-1])[0]


# --- who answers --------------------------------------------------------------------


def _fits(who: Asked, task: Task) -> bool:
    """Whether a network can read a prompt; a rule can read any."""
    limits = getattr(who, "limits", None)
    pairs, dim = task.x.shape[1:]
    return limits is None or (dim <= limits.max_dim and pairs <= limits.max_exemplars)


def _in_range(
    model: InContextModel, law: Prior, question: _Question
) -> tuple[Finding, ExpectedError | None]:
    """Whether the network was trained on such a prompt and such a query."""
    limits, x = limits_of(model, law), question.task.x
    # Off the plane the queries are the page's own, not the visitor's.
    asked = question.queries[:, -1:] if question.screen.is_plane else None
    finding = limits.check(x, question.task.y, asked)
    return finding, limits.expected(x, finding)


def _answer(who: Asked, method: Method, question: _Question) -> Answer:
    if isinstance(who, LinearPredictor):
        return _of_linear(who, question)
    if isinstance(who, ProcessMixture):
        return _of_processes(who, question)
    if isinstance(who, InspectableModel):
        on_few = method.straight and question.fine is not None
        return (_of_straight if on_few else _of_network)(who, question)
    x, y = question.task.x, question.task.y
    following = finite(who.predict_next(x, y)[0])
    if method.fine and question.fine is not None:
        asked = torch.cat([question.fine, question.queries[:, -1:]], dim=1)
        told = finite(who.predict(x, y, asked)[0])
        fine = told[:-1]
        return Answer(torch.cat([fine[::FINER], told[-1:]]), following, fine=fine)
    told = who.predict(x, y, question.queries)[0]
    if method.gaps:
        return Answer(told.double(), following)
    told = finite(told)
    if method.kind == "rule" or question.fine is not None:
        return Answer(told, following)
    seen = implicit_weights(question.queries, told[None].float())
    return Answer(told, following, w=finite(seen.w[0]), fit=float(seen.r2[0]))


def _of_linear(rule: LinearPredictor, question: _Question) -> Answer:
    """A linear rule's, from w after each prefix, and that from the shared spectrum if it serves."""
    x, y = question.task.x, question.task.y
    told = (
        rule.weights_from(question.spec)
        if isinstance(rule, SpectralPredictor)
        else rule.weights(x, y)
    )
    weights = finite(told[0])
    return Answer(
        at_queries=finite(question.queries[0].double() @ weights[-1]),
        following=finite((x[0].double() * weights[:-1]).sum(-1)),
        weights=weights,
        w=weights[-1],
        path=finite(rule.path(x, y)[0])
        if _has_paths(question) and isinstance(rule, HasPath)
        else None,
    )


def _has_paths(question: _Question) -> bool:
    """Whether w lies in a plane of its own, in which a path can be drawn."""
    return question.fine is None and question.screen.d == 2


def _of_processes(rule: ProcessMixture, question: _Question) -> Answer:
    """A mixture of processes': curve, prefixes and band from one factor of each."""
    found = rule.posterior(question.task.x, question.task.y, question.queries)
    return Answer(finite(found.mean[0]), finite(found.following[0]), posterior=found)


def _of_straight(model: InspectableModel, question: _Question) -> Answer:
    """A network's whose line is as good as straight between a few abscissae."""
    half, queries = question.axes[0], question.queries
    few = features(question.screen, torch.linspace(-half, half, STRAIGHT_GRID))[None]
    asked = torch.cat([few, queries[:, -1:]], dim=1)
    seen = model.inspect(question.task.x, question.task.y, asked)
    told = finite(seen.answers[0])
    line = torch.nn.functional.interpolate(
        told[None, None, :-1], queries.shape[1] - 1, mode="linear", align_corners=True
    )[0, 0]
    return Answer(torch.cat([line, told[-1:]]), finite(seen.following[0]))


def _of_network(model: InspectableModel, question: _Question) -> Answer:
    """A network's, from one pass; the path of its implicit weights goes along with it."""
    x, y, queries = question.task.x, question.task.y, question.queries
    k, count = y.shape[1], queries.shape[1]
    if not _has_paths(question):
        seen = model.inspect(x, y, queries)
        told, path = finite(seen.answers[0]), None
    else:
        few = queries[:, :PATH_QUERIES]
        after = [k] * count + [j for j in range(k + 1) for _ in range(PATH_QUERIES)]
        seen = model.inspect(x, y, torch.cat([queries, few.repeat(1, k + 1, 1)], dim=1), after)
        told = finite(seen.answers[0, :count])
        by_k = seen.answers[0, count:].view(k + 1, PATH_QUERIES)
        path = finite(implicit_weights(few.expand(k + 1, -1, -1), by_k).w)
    w, fit = None, None
    if question.fine is None:
        found = implicit_weights(queries, seen.answers[:, :count])
        w, fit = finite(found.w[0]), float(found.r2[0])
    return Answer(
        told,
        finite(seen.following[0]),
        w=w,
        fit=fit,
        path=path,
        states=seen.query_states[:, :, :count],
        context_states=seen.context_states,
    )


# --- layer by layer -----------------------------------------------------------------


def _layers(network: Answer, question: _Question, readouts: LayerReadouts | None) -> Layers | None:
    """What each layer's readout answers on this prompt."""
    if readouts is None or network.states is None:
        return None
    read = readouts.read(network.states)[:, 0]
    w = None
    if question.fine is None:
        w = finite(implicit_weights(question.queries.expand(len(read), -1, -1), read).w)
    k, d = question.task.x.shape[1:]
    return Layers(read, w, readouts.r2[:, d - 1, k], float(readouts.bayes_r2[d - 1, k]))
