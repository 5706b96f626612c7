"""The numeric path behind a drag: everything that the pad draws, in one visit to the thread.

One pass of each network and one eigendecomposition for all rules. Nothing here is
cached: it is what moves.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
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
    tasks = [make_task(screen) if task is None else task]
    question = _question([screen], tasks, grid, scaling)
    return _solved(question, model, law, readouts, out, who, scaling)[0]


@on_compute_thread
def solve_alike(
    screens: Sequence[Screen],
    model: InContextModel,
    law: Prior = FLAGSHIP,
    readouts: LayerReadouts | None = None,
    out: Collection[str] = (),
) -> list[Solved]:
    """`solve` for screens of one `likeness`, in one pass of the network and of every rule."""
    question = _question(screens, [make_task(screen) for screen in screens], GRID, None)
    return _solved(question, model, law, readouts, out, None, None)


def likeness(screen: Screen) -> Hashable:
    """What screens have in common that `solve_alike` takes together: shapes, and settings."""
    drawn = screen.points if screen.is_drawn else None
    pairs = screen.k if drawn is None else len(drawn)
    return pairs, screen.d, screen.has_intercept, screen.sigma, screen.settings


def _solved(
    question: _Question,
    model: InContextModel,
    law: Prior,
    readouts: LayerReadouts | None,
    out: Collection[str],
    who: Sequence[Method] | None,
    scaling: Scaling | None,
) -> list[Solved]:
    known = methods.all_methods() if who is None else tuple(who)
    asked = [one for one in known if one.id == NETWORK or one.id not in out]
    first = question.screens[0]
    answers: dict[str, list[Answer]] = {}
    all_used: dict[str, Any] = {}
    details: list[dict[str, str]] = [{} for _ in question.screens]
    for method in asked:
        used = method.resolved(first.settings, first.sigma)
        all_used |= used
        made = method.make(used, law) if method.make else model
        if method.kind == "network" and not _fits(made, question.x):
            continue
        answers[method.id] = _answer(made, method, question)
        if method.detail:
            for said, task in zip(details, question.tasks, strict=True):
                said[method.id] = method.detail(first.settings, used, task.x)
    layers: Sequence[Layers | None] = [None] * len(question.screens)
    if "layers" not in out and readouts is not None:
        layers = _layers(answers[NETWORK], question, readouts)
    if scaling is not None:
        answers = {
            name: [_on_the_plane(one, scaling) for one in told] for name, told in answers.items()
        }
        layers = [read and read._replace(read=_put_back(read.read, scaling)) for read in layers]
    findings = _in_range(model, law, question)
    return [
        Solved(
            screen,
            question.tasks[i],
            model,
            known,
            question.axes[i],
            question.queries[i : i + 1],
            {name: told[i] for name, told in answers.items()},
            _truth(question, i),
            layers[i],
            all_used,
            details[i],
            *findings[i],
        )
        for i, screen in enumerate(question.screens)
    ]


# --- what is asked ------------------------------------------------------------------


class _Question(NamedTuple):
    """B prompts of one shape, and where all are asked.

    x: (B, k, d), y: (B, k), queries: (B, q, d), fine: (B, fine grid, d) or None.
    """

    screens: Sequence[Screen]
    tasks: Sequence[Task]
    axes: Sequence[tuple[float, float]]
    x: Tensor
    y: Tensor
    queries: Tensor
    fine: Tensor | None
    spec: Spectrum


def _question(
    screens: Sequence[Screen], tasks: Sequence[Task], grid: int, scaling: Scaling | None
) -> _Question:
    axes = [axes_of(task, screen.query) for task, screen in zip(tasks, screens, strict=True)]
    if scaling is not None:
        tasks = [Task(_read(task.x, scaling), _read_target(task.y, scaling)) for task in tasks]
    x, y = torch.cat([task.x for task in tasks]), torch.cat([task.y for task in tasks])
    spec = spectrum(x, y)
    first = screens[0]
    if not first.is_plane:
        queries = fit_queries(first.d, first.has_intercept).expand(len(screens), -1, -1)
        return _Question(screens, tasks, axes, x, y, queries, None, spec)
    reaches = [(screen, half) for screen, (half, _) in zip(screens, axes, strict=True)]
    asked = torch.stack([_abscissae(*one, grid) for one in reaches])
    finely = torch.stack([_fine(*one, grid) for one in reaches])
    if scaling is not None:
        asked, finely = _read(asked, scaling), _read(finely, scaling)
    return _Question(screens, tasks, axes, x, y, asked, finely, spec)


def _abscissae(screen: Screen, half: float, grid: int) -> Tensor:
    """The grid and then the visitor's query, (grid + 1, d)."""
    evenly = torch.linspace(-half, half, grid)
    return features(screen, torch.cat([evenly, torch.tensor([screen.query])]))


