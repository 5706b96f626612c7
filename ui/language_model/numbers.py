"""The visitor's prompt as text, where the language model is asked, and who answers like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.language.endpoint import Asking
from icl_core.language.formats import DECIMALS, FORMATS, rounded
from icl_core.language.learner import Told, texts
from icl_core.models.base import InContextModel
from ui.answers.solve import axes_of, fit_queries
from ui.answers.task import Task, make_task
from ui.language_model.learners import RULES
from ui.language_model.settings import SAMPLED, LanguageModel
from ui.visitor.methods import NETWORK
from ui.visitor.screen import Screen
from ui.work.compute_thread import on_compute_thread

PLACES = 21
"""Over the plane; 0.3, 0.4 or 0.5 apart, so that rounding moves none of them."""
OFF_PLANE = 12
"""Questions where there is no plane."""
SAMPLES = 5
HOT = 1.0
"""The temperature of samples, with the share of likely replies that they are drawn from below:
both as Requeima et al. (2024)."""
TOP_P = 0.9


class Question(NamedTuple):
    """A prompt as the language model and all others are given it.

    task: the screen's exemplars, rounded, with the constant where there is one; places: (q, d)
    where all are asked, rounded too, the visitor's query last on the plane; features: how many of
    the d the text has, which needs no constant; texts: one for each place; hows: how each is
    asked, more than once where it is sampled.
    """

    task: Task
    places: Tensor
    features: int
    texts: tuple[str, ...]
    hows: tuple[Asking, ...]


class Answers(NamedTuple):
    """The language model's at each place, None where no reply was a number.

    values: the number, or the median of the samples; low, high: the least and the largest
    sample; told: every reply; valid: how many of them are numbers.
    """

    values: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    told: tuple[Told, ...]
    valid: int


def question_of(screen: Screen, state: LanguageModel) -> Question:
    """What is asked about this screen."""
    task = make_task(screen)
    x, y = rounded(task.x), rounded(task.y)
    given = Task(x.float(), y.float(), task.truth)
    if screen.is_plane:
        half = axes_of(given, screen.query)[0]
        across = torch.cat([torch.linspace(-half, half, PLACES), torch.tensor([screen.query])])
        places = across[:, None]
    else:
        places = fit_queries(screen.d, screen.has_intercept)[0, :OFF_PLANE]
    features = screen.d - screen.has_intercept
    places = rounded(places[:, :features])
    asked = texts(FORMATS[state.form], x[0, :, :features], y[0], places)
    if screen.has_intercept:
        places = torch.cat([places, torch.ones(len(places), 1, dtype=places.dtype)], dim=1)
    return Question(given, places, features, tuple(asked), hows(state))


def hows(state: LanguageModel) -> tuple[Asking, ...]:
    """How each place is asked."""
    if state.how == SAMPLED:
        return tuple(Asking(HOT, TOP_P, seed, state.held) for seed in range(SAMPLES))
    return (Asking(grammar=state.held),)


def answers_of(told: Sequence[Told], ways: int) -> Answers:
    """Replies, ``ways`` of each place side by side, as answers."""
    values: list[float | None] = []
    low: list[float | None] = []
    high: list[float | None] = []
    for at in range(0, len(told), ways):
        there = [one.value for one in told[at : at + ways] if one.value is not None]
        values.append(median(there) if there else None)
        low.append(min(there, default=None))
        high.append(max(there, default=None))
    valid = sum(one.value is not None for one in told)
    return Answers(tuple(values), tuple(low), tuple(high), tuple(told), valid)


class Repeats(NamedTuple):
    """How many of a model's numbers stand in the prompt: as a y, or as the x that was asked."""

    y: int
    x: int


def repeats(question: Question, found: Answers) -> Repeats:
    """How many are repeated to the last digit; an x with another sign counts, too."""
    ways, seen = len(question.hows), {round(y, DECIMALS) for y in question.task.y[0].tolist()}
    asked = question.places[:, : question.features].abs().tolist()
    numbers = [(i // ways, one.value) for i, one in enumerate(found.told) if one.value is not None]
    return Repeats(
        sum(value in seen for _, value in numbers),
        sum(abs(value) in asked[place] for place, value in numbers),
    )


class Beside(NamedTuple):
    """One learner beside the language model, over the places where that gave a number.

    apart: the root mean squared distance of their answers; off: of its answers from the truth,
    None where that is not known; at: its answers, (q,).
    """

    apart: float
    off: float | None
    at: Tensor


@on_compute_thread
def fingerprint(
    question: Question, found: Answers, network: InContextModel
) -> tuple[dict[str, Beside], float | None]:
    """Every other learner beside the language model, and how far that is from the truth itself.

    All are given the same rounded numbers. Without a number there is nothing to compare.
    """
    told = torch.tensor([torch.nan if v is None else v for v in found.values]).double()
    there = ~told.isnan()
    if not bool(there.any()):
        return {}, None
    truth = question.task.truth
    clean = None if truth is None else truth.answer(question.places[None].float())[0].double()

    def off(values: Tensor) -> float | None:
        return None if clean is None else _rms((values - clean)[there])

    answers = _of_others(question, network)
    beside = {
        who: Beside(_rms((values - told)[there]), off(values), values)
        for who, values in answers.items()
    }
    return beside, off(told)


def _of_others(question: Question, network: InContextModel) -> Mapping[str, Tensor]:
    """By learner, its answers at the places, (q,)."""
    x, y, places = question.task.x, question.task.y, question.places[None].float()
    with torch.inference_mode():
        ours = {NETWORK: network.predict(x, y, places)[0].double()}
    return ours | {who: rule.predict(x, y, places)[0].double() for who, rule in RULES.items()}


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())
