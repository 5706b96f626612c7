"""Draw any curve: who answers what, what is believed, and what the page makes of a gesture."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from icl_core import load_model
from icl_core.evaluation import with_constant
from icl_core.predictors.features import PolynomialFit
from icl_core.predictors.processes import ProcessMixture
from icl_core.predictors.trained_net import TrainedNet
from icl_core.priors import CurvePrior
from icl_core.probes.band import load_band
from tests.support.known import known
from tests.support.pages import by_hand, opened
from tests.support.rendered import pad_of
from tests.support.rendered import words as words_of
from ui.answers.payload import truth_style
from ui.answers.solve import Solved, solve
from ui.curves import bands_view, charts, classes_view, inside_view, words
from ui.curves.belief_table import belief_table
from ui.curves.figures import STUDY, row_of
from ui.curves.functions import ANY, FAMILY_NAMES, SHAPES, SOURCES, curve_task
from ui.curves.learners import kernel_of, learners
from ui.curves.numbers import GRID, answered, believed, of_each_family, own_band
from ui.curves.settings import BAYES, IDS, LINE_NETWORK, NET, OPENING, SETTINGS, Curves
from ui.curves.words import said_of_belief, said_of_excess
from ui.pages import CURVES
from ui.visitor import session
from ui.visitor.methods import NETWORK
from ui.visitor.networks import Network
from ui.visitor.screen import EXAMPLE, Screen, write_points

LAW = CurvePrior()
SAMPLED = Screen(points=None, d=1, intercept=False, sigma=0.1, k=10, seed=3)


def solved(source: str = "sine", screen: Screen = SAMPLED, state: Curves | None = None) -> Solved:
    return solve(
        screen,
        load_model("curves"),
        LAW,
        who=learners(state or Curves()),
        task=curve_task(screen, source, LAW),
        grid=GRID,
    )


def curve_of(found: Solved, who: str) -> torch.Tensor:
    """What a learner answers over the middle of the plane, where there are points."""
    return found.answers[who].at_queries[5:56]


# --- on the pad ----------------------------------------------------------------------------


def test_on_a_sine_of_ten_points_network_and_bayes_agree_and_the_line_network_fails() -> None:
    found = solved()
    truth, bayes = known(found.truth)[5:56], curve_of(found, BAYES)
    size = float(truth.square().mean())
    off = {who: float((curve_of(found, who) - truth).square().mean()) for who in IDS}
    assert off[BAYES] < 0.1 * size
    assert off[NETWORK] < 0.1 * size
    assert float((curve_of(found, NETWORK) - bayes).square().mean()) < 0.05 * size
    assert off[LINE_NETWORK] > 0.5 * size


def test_the_line_network_is_the_playground_s_on_x_and_a_constant() -> None:
    found = solved()
    x, y = found.task.x, found.task.y
    asked = with_constant(found.queries[..., 0])
    direct = load_model("playground").predict(with_constant(x[..., 0]), y, asked)
    told = found.answers[LINE_NETWORK]
    # Straight between 16 abscissae, 50 px a unit: the line is right to a quarter of a pixel.
    np.testing.assert_allclose(told.at_queries, direct[0].double(), atol=0.005)
    np.testing.assert_allclose(told.at_queries[-1], float(direct[0, -1]), atol=1e-5)
    following = load_model("playground").predict_next(with_constant(x[..., 0]), y)
    np.testing.assert_allclose(told.following, following[0].double(), atol=1e-5)


def test_what_is_set_of_a_learner_is_what_answers() -> None:
    state = Curves(length=0.3, size=2.0, noise=0.5, degree=2, neighbours=1)
    found, usual = solved(state=state), solved()
    for who in ("process", "polynomial", "knn"):
        assert not torch.allclose(curve_of(found, who), curve_of(usual, who))
    x, y, queries = found.task.x, found.task.y, found.queries
    mine = ProcessMixture((kernel_of(state),), (0.5,)).predict(x, y, queries)[0]
    np.testing.assert_allclose(found.answers["process"].at_queries, mine.double(), atol=1e-6)
    parabola = np.polyfit(x[0, :, 0].double(), y[0].double(), 2)
    expected = np.polyval(parabola, queries[0, :, 0].double())
    np.testing.assert_allclose(found.answers["polynomial"].at_queries, expected, atol=1e-3)
    assert "period=3.0" in str(kernel_of(replace(state, period=3.0)))


def test_a_polynomial_goes_through_as_many_points_as_it_has_terms() -> None:
    x = torch.tensor([[[-2.0], [-0.5], [1.0], [2.5]]]).double()
    y = torch.tensor([[1.0, -1.0, 0.5, 2.0]]).double()
    torch.testing.assert_close(PolynomialFit(3).predict(x, y, x), y, atol=1e-9, rtol=0)
    following = PolynomialFit(0).predict_next(x, y)
    torch.testing.assert_close(following, torch.tensor([[0.0, 1.0, 0.0, 1 / 6]]).double())
    with pytest.raises(ValueError, match="x has 2 features"):
        PolynomialFit(1).predict(torch.zeros(1, 2, 2), torch.zeros(1, 2), torch.zeros(1, 1, 2))
    with pytest.raises(ValueError, match="degree must be a whole number"):
        PolynomialFit(-1)


def test_who_is_not_ticked_is_not_asked_and_the_others_answer_the_same() -> None:
    network, state = Network(load_model("curves"), LAW, None), Curves(show=(NETWORK, "process"))
    found, band, told = answered(SAMPLED, network, replace(state, source="sine"), LAW)
    assert set(found.answers) == {NETWORK, BAYES, "process"}
    whole = solved()
    for who in found.answers:
        torch.testing.assert_close(curve_of(found, who), curve_of(whole, who))
    others, beliefs = believed(whole)
    assert band == others
    assert told.last == beliefs.last


def test_the_net_is_trained_at_rest_and_not_while_a_point_moves() -> None:
    network, state = Network(load_model("curves"), LAW, None), Curves("sine", show=(BAYES, NET))
    dragged, _, _ = answered(SAMPLED, network, state, LAW, moving=True)
    assert set(dragged.answers) == {NETWORK, BAYES}
    rest, _, _ = answered(SAMPLED, network, state, LAW)
    direct = TrainedNet().predict(rest.task.x, rest.task.y, rest.queries)[0]
    torch.testing.assert_close(rest.answers[NET].at_queries.float(), direct)
    with by_hand() as hand:
        page = opened(CURVES, fs="bayes.trainednet", p="sampled", ff="sine", k="10")
        for final in (False, True):
            message = {"seq": 1 + final, "final": final, "changes": {"query": 0.5 + final}}
            hand.send("curves_pad", message)
            page.run()
            assert page.session_state[session.MOVING] == (not final)
            assert not page.exception
    assert NET in pad_of(opened(CURVES, fs="bayes.trainednet"))["curves"]


# --- the points --------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_a_truth_and_points_around_it(source: str) -> None:
    task = curve_task(SAMPLED, source, LAW)
    clean = known(task.clean)
    assert task.x.shape == (1, 10, 1)
    assert float((task.y - clean).std()) == pytest.approx(0.1, rel=0.7)
    more = curve_task(replace(SAMPLED, k=25), source, LAW)
    assert torch.equal(more.x[:, :10], task.x)
    assert torch.equal(more.y[:, :10], task.y)
    quiet = curve_task(replace(SAMPLED, sigma=0.0), source, LAW)
    assert torch.equal(quiet.y, clean)
    gaps = task.x[0, :, 0].sort().values.diff()
    assert float(gaps.max()) < 1.2
    other = curve_task(replace(SAMPLED, seed=4), source, LAW)
    assert not torch.equal(other.y, task.y)
    assert truth_style(solved(source)).label == "True curve"


def test_a_visitor_s_own_points_have_no_known_truth() -> None:
    own = replace(SAMPLED, points=((0.5, 1.0), (1.5, -1.0)))
    task = curve_task(own, "sine", LAW)
    assert task.truth is None
    assert task.x[0, :, 0].tolist() == [0.5, 1.5]


def test_shapes_are_themselves() -> None:
    x = torch.tensor([-1.5, -0.5, 0.5, 1.5])
    told = {name: function(x).tolist() for name, (_, function) in SHAPES.items()}
    assert told["step"] == [-1.5, -1.5, 1.5, 1.5]
    assert told["v"] == pytest.approx([0.25, -1.25, -1.25, 0.25])
    assert told["staircase"] == pytest.approx([-1.8, -0.6, 0.6, 1.8])
    assert told["sine"] == pytest.approx(list(2 * np.sin(1.5 * x.numpy())))


# --- what is believed -----------------------------------------------------------------------------


def test_the_belief_is_bayes_own_and_the_band_holds_its_mean() -> None:
    found = solved("periodic-3", replace(SAMPLED, k=25))
    band, told = believed(found)
    assert told.shares.shape == (7, 26)
    torch.testing.assert_close(told.shares.sum(0), torch.ones(26).double())
    torch.testing.assert_close(told.shares[:, 0], torch.full((7,), 1 / 7).double())
    assert list(FAMILY_NAMES)[told.last.index(max(told.last))] == "periodic-3"
    (low, high), (least, most) = (np.array(pair) for pair in band["edges"])
    mean = found.answers[BAYES].at_queries[:-1]
    assert low.shape == (GRID,)
    assert (low <= least).all()
    assert (least <= most).all()
    assert (most <= high).all()
    assert (low - 1e-3 <= mean.numpy()).all()
    assert (mean.numpy() <= high + 1e-3).all()
    posterior = LAW.bayes().posterior(found.task.x, found.task.y, found.queries[:, :-1])
    each = of_each_family(posterior)[0]
    alone = LAW.of("cubic").bayes().predict(found.task.x, found.task.y, found.queries[:, :-1])
    torch.testing.assert_close(each[1].float(), alone[0], atol=1e-4, rtol=1e-4)
    network = found.answers[NETWORK].at_queries[:-1]
    apart = float((network - mean).square().mean().sqrt())
    assert told.off_bayes == pytest.approx(apart, rel=1e-4)
    assert float(told.off.min()) < 2 * told.off_bayes + 0.1


def test_the_network_s_own_band_holds_its_answer_and_is_shown_where_it_is_asked_for() -> None:
    found = solved()
    told = own_band(found, load_band("curves"))
    (low, high), (least, most) = (np.array(pair) for pair in told["edges"])
    answer = found.answers[NETWORK].at_queries[:-1].numpy()
    assert (low <= least).all()
    assert (least <= most).all()
    assert (most <= high).all()
    assert float(((low <= answer) & (answer <= high)).mean()) > 0.9
    few = own_band(solved(screen=replace(SAMPLED, k=1)), load_band("curves"))
    wide = np.subtract(*few["edges"][0][::-1])
    assert float(np.median(wide)) > 3 * float(np.median(high - low)), "surer of more points"
    page = opened(CURVES, p="sampled", ff="sine", k="10", s="0.1", n="3", fb="1")
    assert pad_of(page)["outline"] == told
    assert pad_of(page)["link"]["fb"] == "1"
    page.toggle[0].set_value(False).run()
    assert pad_of(page)["outline"] is None


def test_how_sure_it_is_is_drawn_and_said_from_the_table() -> None:
    table = bands_view.STUDY.table
    row = table["members"][0]
    figure = charts.sure(row, table["ks"], "90", dark=False)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert list(lines["The network's own"].y) == [one[0] for one in row["within"]["90"]["network"]]
    assert set(lines["As it says"].y) == {0.9}
    frame = bands_view.by_noise(table)
    assert list(frame["noise"]) == list(words.LEVEL_NAMES.values())
    page = opened(CURVES)
    assert words.said_of_bands(table) in words_of(page)
    assert words.said_of_bands(table) not in words_of(opened(CURVES, th="sure"))
    off = {
        "members": [
            {**one, "within_all": {band: {"network": [0.4, 0.4, 0.4]} for band in ("50", "90")}}
            for one in table["members"]
        ]
    }
    assert words.said_of_bands(off).startswith("**Not quite.**")


def test_the_table_and_the_sentence_say_what_is_believed() -> None:
    _, told = believed(solved("line", replace(SAMPLED, k=12)))
    html, said = belief_table(told), said_of_belief(told, 12)
    shares = [int(one) for one in re.findall(r">(\d+) %<", html)]
    assert shares == [round(100 * share) for share in told.last]
    assert html.count("← nearest") == 1
    assert html.count("<i style") == 7 * 13
    assert "Exact Bayes believes most in **line**" in said
    _, none = believed(solved("line", replace(SAMPLED, k=0)))
    assert said_of_belief(none, 0).startswith("No points yet")
    _, many = believed(solved("line", replace(SAMPLED, k=40)))
    assert belief_table(many).count("<i style") == 7 * 21


# --- the page ---------------------------------------------------------------------------------


def test_the_page_takes_a_gesture_a_source_and_a_learner() -> None:
    with by_hand() as hand:
        page = opened(CURVES, p="sampled", ff="sine", k="10", s="0.1")
        assert not page.exception
        assert page.session_state["curves"].source == "sine"
        hand.send("curves_pad", {"seq": 1, "final": True, "changes": {"show": [NETWORK, "knn"]}})
        page.run()
        assert page.session_state["curves"].show == (NETWORK, "knn")
        drawn = [[0.5, 1.0], [1.5, -1.0]]
        message = {"points": drawn, "line": None, "d": 1, "intercept": True, "sigma": 0.1}
        hand.send("curves_pad", {"seq": 2, "final": True, "changes": message})
        page.run()
        kept = page.session_state[session.SCREEN]
        assert kept.points == ((0.5, 1.0), (1.5, -1.0))
        assert (kept.d, kept.intercept) == (2, True), "the playground's task stays a line"
        assert not page.exception
    page.button_group[0].set_value("bump").run()
    assert page.session_state["curves"].source == "bump"
    assert page.session_state[session.SCREEN].points is None
    assert SETTINGS.codec.from_link({"ff": "bump", "fs": "bayes"})[0].show == (BAYES,)


@pytest.mark.parametrize("link", [{}, {"th": "kinds"}])
def test_the_page_opens_on_ten_points_of_a_sine(link: dict[str, str]) -> None:
    page = opened(CURVES, **link)
    assert page.session_state[session.SCREEN] == OPENING
    assert page.session_state["curves"].source == "sine"
    assert pad_of(page)["link"]["ff"] == "sine"


def test_a_link_that_says_what_to_show_is_not_changed_to_the_sine() -> None:
    for link in ({"p": write_points(EXAMPLE)}, {"fd": "7"}):
        page = opened(CURVES, **link)
        assert page.session_state[session.SCREEN] == Screen()
        assert pad_of(page)["link"] == link


def test_a_line_that_was_set_on_the_playground_stays_there() -> None:
    with by_hand() as hand:
        page = opened(CURVES, p="sampled", l="0.6,0.2")
        before = page.session_state[session.SCREEN].line
        changes = {"line": None, "seed": 8, "points": None}
        hand.send("curves_pad", {"seq": 1, "final": True, "changes": changes})
        page.run()
        assert page.session_state[session.SCREEN].line == before == (0.6, 0.2)
        assert page.session_state[session.SCREEN].seed == 8


def test_the_stored_errors_are_drawn_with_their_bands_and_said() -> None:
    table = STUDY.table
    row = row_of(table, "cubic", "noisy")
    figure = charts.errors(row, table["ks"], dark=False)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert len(figure.data) == 2 * len(lines) == 2 * len(row["error"])
    assert all(max(trace.y, default=0) <= charts.HIGHEST for trace in figure.data), "no wedge"
    assert list(lines["Exact Bayes"].y) == [bounds[0] for bounds in row["error"]["bayes"]]
    assert said_of_excess({"pooled": None}).startswith("Exact Bayes makes no error")
    page = opened(CURVES, fy="cubic", fz="noisy")
    assert not page.exception
    said = " ".join(str(one.value) for one in page.markdown)
    assert said_of_excess(row) in said


def test_a_teacher_leaves_the_belief_out() -> None:
    whole, less = opened(CURVES), opened(CURVES, th="belief")
    shown, left = (" ".join(str(one.value) for one in page.markdown) for page in (whole, less))
    assert "Exact Bayes believes most" in shown
    assert "Exact Bayes believes most" not in left


def test_any_source_is_a_family_of_the_law() -> None:
    assert set(SOURCES) == {ANY, *LAW.families, *SHAPES}


def test_a_class_of_many_features_is_drawn_from_its_table_said_and_asked_afresh() -> None:
    table = classes_view.STUDY.table
    classes_view.STUDY.keep(77, table)
    page = opened(CURVES, fc="tree", fg="77")
    assert not page.exception
    row = classes_view.row_of_class(table, "tree")
    said = words.said_of_class(row, table["ks"])
    assert said in words_of(page)
    assert words.verdict(row, table["ks"]) in words_of(page)
    assert "greedy tree, told the signs" in said
    figure = charts.of_class(row, table["ks"], dark=False)
    lines = [trace.name for trace in figure.data if trace.name]
    assert len(lines) == len(row["error"])
    assert "fresh prompts (seed 77)" in page.success[0].value
    drawn = [one.proto.alt for one in page.get("plotly_chart")]
    assert drawn.count(classes_view.ALT) == 2, "stored, and on fresh tasks"
    assert words.MANY not in words_of(opened(CURVES, th="classes"))


def test_where_a_network_is_sure_to_be_better_is_said_by_the_intervals() -> None:
    shares = {"OLS": [[0.5, 0.4, 0.6], [1.0, 0.9, 1.1], [2.0, 1.5, 2.5]], "3-NN": [[1, 0.9, 2]] * 3}
    never = {"floor": [None] * 3, "zero": [[1, 1, 1]] * 3}
    said = words.said_of_class({"share": {**shares, **never}}, (2, 4, 8))
    assert "- OLS: below after 2; above after 8." in said
    assert "- 3-NN: no sure difference." in said
    assert "- the floor: above after 2, 4, 8." in said


def test_what_is_said_of_a_class_is_what_its_figures_say() -> None:
    table = classes_view.STUDY.table
    at = {k: i for i, k in enumerate(table["ks"])}
    rows = {row["label"]: row["share"] for row in table["members"]}
    assert rows["sparse"]["Lasso"][at[8]][1] > 1
    assert rows["sparse"]["OLS"][at[40]] is None
    assert rows["relu"]["floor"][at[8]][1] <= 1
    assert rows["relu"]["floor"][at[40]][1] > 1
    low, high = rows["relu"]["trained net"][at[40]][1:]
    assert low < 1 < high
    assert rows["tree"]["greedy tree, told the signs"][at[16]][2] < 1
    assert rows["tree"]["floor"][at[40]][1] > 1


def test_what_is_told_inside_is_drawn_and_said() -> None:
    table = inside_view.STUDY.table
    figure = charts.told(table, dark=False)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    told = [row["right"]["trained"][-1][0] for row in table["members"]]
    assert list(lines["Probe of the network"].y) == told
    assert set(lines["Exact Bayes"].y) == {table["bayes"][-1][0]}
    said = words.said_inside(table)
    assert f"layer {told.index(max(told))} names the kind on {100 * max(told):.0f} %" in said
    best = table["members"][told.index(max(told))]["right"]["trained"][-1]
    assert best[1] > max(row["right"]["random"][-1][2] for row in table["members"])
    assert best[2] < table["bayes"][-1][1], "in part"
    assert said in words_of(opened(CURVES))
