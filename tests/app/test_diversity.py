"""Memorise or learn: what the page says of a prompt, and of the stored figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from icl_core import load_model, load_prior
from icl_core.metrics import Gauge, Interval
from icl_core.priors import PoolPrior
from tests.support.known import known
from tests.support.pages import by_hand, opened
from ui.answers.solve import Solved, solve
from ui.diversity import charts, words
from ui.diversity.figures import STUDY
from ui.diversity.learners import ALL, LEARNER, MEMORISER, OTHERS, learners
from ui.diversity.numbers import Remembered, gauge_here, ladder, pool_behind
from ui.diversity.settings import SETTINGS, SIZES, Diversity
from ui.pages import DIVERSITY
from ui.visitor import session
from ui.visitor.methods import NETWORK
from ui.visitor.networks import Network
from ui.visitor.screen import Screen

YOURS = np.array([1.1, 0.2])
"""Slope and offset of a line that is none of the four, but nearer to the first than to others."""
OFF_THE_LINES = Screen(points=tuple((x, 1.1 * x + 0.2) for x in (-2.0, -1.2, -0.3, 0.8, 1.9)))


def solved(tasks: str, screen: Screen = OFF_THE_LINES) -> Solved:
    name = f"lines-{tasks}"
    network = Network(load_model(name), load_prior(name), None)
    return solve(network.fit(screen), network.model, network.prior, who=learners(tasks))


def line_of(found: Solved, who: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Slope and offset of what a learner answers over the plane."""
    x = found.queries[0, :-1, 0].numpy()
    return np.polyfit(x, found.answers[who].at_queries[:-1].numpy(), 1)


# --- on the pad --------------------------------------------------------------------------------


def test_a_network_that_saw_four_lines_gives_one_of_them_where_the_other_follows() -> None:
    found = solved("4")
    pool = known(load_prior("lines-4").pool).double().numpy()
    four, free = (line_of(found, who) for who in (NETWORK, "linesall"))
    remembered = np.linalg.norm(pool - four, axis=1).min()
    assert remembered < 0.5 * np.linalg.norm(four - YOURS)
    assert np.linalg.norm(free - YOURS) < 0.5 * np.linalg.norm(pool - free, axis=1).min()
    here = known(gauge_here(found))
    assert here.tells
    assert here.share.value > 0.75


def test_a_dragged_point_makes_it_jump_to_another_line() -> None:
    pool = known(load_prior("lines-4").pool).double().numpy()

    def on(line: int) -> Screen:
        slope, offset = pool[line]
        return Screen(points=tuple((x, slope * x + offset) for x in (-1.5, -0.5, 0.4, 1.1, 2.0)))

    for line in range(4):
        found = solved("4", on(line))
        assert np.abs(line_of(found, NETWORK) - pool[line]).max() < 0.3
        behind, likeliest = pool_behind(load_prior("lines-4"), found)
        assert known(likeliest).line == line + 1
        assert known(likeliest).share > 0.99
        assert known(behind)["shares"][line] > 0.99


def test_the_learners_between_are_the_posterior_mean_and_ridge() -> None:
    found, law = solved("16"), load_prior("lines-16")
    x, y, queries = found.task.x, found.task.y, found.queries
    for who, rule in ((MEMORISER, law.bayes()), (LEARNER, law.with_free_weights().bayes())):
        told = rule.predict(x.double(), y.double(), queries.double())[0]
        torch.testing.assert_close(found.answers[who].at_queries, told)
    assert {method.id for method in learners("16")} == {NETWORK, MEMORISER, LEARNER, *OTHERS}


def test_who_saw_new_lines_only_has_no_pool_to_know() -> None:
    found = solved(ALL)
    assert {method.id for method in learners(ALL)} == {NETWORK, LEARNER, "lines64"}
    assert gauge_here(found) is None
    assert pool_behind(load_prior("lines-all"), found) == (None, None)
    assert "no pool" in words.said_of_gauge(None, ALL)


@pytest.mark.parametrize("tasks", SIZES[:-1])
def test_pools_of_the_slider_hold_one_another(tasks: str) -> None:
    law, largest = load_prior(f"lines-{tasks}"), load_prior(f"lines-{SIZES[-2]}")
    assert isinstance(law, PoolPrior)
    assert torch.equal(known(law.pool), known(largest.pool)[: int(tasks)])


# --- in words ----------------------------------------------------------------------------------