def _fine(screen: Screen, half: float, grid: int) -> Tensor:
    return features(screen, torch.linspace(-half, half, FINER * (grid - 1) + 1))


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


def _truth(question: _Question, row: int) -> Tensor | None:
    """The true answers over the plane's grid."""
    truth = question.tasks[row].truth
    if truth is None or question.fine is None:
        return None
    return truth.answer(question.queries[row : row + 1, :-1])[0]


# --- who answers --------------------------------------------------------------------


def _fits(who: Asked, x: Tensor) -> bool:
    """Whether a network can read prompts of x (B, k, d); a rule can read any."""
    limits = getattr(who, "limits", None)
    pairs, dim = x.shape[1:]
    return limits is None or (dim <= limits.max_dim and pairs <= limits.max_exemplars)


def _in_range(
    model: InContextModel, law: Prior, question: _Question
) -> list[tuple[Finding, ExpectedError | None]]:
    """Whether the network was trained on such prompts and such queries."""
    limits, x = limits_of(model, law), question.x
    # Off the plane the queries are the page's own, not the visitor's.
    asked = question.queries[:, -1:] if question.fine is not None else None
    found = limits.check(x, question.y, asked)
    return [
        (Finding(*(part[i : i + 1] for part in found)), limits.expected(x, found, i))
        for i in range(len(x))
    ]


def _answer(who: Asked, method: Method, question: _Question) -> list[Answer]:
    """A method's, on each prompt."""
    if isinstance(who, LinearPredictor):
        return _of_linear(who, question)
    if isinstance(who, ProcessMixture):
        return _of_processes(who, question)
    if isinstance(who, InspectableModel):
        on_few = method.straight and question.fine is not None
        return (_of_straight if on_few else _of_network)(who, question)
    x, y = question.x, question.y
    following = finite(who.predict_next(x, y))
    if method.fine and question.fine is not None:
        asked = torch.cat([question.fine, question.queries[:, -1:]], dim=1)
        told = finite(who.predict(x, y, asked))
        fine = told[:, :-1]
        few = torch.cat([fine[:, ::FINER], told[:, -1:]], dim=1)
        return [Answer(*row[:2], fine=row[2]) for row in zip(few, following, fine, strict=True)]
    told = who.predict(x, y, question.queries)
    if method.gaps:
        return [Answer(*row) for row in zip(told.double(), following, strict=True)]
    told = finite(told)
    if method.kind == "rule" or question.fine is not None:
        return [Answer(*row) for row in zip(told, following, strict=True)]
    seen = implicit_weights(question.queries, told.float())
    weights = finite(seen.w)
    return [
        Answer(told[i], following[i], w=weights[i], fit=float(seen.r2[i])) for i in range(len(x))
    ]


def _of_linear(rule: LinearPredictor, question: _Question) -> list[Answer]:
    """A linear rule's, from w after each prefix, and that from the shared spectrum if it serves."""
    x, y = question.x, question.y
    told = (
        rule.weights_from(question.spec)
        if isinstance(rule, SpectralPredictor)
        else rule.weights(x, y)
    )
    weights = finite(told)
    at_queries = finite((question.queries.double() @ weights[:, -1:].mT)[..., 0])
    following = finite((x.double() * weights[:, :-1]).sum(-1))
    paths: Sequence[Tensor | None] = [None] * len(x)
    if _has_paths(question) and isinstance(rule, HasPath):
        paths = list(finite(rule.path(x, y)))
    return [
        Answer(at_queries[i], following[i], weights[i], w=weights[i, -1], path=paths[i])
        for i in range(len(x))
    ]


