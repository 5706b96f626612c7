"""The page that names the algorithm, as Streamlit runs it, and the numbers behind it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.linear_model import Ridge
from streamlit.testing.v1 import AppTest

from icl_core import CheckpointError, load_model, load_prior
from icl_core.checkpoints import load_decoder
from icl_core.studies import STUDIES, read_table
from tests.support.known import known
from tests.support.rendered import Open, run_until
from tests.support.strategies import junk
from ui.algorithm import numbers
from ui.algorithm.fingerprint_table import fingerprint_table
from ui.algorithm.numbers import (
    Fingerprint,
    as_k_grows,
    ask_network,
    candidates_of,
    chosen,
    fingerprint_of,
    on_fresh_tasks,
    own_prompt_note,
    place,
    questions,
    roads,
    roads_on_fresh_tasks,
    rungs,
    tau_of,
)
from ui.algorithm.settings import CODEC, KS, LADDERS, RUNGS, Algorithm
from ui.answers.task import make_task
from ui.visitor.networks import SHIPPED
from ui.visitor.screen import MethodSettings, Screen, to_link

EIGHT = Screen(points=None, d=8, intercept=False, sigma=0.0, k=6)
NEAREST = "Nearest of the rules that the paper compares: **"


@pytest.fixture
def open_algorithm(open_page: Open) -> Open:
    """Follow a link to the page."""

    def run(state: Algorithm = Algorithm(), screen: Screen = Screen()) -> AppTest:  # noqa: B008
        return open_page("algorithm", **to_link(screen), **CODEC.to_link(state))

    return run


# --- the numbers -----------------------------------------------------------------------


@pytest.mark.parametrize("ladder", LADDERS)
def test_every_rung_of_a_ladder_has_a_network_and_a_row(ladder: str) -> None:
    members = rungs(ladder)
    assert len(members) == len(RUNGS[ladder]) == len(on_fresh_tasks(ladder, 6))
    for i, rung in enumerate(RUNGS[ladder]):
        assert chosen(Algorithm(ladder=ladder, **dict[str, Any]({ladder: rung}))) == i
        assert load_decoder(members[i].runs[0]).config.max_dim == 8


def test_rungs_are_what_they_say() -> None:
    layers = [load_decoder(member.runs[0]).config.layers for member in rungs("layers")]
    widths = [load_decoder(member.runs[0]).config.width for member in rungs("width")]
    priors = [load_prior(member.runs[0]) for member in rungs("noise")]
    noises = [(prior.sigmas[0] / prior.tau) ** 2 for prior in priors]
    assert [str(n) for n in layers] == list(RUNGS["layers"])
    assert [str(n) for n in widths] == list(RUNGS["width"])
    assert noises == pytest.approx([0, 1 / 16, 1 / 9, 1 / 4, 4 / 9])


def test_on_fresh_tasks_the_page_shows_the_stored_study() -> None:
    stored = read_table("fig3-depth")["members"][2]
    found = on_fresh_tasks("layers", 6)[2]
    i = stored["by_k"]["ks"].index(6)
    ols = found.spd["OLS"]
    assert ols.value == stored["by_k"]["spd"]["OLS"]["value"][i]
    assert ols.low is not None
    assert ols.high is not None
    assert ols.low <= ols.value <= ols.high
    assert found.nearest == min(candidates_of("layers"), key=lambda rule: found.spd[rule].value)
    ks, grown = as_k_grows("layers", 2)
    assert grown[ks.index(6)] == found


def test_on_the_visitors_prompt_distances_are_those_of_scikit_learn() -> None:
    task = make_task(EIGHT)
    asked = questions(EIGHT, task, (3, 6))
    found = ask_network("depth-4", asked, candidates_of("layers"))
    for fingerprint, k in zip(found, asked.ks, strict=True):
        x, y = task.x[0, :k].double().numpy(), task.y[0, :k].double().numpy()
        queries = asked.queries[0].double().numpy()
        ridge = queries @ Ridge(alpha=0.5, fit_intercept=False).fit(x, y).coef_
        told = load_model("depth-4").predict(task.x[:, :k], task.y[:, :k], asked.queries)[0]
        expected = np.mean((told.double().numpy() - ridge) ** 2) / 8
        assert fingerprint.spd["ridge 0.5"].value == pytest.approx(expected, rel=1e-4)
        assert fingerprint.spd["ridge 0.5"].low is None


def test_the_flagship_lies_nearest_to_its_own_bayes_on_a_line() -> None:
    screen = Screen()
    (found,) = ask_network(
        SHIPPED, questions(screen, make_task(screen), (7,)), candidates_of(SHIPPED)
    )
    assert found.spd["exact Bayes"].value == min(d.value for d in found.spd.values())
    lam, far = found.closest("ridge")
    assert far <= found.spd["ridge 0.1"].value
    assert 0.001 <= lam <= 100


def test_a_deeper_network_lies_closer_to_least_squares() -> None:
    far = [fingerprint.spd["OLS"].value for fingerprint in on_fresh_tasks("layers", 7)]
    assert far[-1] < far[2] < far[0]


def test_roads_lead_to_least_squares_and_start_at_a_step() -> None:
    found = roads(questions(EIGHT, make_task(EIGHT), (6,)), load_prior("depth-4"), 1.0)
    landmarks = {p.name: p for p in found["landmarks"]}
    assert landmarks["OLS"].x.value == pytest.approx(0, abs=1e-6)
    assert landmarks["GD best rate"].y.value == pytest.approx(0, abs=1e-6)
    assert found["GD"][0].y.value < 0.5 * found["GD"][-1].y.value
    assert found["ridge"][0].x.value < 0.1 * found["ridge"][-1].x.value
    assert found["Newton"][-1].x.value < found["Newton"][0].x.value


def test_a_place_on_the_map_is_the_root_of_its_distances() -> None:
    found = fingerprint_of(read_table("fig3-depth")["members"][0], 6, candidates_of("layers"))
    here = place("one", found, 1.0)
    assert here.x.value**2 == pytest.approx(found.spd["OLS"].value)
    assert here.y.high is not None
    assert here.y.high**2 == pytest.approx(found.spd["GD best rate"].high)
    fresh = {p.name: p for p in roads_on_fresh_tasks("depth-1", 6)["landmarks"]}
    assert here.x.value == pytest.approx(fresh["always 0"].x.value, rel=0.2)


def test_larger_tasks_put_no_network_farther_out() -> None:
    """1/9 has τ = 1.5: in units of τ its network is no worse than its neighbours."""
    found = on_fresh_tasks("noise", 6)
    taus = [tau_of(member.runs[0]) for member in rungs("noise")]
    assert sorted(taus) == [0.75, 1.0, 1.0, 1.0, 1.5]
    out = [place("", f, tau).x.value for f, tau in zip(found, taus, strict=True)]
    assert out == sorted(out)
    asked = questions(EIGHT, make_task(EIGHT), (6,))
    plain = {p.name: p for p in roads(asked, load_prior("noise-1-9"), 1.0)["landmarks"]}
    halved = {p.name: p for p in roads(asked, load_prior("noise-1-9"), 2.0)["landmarks"]}
    assert halved["OLS"].y.value == pytest.approx(plain["OLS"].y.value / 2)


def test_what_has_not_learned_and_what_ends_at_an_edge_is_known() -> None:
    shallow, deep = (on_fresh_tasks("layers", 6)[i] for i in (0, -1))
    assert not shallow.has_learned
    assert "ridge" in shallow.open_ends
    assert deep.has_learned
    edge = Fingerprint({}, {}, 1.0, {"GD": ([1.0, 2.0], [0.1, 0.2])}, ())
    assert edge.open_ends == []


def test_who_is_asked_something_it_was_never_taught_is_said() -> None:
    assert own_prompt_note(EIGHT, "layers") is None
    assert "yours has 2, one of them constant" in known(own_prompt_note(Screen(), "noise"))
    assert own_prompt_note(Screen(), SHIPPED) is None


@pytest.mark.parametrize("dark", [True, False])
def test_the_fingerprint_is_a_table_with_the_nearest_first_among_candidates(dark: bool) -> None:
    found = on_fresh_tasks("noise", 6)[3]
    html = fingerprint_table(found, dark)
    assert html.count('scope="row"') >= 12
    assert html.count("← nearest compared") == 1
    assert f"{found.nearest} ← nearest" in html


# --- the settings ------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=1000)
@given(junk)
def test_no_link_breaks_the_page(parameters: Any) -> None:
    if isinstance(parameters, dict):
        state, _ = CODEC.from_link({str(key): value for key, value in parameters.items()})
        assert CODEC.from_link(CODEC.to_link(state)) == (state, [])


def test_the_keys_of_the_page_differ_from_those_of_the_prompt() -> None:
    everything = Screen(
        points=None, d=3, k=4, seed=9, sigma=0.0, layer=2, settings=MethodSettings(lam=0.1)
    )
    assert not {row.key for row in CODEC.table} & set(to_link(everything))
    assert len({row.key for row in CODEC.table}) == len(CODEC.table)


# --- the page ------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("ladder", LADDERS)
def test_it_opens_on_fresh_tasks(open_algorithm: Open, ladder: str) -> None:
    page = open_algorithm(Algorithm(ladder=ladder, k=KS[-1]))
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert any(NEAREST in text.value for text in page.markdown)
    assert len(page.get("plotly_chart")) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("screen", [Screen(), EIGHT, Screen(d=1), Screen(points=None, d=5)])
@pytest.mark.parametrize("ladder", ["layers", SHIPPED])
def test_it_opens_on_the_visitors_prompt(open_algorithm: Open, screen: Screen, ladder: str) -> None:
    page = open_algorithm(Algorithm(ladder=ladder, on="mine"), screen)
    assert not page.exception
    assert not page.error
    assert bool(page.warning) == bool(own_prompt_note(screen, ladder))
    assert any(NEAREST in text.value for text in page.markdown)


def test_one_click_leads_to_a_task_that_the_networks_know(open_algorithm: Open) -> None:
    page = open_algorithm(Algorithm(on="mine"))
    (button,) = [b for b in page.button if b.label == "Give it 8 features"]
    page = button.click().run()
    assert not page.exception
    assert not page.warning
    assert page.session_state["screen"].d == 8
    assert page.query_params["d"] == "8"


def test_without_an_example_it_says_what_to_do(open_algorithm: Open) -> None:
    page = open_algorithm(Algorithm(on="mine"), Screen(points=()))
    assert not page.exception
    assert any("no example yet" in note.value for note in page.info)


@pytest.mark.slow
@pytest.mark.parametrize("figure", [*STUDIES, "claims"])
def test_every_figure_has_its_words_its_command_and_its_numbers(
    open_algorithm: Open, figure: str
) -> None:
    page = open_algorithm(Algorithm(figure=figure, measure="ilwd"))
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert any("python -m icl_core study" in code.value for code in page.code)
    if figure != "claims":
        (told,) = [text.value for text in page.markdown if "We measured" in text.value]
        measured = [c for c in read_table("claims")["claims"] if c["measured"] in told]
        own = [c for c in read_table("claims")["claims"] if c["study"] == figure]
        assert measured == own


def test_a_missing_table_is_a_sentence_and_the_rest_works(
    open_algorithm: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise CheckpointError("The table is missing. Make it with: python -m icl_core study all")

    monkeypatch.setattr(numbers, "stored", missing)
    page = open_algorithm(Algorithm(ladder=SHIPPED))
    assert not page.exception
    assert any(NEAREST in text.value for text in page.markdown)


def test_a_table_of_other_weights_says_so(
    open_algorithm: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.algorithm.figures.is_current", lambda table: False)
    page = open_algorithm()
    assert not page.exception
    assert any("weights have changed" in note.value for note in page.warning)


def test_junk_in_the_link_is_one_sentence(open_page: Open) -> None:
    page = open_page("algorithm", al="magic", ak="many")
    assert not page.exception
    assert any("what differs" in note.value and "examples" in note.value for note in page.info)


@pytest.mark.slow
def test_a_figure_is_run_again_in_the_background_on_the_visitors_seed(
    open_algorithm: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "RERUN_TASKS", 4)
    page = open_algorithm(Algorithm(figure="fig3-width", again=77))
    (button,) = [b for b in page.button if b.label.startswith("Run it again")]
    page = button.click().run()
    run_until(page, lambda: numbers.known_rerun("fig3-width", 77))
    rerun = numbers.known_rerun("fig3-width", 77)
    assert rerun is not None
    assert rerun["tasks"] == 4
    assert any("seed 77" in note.value for note in page.success)


def test_running_again_can_be_cancelled(open_algorithm: Open) -> None:
    page = open_algorithm(Algorithm(figure="fig1", again=78))
    (button,) = [b for b in page.button if b.label.startswith("Run it again")]
    page = button.click().run()
    (cancel,) = [b for b in page.button if b.label == "Cancel"]
    page = cancel.click().run()
    assert not page.exception
    assert any(b.label.startswith("Run it again") for b in page.button)
    assert numbers.known_rerun("fig1", 78) is None