def gauged(share: float, off: float = 0.1) -> Gauge:
    return Gauge(Interval(share, share, share), 1.0, off)


def test_the_gauge_is_told_in_words_and_not_where_it_says_nothing() -> None:
    assert "it remembers" in words.said_of_gauge(gauged(0.97), "4")
    assert "it learns" in words.said_of_gauge(gauged(0.02), "64")
    assert "wavers" in words.said_of_gauge(gauged(0.5), "16")
    assert "says nothing" in words.said_of_gauge(gauged(0.97, off=1.5), "256")
    assert "says nothing" in words.said_of_gauge(None, "4")


def test_the_faint_lines_are_told_in_words() -> None:
    assert words.said_of_pool("4", Remembered(2, 0.7)).endswith("line 2 with a chance of 70 %.")
    assert words.said_of_pool("4", Remembered(2, 0.999)).endswith("over 99 %.")
    assert words.said_of_pool("1", Remembered(1, 1.0)) == "Its 1 line is drawn faintly."
    assert words.said_of_pool("256", Remembered(9, 0.5)).startswith("The first 64 of its 256 lines")
    assert "No faint lines" in words.said_of_pool(ALL, None)


# --- the stored study --------------------------------------------------------------------------


def test_charts_leave_out_the_gauge_where_it_says_nothing() -> None:
    rows = ladder(STUDY.table, "lines")
    figure = charts.gauges(rows, "lines", dark=False)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    for part, name in (("pool", "lines that it saw"), ("new", "new lines")):
        told = [charts.size_label(r) for r in rows if r.get(part, {}).get("off", 9) < 1]
        assert list(lines[name].x) == told
        assert len(told) >= 4


def test_errors_are_those_of_the_table_in_units_of_the_tasks() -> None:
    rows = ladder(STUDY.table, "tasks")
    figure = charts.errors(rows, "pool", 12, dark=True)
    (network,) = [trace for trace in figure.data if trace.name == "The network"]
    assert "∞" not in network.x
    assert network.y[0] == pytest.approx(rows[0]["pool"]["error"]["network"][12][0] / 8)


# --- the page ----------------------------------------------------------------------------------


def test_the_page_says_the_gauge_and_where_its_figures_come_from() -> None:
    page = opened(DIVERSITY)
    assert not page.exception
    assert [one.label for one in page.metric] == [
        "Gauge, your points",
        "Gauge, lines it saw",
        "Gauge, new lines",
    ]
    assert float(page.metric[0].value) > 0.5
    assert "(" in page.metric[1].value
    assert any("study diversity" in code.value for code in page.code)
    assert not page.warning


def test_a_link_brings_back_network_learners_and_figure() -> None:
    page = opened(DIVERSITY, ym="64", ys="transformer.linesall", ya="pool", yk="3", yn="7")
    assert not page.exception
    expected = Diversity("64", (NETWORK, "linesall"), "pool", 3, 7)
    assert page.session_state["diversity"] == expected
    assert page.select_slider[0].value == "64"
    assert dict(page.query_params) == SETTINGS.codec.to_link(expected)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"ym": "5"}, "lines it saw is none of 1, 2, 4"),
        ({"ys": "transformer.nobody"}, "names a learner that is not on this page"),
        ({"yk": "99"}, "examples seen was moved to 16"),
    ],
)
def test_what_a_link_may_not_say_is_told(link: dict[str, str], sentence: str) -> None:
    page = opened(DIVERSITY, **link)
    assert not page.exception
    assert any(sentence in info.value for info in page.info)


def test_ticks_of_the_pad_are_the_page_s_own_and_points_are_the_visitor_s() -> None:
    with by_hand() as hand:
        page = opened(DIVERSITY)
        changes = {"show": [NETWORK, "lines64"], "points": [[0.5, 1.0], [1.0, 2.0]]}
        hand.send("diversity_pad", {"seq": 3, "final": True, "changes": changes})
        page = page.run()
    assert not page.exception
    assert page.session_state["diversity"].show == (NETWORK, "lines64")
    screen = page.session_state[session.SCREEN]
    assert screen.points == ((0.5, 1.0), (1.0, 2.0))
    assert screen.show == Screen().show
    assert page.session_state[session.NOTICE] is None


def test_a_task_of_eight_features_stays_the_visitor_s() -> None:
    page = opened(DIVERSITY, p="sampled", d="8", i="0", k="20")
    assert not page.exception
    screen = page.session_state[session.SCREEN]
    assert (screen.d, screen.k) == (8, 20)
