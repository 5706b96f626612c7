"""The one thread on which all answers are computed, in order of arrival."""

import threading

import pytest

from ui.answers import solve
from ui.visitor.screen import Screen
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


def test_answers_are_computed_there(model, monkeypatch) -> None:
    seen = []

    def noted(*asked):
        seen.append(threading.get_ident())
        return ask_all(*asked)

    ask_all = solve.ask_all
    monkeypatch.setattr(solve, "ask_all", noted)
    solve.solve(Screen(), model)
    assert seen == [WHERE()]


def test_what_runs_on_it_may_ask_again() -> None:
    ask = on_compute_thread(WHERE)
    assert ask() == WHERE()


def test_a_refusal_reaches_who_asked_and_the_thread_goes_on() -> None:
    @on_compute_thread
    def refuse():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        refuse()
    assert WHERE() == WHERE()


def test_first_come_first_served() -> None:
    served, gate = [], threading.Event()
    busy = threading.Thread(target=on_compute_thread(lambda: gate.wait(10)))
    busy.start()
    queue = []
    for number in range(8):
        thread = threading.Thread(target=on_compute_thread(served.append), args=(number,))
        thread.start()
        queue.append(thread)
        thread.join(0.05)  # it is in the queue by then
    gate.set()
    for thread in [busy, *queue]:
        thread.join(10)
    assert served == list(range(8))
