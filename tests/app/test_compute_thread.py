"""The one thread on which all answers are computed, in order of arrival."""

import threading
from typing import Any

import pytest

from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts
from tests.support.waiting import eventually
from ui.answers import solve
from ui.answers.payload import pad_payload
from ui.visitor import methods
from ui.visitor.screen import Screen
from ui.work import compute_thread
from ui.work.compute_thread import on_compute_thread

WHERE = on_compute_thread(threading.get_ident)


def test_whoever_asks_is_answered_on_the_same_thread() -> None:
    said = []
    asking = [threading.Thread(target=lambda: said.append(WHERE())) for _ in range(5)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(10)
    assert len(said) == 5
    assert set(said) == {WHERE()}
    assert threading.get_ident() not in said


def test_answers_are_computed_there(model: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def noted(*asked: Any) -> list[solve.Answer]:
        seen.append(threading.get_ident())
        return answer(*asked)

    answer = solve._answer
    monkeypatch.setattr(solve, "_answer", noted)
    solve.solve(Screen(), model)
    assert set(seen) == {WHERE()}
    assert len(seen) == len(methods.ids())


def test_all_that_the_pad_draws_takes_one_visit(
    model: Transformer, readouts: LayerReadouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = []

    def noted(*asked: Any, **named: Any) -> Any:
        visits.append(asked)
        return submit(*asked, **named)

    submit = compute_thread._thread.submit
    monkeypatch.setattr(compute_thread._thread, "submit", noted)
    for screen in (Screen(), Screen(points=None, intercept=False)):
        pad_payload(solve.solve(screen, model, readouts=readouts))
    assert len(visits) == 2


def test_nobody_is_asked_twice(
    model: Transformer, readouts: LayerReadouts, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []

    def noted(*asked: Any, **named: Any) -> Any:
        passes.append(asked)
        return decode(*asked, **named)

    decode = model._decode
    monkeypatch.setattr(model, "_decode", noted)
    for screen in (Screen(), Screen(points=None, intercept=False), Screen(points=None, d=5)):
        pad_payload(solve.solve(screen, model, readouts=readouts))
    assert len(passes) == 3


def test_what_runs_on_it_may_ask_again() -> None:
    ask = on_compute_thread(WHERE)
    assert ask() == WHERE()


def test_a_refusal_reaches_who_asked_and_the_thread_goes_on() -> None:
    @on_compute_thread
    def refuse() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        refuse()
    assert WHERE() == WHERE()


def test_first_come_first_served() -> None:
    served, gate = list[int](), threading.Event()
    busy = threading.Thread(target=on_compute_thread(gate.wait), args=(10,))
    busy.start()
    queue = []
    for number in range(8):
        thread = threading.Thread(target=on_compute_thread(served.append), args=(number,))
        thread.start()
        queue.append(thread)
        eventually(lambda: compute_thread._thread._work_queue.qsize() > number)  # noqa: B023
    gate.set()
    for thread in [busy, *queue]:
        thread.join(10)
    assert served == list(range(8))