def _has_paths(question: _Question) -> bool:
    """Whether w lies in a plane of its own, in which a path can be drawn."""
    return question.fine is None and question.x.shape[2] == 2


def _of_processes(rule: ProcessMixture, question: _Question) -> list[Answer]:
    """A mixture of processes': curve, prefixes and band from one factor of each."""
    prompts = zip(question.x, question.y, question.queries, strict=True)
    found = [rule.posterior(*(part[None] for part in prompt)) for prompt in prompts]
    return [Answer(finite(one.mean[0]), finite(one.following[0]), posterior=one) for one in found]


def _of_straight(model: InspectableModel, question: _Question) -> list[Answer]:
    """A network's whose line is as good as straight between a few abscissae."""
    queries = question.queries
    prompts = zip(question.screens, question.axes, strict=True)
    asked = torch.stack([_abscissae(one, half, STRAIGHT_GRID) for one, (half, _) in prompts])
    seen = model.inspect(question.x, question.y, asked)
    told, following = finite(seen.answers), finite(seen.following)
    line = torch.nn.functional.interpolate(
        told[:, None, :-1], queries.shape[1] - 1, mode="linear", align_corners=True
    )[:, 0]
    rows = zip(torch.cat([line, told[:, -1:]], dim=1), following, strict=True)
    return [Answer(*row) for row in rows]


def _of_network(model: InspectableModel, question: _Question) -> list[Answer]:
    """A network's, from one pass; the path of its implicit weights goes along with it."""
    x, y, queries = question.x, question.y, question.queries
    k, count = y.shape[1], queries.shape[1]
    paths: Sequence[Tensor | None] = [None] * len(x)
    if not _has_paths(question):
        seen = model.inspect(x, y, queries)
    else:
        few = queries[:, :PATH_QUERIES]
        after = [k] * count + [j for j in range(k + 1) for _ in range(PATH_QUERIES)]
        seen = model.inspect(x, y, torch.cat([queries, few.repeat(1, k + 1, 1)], dim=1), after)
        by_k = seen.answers[:, count:].unflatten(1, (k + 1, PATH_QUERIES))
        paths = [
            finite(implicit_weights(asked.expand(k + 1, -1, -1), told).w)
            for asked, told in zip(few, by_k, strict=True)
        ]
    told, following = finite(seen.answers[:, :count]), finite(seen.following)
    w: Sequence[Tensor | None] = [None] * len(x)
    fits: Sequence[float | None] = [None] * len(x)
    if question.fine is None:
        found = implicit_weights(queries, seen.answers[:, :count])
        w, fits = list(finite(found.w)), found.r2.tolist()
    return [
        Answer(
            told[i],
            following[i],
            w=w[i],
            fit=fits[i],
            path=paths[i],
            states=seen.query_states[:, i : i + 1, :count],
            context_states=seen.context_states[:, i : i + 1],
        )
        for i in range(len(x))
    ]


# --- layer by layer -----------------------------------------------------------------


def _layers(
    network: Sequence[Answer], question: _Question, readouts: LayerReadouts
) -> list[Layers | None]:
    """What each layer's readout answers on each prompt."""
    states = [one.states for one in network if one.states is not None]
    if not states:
        return [None] * len(network)
    read = readouts.read(torch.cat(states, dim=1))
    k, d = question.x.shape[1:]
    score = readouts.r2[:, d - 1, k], float(readouts.bayes_r2[d - 1, k])
    return [
        Layers(read[:, i], _layer_weights(read[:, i], question), *score)
        for i in range(len(network))
    ]


def _layer_weights(read: Tensor, question: _Question) -> Tensor | None:
    """Off the plane, the readouts' answers (layers + 1, q) as weights (layers + 1, d)."""
    if question.fine is not None:
        return None
    return finite(implicit_weights(question.queries[:1].expand(len(read), -1, -1), read).w)
