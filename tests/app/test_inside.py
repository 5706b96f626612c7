"""The page that looks inside, as Streamlit runs it, and the numbers behind it."""

import json
import shlex
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from streamlit.testing.v1 import AppTest

import icl_core.checkpoints as checkpoints
from icl_core import load_prior
from icl_core.__main__ import main
from icl_core.checkpoints import load_decoder
from icl_core.interventions.edits import Keep, ablate
from icl_core.interventions.patch import patch_map
from icl_core.interventions.steering import KINDS, SteerCurve
from icl_core.models.transformer import Transformer
from icl_core.predictors.spectrum import spectrum
from icl_core.probes.readouts import LayerReadouts
from icl_core.probes.targets import READS, TARGETS, bayes_weights, weight_targets
from icl_core.probes.weights import MODELS, WeightProbes, load_weight_probes
from icl_core.studies import is_current, read_table
from tests.support.known import weights_of
from tests.support.rendered import Open, component_of, run_until
from tests.support.strategies import junk
from ui.answers.solve import solve
from ui.answers.task import make_task, prior_of
from ui.inside import causal, words
from ui.inside.heads import board
from ui.inside.numbers import (
    attention_of,
    coordinate_names,
    heads_said,
    live_readings,
    nearest_rules,
    pair_of,
    patch_commands,
    query_of,
    said_of_scores,
    said_of_steering,
    steered,
)
from ui.inside.settings import CHECKPOINTS, CODEC, Inside, heads_word
from ui.visitor import session
from ui.visitor.screen import MethodSettings, Screen, to_link

FIVE = Screen(points=None, d=5, intercept=False, sigma=0.0, k=24)


@pytest.fixture(scope="module")
def probes() -> WeightProbes:
    """Those for any d, which read a task of five features."""
    return load_weight_probes("playground")


@pytest.fixture(scope="module")
def line_probes() -> WeightProbes:
    """Those for a line with an offset."""
    return load_weight_probes("playground", "d2i")


@pytest.fixture
def open_inside(open_page: Open) -> Open:
    """Follow a link to the page."""

    def run(inside: Inside = Inside(), screen: Screen = Screen()) -> AppTest:  # noqa: B008
        return open_page("inside", **to_link(screen), **CODEC.to_link(inside))

    return run


def component(page: AppTest, name: str) -> Any:
    found = [node for node in page.get("bidi_component") if node.proto.component_name == name]
    return json.loads(found[0].proto.json) if found else None


def test_everything_that_can_be_read_has_a_name() -> None:
    assert set(words.TARGET_NAMES) == set(TARGETS)
    assert set(words.READ_NAMES) == set(READS)
    assert tuple(words.SCORED_NAMES) == MODELS
    assert tuple(words.NETWORK_NAMES) == CHECKPOINTS


# --- the board of heads -------------------------------------------------------------


def board_of(model: Transformer, screen: Screen = Screen(), **settings: Any) -> dict[str, Any]:  # noqa: B008
    return board(solve(screen, model), model, Inside(**settings), moving=False)


def drawn(made: dict[str, Any]) -> dict[str, Any]:
    return {line["name"]: np.array(line["y"]) for line in made["lines"]}


def pairing_of(made: dict[str, Any]) -> str:
    score = np.array(made["score"])
    return "-".join(f"{layer + 1}.{head + 1}" for layer, head in np.argwhere(score > 0.5))


def test_the_pairing_head_moves_the_line_and_the_others_hardly(model: Transformer) -> None:
    made = board_of(model)
    score, alone = np.array(made["score"]), np.array(made["alone"])
    best = np.unravel_index(score.argmax(), score.shape)
    assert score[best] > 0.9
    assert alone[best] == alone.max() > 5 * np.median(alone)


def test_a_head_off_on_the_board_is_that_head_off(model: Transformer) -> None:
    screen = Screen()
    lines = drawn(board_of(model, screen, heads="2.1-3.2"))
    solved = solve(screen, model)
    keep = Keep(torch.ones(1, model.layers, model.heads), torch.ones(1, model.layers))
    keep.heads[0, [1, 2], [0, 1]] = 0
    told = model.predict(solved.task.x, solved.task.y, solved.queries[:, :-1], edits=ablate(keep))
    np.testing.assert_allclose(lines["after"], told[0], atol=1e-3)
    assert np.abs(lines["after"] - lines["intact"]).max() > 0.01


def test_with_b_s_x_in_the_pairing_heads_the_line_goes_where_the_mixed_pairs_ask(
    model: Transformer,
) -> None:
    made = board_of(model, heads=pairing_of(board_of(model)), heads_do="swap")
    lines = drawn(made)
    way = lines["target"] - lines["intact"]
    share = ((lines["after"] - lines["intact"]) * way).sum() / (way**2).sum()
    assert share > 0.8
    assert f"{100 * share:.0f} %" in made["said"]
    assert [y for _, y in made["mixed"]] == [y for _, y in made["points"]]
    assert made["mixed"] != made["points"]


def test_while_a_point_moves_no_head_alone_is_taken_out(model: Transformer) -> None:
    solved = solve(Screen(), model)
    assert board(solved, model, Inside(), moving=True)["alone"] is None


def test_where_there_is_no_plane_the_board_has_no_plot(model: Transformer) -> None:
    made = board_of(model, FIVE, heads="3.2")
    assert (made["axes"], made["lines"], made["points"]) == (None, [], [])
    assert "move by" in made["said"]


@pytest.mark.parametrize("word", ["3", "3.2.1", "0.1", "13.1", "3.9", "3.2-", "x", "3.2--5.1", 7])
def test_heads_that_no_network_has_are_refused(word: object) -> None:
    with pytest.raises(ValueError, match="are "):
        heads_word(word)


def test_heads_are_put_in_order_once() -> None:
    assert heads_word("5.1-3.2-5.1") == "3.2-5.1"
    assert heads_word("") == ""


def test_what_is_chosen_on_the_board_is_in_the_link(open_inside: Open) -> None:
    page = open_inside(Inside(heads="3.2", heads_do="swap"))
    shown = component_of(page, "heads_board")
    assert (shown["heads"], shown["heads_do"]) == ("3.2", "swap")
    assert {line["name"] for line in shown["lines"]} == {"intact", "target", "after"}


# --- the numbers ------------------------------------------------------------------


def test_on_noiseless_lines_the_later_layers_read_the_true_weights_better(
    model: Transformer, line_probes: WeightProbes
) -> None:
    """Over a dozen prompts: on one, a reading of R² .85 may miss by two thirds or by a tenth."""
    gaps = []
    for seed in range(12):
        screen = Screen(points=None, line=(1.2, -0.8), sigma=0.0, k=20, seed=seed)
        said = live_readings(solve(screen, model), line_probes, Inside())
        decoded, truth = np.array(said["decoded"]), np.array(said["references"]["truth"])
        np.testing.assert_allclose(truth, [1.2, -0.8], atol=1e-3)
        gaps.append(np.linalg.norm(decoded - truth, axis=1) / np.linalg.norm(truth))
    missed = np.sqrt(np.square(gaps).mean(0))
    assert missed[0] > 0.7
    assert missed[5:].max() < 0.7 * missed[0]


def test_the_references_are_what_the_methods_find(model: Transformer, probes: WeightProbes) -> None:
    solved = solve(FIVE, model)
    references = live_readings(solved, probes, Inside())["references"]
    np.testing.assert_allclose(references["ols"], references["truth"], atol=2e-3)
    moment = live_readings(solved, probes, Inside(target="moment"))["references"]["moment"]
    targets = weight_targets(solved.task.x, solved.task.y, prior_of(FIVE), 8)
    np.testing.assert_allclose(moment, targets[TARGETS.index("moment"), 0, -1, :5], atol=1e-3)


def test_the_map_shows_the_scores_that_are_stored(model: Transformer, probes: WeightProbes) -> None:
    said = live_readings(solve(FIVE, model), probes, Inside(scored="random", reads="last y"))
    stored = probes.linear.r2[0, 1, :, TARGETS.index("w_bayes")]
    np.testing.assert_allclose(np.array(said["heat"]), stored, atol=1e-3)


def test_which_is_read_first_is_said_from_the_table(probes: WeightProbes) -> None:
    said = said_of_scores(probes, Inside(), 12)
    assert said.startswith("After 12 pairs, ")
    assert "layer" in said


@pytest.mark.parametrize(
    ("screen", "names"),
    [
        (Screen(), ["slope", "offset"]),
        (Screen(d=1), ["slope"]),
        (Screen(points=None, d=3), ["w1", "w2", "offset"]),
        (Screen(points=None, d=3, intercept=False), ["w1", "w2", "w3"]),
    ],
)
def test_each_weight_has_a_name(screen: Screen, names: list[str]) -> None:
    assert coordinate_names(screen) == names


def test_the_last_readout_answers_like_ridge(model: Transformer, readouts: LayerReadouts) -> None:
    last = nearest_rules(model, Screen(), readouts)[-1]
    assert last["readout of"] == "layer 8"
    assert float(last["not explained by Ridge"]) < 0.01


def test_attention_is_summarised_for_every_head(model: Transformer) -> None:
    patterns = attention_of(model, solve(Screen(), model).task, query_of(Screen()))
    assert patterns.shape == (8, 4, 15, 15)
    assert torch.allclose(patterns.sum(-1), torch.ones(8, 4, 15), atol=1e-5)
    assert len(heads_said(patterns)) == 32


def test_who_reads_whom_opens_on_the_head_with_the_highest_score(
    open_page: Open, model: Transformer
) -> None:
    rows = heads_said(attention_of(model, solve(Screen(), model).task, query_of(Screen())))
    best = max(rows, key=lambda row: float(row["score"]))
    page = open_page("inside")
    sliders = {slider.label: slider for slider in page.slider if slider.label in ("Block", "Head")}
    assert (sliders["Block"].value, sliders["Head"].value) == (best["block"], best["head"])
    specs = [chart.proto.spec for chart in page.get("plotly_chart")]
    (drawn,) = [json.loads(spec) for spec in specs if '"x?"' in spec]
    assert drawn["data"][0]["y"][-1] == "x?"
    page = sliders["Block"].set_value(1).run()
    chosen = page.session_state["inside"]
    assert (chosen.block, chosen.head) == (1, None)
    linked = open_page("inside", va="1", vh="2")
    assert linked.session_state["inside"].head == 2


def test_the_second_task_has_as_many_pairs_and_features() -> None:
    pair = pair_of(FIVE, other=9)
    assert pair.x_a.shape == pair.x_b.shape == (1, 24, 5)
    assert not torch.equal(weights_of(pair.task_a), weights_of(pair.task_b))
    assert not torch.equal(pair.x_b, pair_of(FIVE, other=10).x_b)


def test_few_directions_carry_what_is_used_and_hold_the_pair(open_inside: Open) -> None:
    table = read_table("interchange")
    assert is_current(table)
    by_tokens = {row["label"]: row for row in table["members"]}
    names = table["shares"]
    for tokens, layer in (("y", 4), ("query", 7)):
        row = by_tokens[tokens]
        found, null, whole = (
            row["share"][layer - 1][names.index(name)] for name in ("2", "2 at random", "all")
        )
        own, with_w, alone = row["r2"][layer - 1][table["ranks"].index(2)]
        assert found[0] > 0.6 * whole[0]
        assert null[2] < found[1]
        assert own > 0.85
        assert with_w - own < 0.03
        assert alone < own - 0.2
        page = open_inside(Inside(at=tokens, layer=layer))
        assert not page.exception
        (said,) = [one.value for one in page.markdown if "learned directions" in one.value]
        for figure in (*found, null[0], whole[0], own):
            assert f"{figure:.2f}" in said
    page = open_inside(Inside(at="y", layer=0))
    assert [
        one for one in page.markdown if "Directions were looked for at layers 1 to 8" in one.value
    ]


def steered_at(model: Transformer, probes: WeightProbes, inside: Inside) -> SteerCurve:
    return steered(model, Screen(), probes, load_prior("playground"), inside)[1]


def test_the_line_to_go_to_is_the_one_that_was_asked_for(
    model: Transformer, line_probes: WeightProbes
) -> None:
    inside = Inside(slope=1.5, offset=-0.5)
    queries, curve = steered(model, Screen(), line_probes, load_prior("playground"), inside)
    wanted = queries @ torch.tensor([1.5, -0.5])
    assert (curve.b[0] - wanted).abs().max() < 0.5
    assert (curve.a[0] - wanted).abs().max() > 1.0


def test_a_slope_is_not_followed_and_what_stands_beside_it_is_said(
    model: Transformer, line_probes: WeightProbes
) -> None:
    curve = steered_at(model, line_probes, Inside(what="slope"))
    said = said_of_steering(curve, 2, "y")
    share = dict(zip(KINDS, (100 * curve.share()[2]).tolist(), strict=True))
    for kind in ("written at y", "ceiling: all of B", "random at y", "own y written"):
        assert f"{round(share[kind])} %".replace("-", "−") in said
    assert abs(share["written at y"]) < 15 < 70 < share["own y written"]
    at_query = said_of_steering(curve, 7, "query")
    assert f"**{round(100 * float(curve.share()[7, KINDS.index('written at the query')]))} %**" in (
        at_query
    )


def test_the_line_that_is_there_already_is_not_written(
    model: Transformer, line_probes: WeightProbes
) -> None:
    law, task = load_prior("playground"), solve(Screen(), model).task
    slope, offset = bayes_weights(law, task.x, task.y, spectrum(task.x, task.y))[0, -1].tolist()
    curve = steered_at(model, line_probes, Inside(slope=slope, offset=offset))
    assert "nothing is to be written" in said_of_steering(curve, 3, "y") or (
        (curve.b - curve.a).abs().max() < 1e-3
    )


def test_the_causal_tests_are_remembered_by_prompt_and_not_by_view(model: Transformer) -> None:
    key = causal.causal_key(Screen(), "playground", 2)
    assert key == causal.causal_key(
        Screen(layer=3, query=1.0, settings=MethodSettings(steps=9)), "playground", 2
    )
    assert key != causal.causal_key(Screen(seed=5, points=None), "playground", 2)
    assert key != causal.causal_key(Screen(), "playground", 3)


def test_the_shell_prints_what_the_page_shows(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    model: Transformer,
    readouts: LayerReadouts,
    line_probes: WeightProbes,
) -> None:
    screen, inside = Screen(), Inside()
    fresh, here = patch_commands(screen, inside, tasks=2, seed=11).splitlines()
    monkeypatch.setattr("sys.argv", shlex.split(here)[2:])
    main()
    told = json.loads(capsys.readouterr().out)
    rows = told["patch"]
    said = patch_map(
        load_decoder("playground"), pair_of(screen, inside.other), load_prior("playground")
    )
    shares = {(row["layer"], row["replaced"]): row["share"] for row in rows}
    for i, kind in enumerate(said.names):
        for layer, share in enumerate(said.share()[:, i].tolist()):
            assert shares[layer, kind] == pytest.approx(share, abs=1e-3)
    shown_shares = steered_at(model, line_probes, inside).share()
    kinds = [i for i, kind in enumerate(KINDS) if "random" not in kind]
    printed = torch.tensor([row["share"] for row in told["steer"]]).view(-1, len(KINDS))
    torch.testing.assert_close(printed[:, kinds], shown_shares[:, kinds].float(), atol=2e-3, rtol=0)
    nearest = [row["unexplained"] for row in told["nearest"] if row["rule"] == "ridge"]
    shown = [row["not explained by Ridge"] for row in nearest_rules(model, screen, readouts)]
    assert nearest == pytest.approx(shown, abs=1e-3)
    heads = heads_said(attention_of(model, solve(screen, model).task, query_of(screen)))
    assert [row["word"] for row in told["attention"]] == [row["reads"] for row in heads]
    assert fresh.startswith("python -m icl_core patch playground --json --dim 2")
    assert "\n" not in patch_commands(FIVE, inside, tasks=2, seed=11)


# --- the settings -------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=1000)
@given(junk)
def test_no_link_breaks_the_page(parameters: Any) -> None:
    if isinstance(parameters, dict):
        inside, _ = CODEC.from_link({str(key): value for key, value in parameters.items()})
        assert CODEC.from_link(CODEC.to_link(inside)) == (inside, [])


def test_the_keys_of_the_page_differ_from_those_of_the_prompt() -> None:
    everything = Screen(
        points=None, d=3, k=4, seed=9, sigma=0.0, layer=2, settings=MethodSettings(lam=0.1)
    )
    assert not {row.key for row in CODEC.table} & set(to_link(everything))


# --- the page -----------------------------------------------------------------------


def test_the_page_reads_the_visitors_prompt(open_inside: Open) -> None:
    page = open_inside(Inside(target="moment"), Screen(points=((0.5, 1.0), (1.5, -1.0))))
    assert not page.exception
    view = component_of(page, "inside_view")
    assert view["k"] == 2
    assert view["target"] == words.TARGET_NAMES["moment"]


def test_without_a_pair_it_says_what_to_do(open_inside: Open) -> None:
    page = open_inside(screen=Screen(points=()))
    assert not page.exception
    assert component_of(page, "inside_view") is None
    assert any("no pair yet" in note.value for note in page.info)


def test_many_features_are_read_too(open_inside: Open) -> None:
    page = open_inside(screen=FIVE)
    assert not page.exception
    assert component_of(page, "inside_view")["names"] == ["w1", "w2", "w3", "w4", "w5"]
    assert any("needs a line task" in note.value for note in page.info)


def test_without_probes_the_rest_works(open_inside: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise checkpoints.CheckpointError("No probes are stored. Fit them.")

    monkeypatch.setattr("icl_core.probes.weights.load_weight_probes", missing)
    page = open_inside()
    assert not page.exception
    assert any("No probes" in note.value for note in page.warning)
    assert component_of(page, "task_pad") is not None


def test_junk_in_the_link_is_one_sentence(open_page: Open) -> None:
    page = open_page("inside", vt="magic", vl="99")
    assert not page.exception
    assert any("probe target" in note.value and "layer" in note.value for note in page.info)


@pytest.mark.slow
def test_the_causal_tests_run_in_the_background(open_inside: Open) -> None:
    page = open_inside(screen=Screen(points=None, k=3, seed=77))
    (button,) = [button for button in page.button if "causal tests" in button.label]
    page = button.click().run()
    key = causal.causal_key(Screen(points=None, k=3, seed=77), "playground", Inside().other)
    run_until(page, lambda: causal.known(key))
    found = causal.known(key)
    assert found is not None
    assert len(page.get("plotly_chart")) >= 4
    # Everything from B at the input is B's answer; nothing that comes later changes that.
    everything = found.here.share()[:, found.here.names.index("everything")]
    np.testing.assert_allclose(everything, np.ones(9), atol=1e-4)


def test_the_control_is_shown_like_any_checkpoint(open_inside: Open) -> None:
    page = open_inside(Inside(model="control"))
    assert not page.exception
    assert not page.warning
    assert component_of(page, "inside_view")["k"] == 7


def test_a_layer_that_this_network_does_not_have_is_moved_and_said(open_page: Open) -> None:
    """Deeper networks are shipped, so a link may name it."""
    page = open_page("inside", va="11", vl="12", ly="12")
    assert not page.exception
    (said,) = [note.value for note in page.info if "no more" in note.value]
    assert said == (
        "This network has no more: block was moved to 8; layer to write at was moved to 8."
    )
    assert (page.session_state["inside"].block, page.session_state["inside"].layer) == (8, 8)
    assert page.session_state[session.SCREEN].layer == 12


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_exact_bayes_on_the_pad_is_that_of_the_networks_own_law(open_page: Open, name: str) -> None:
    screen = Screen(points=None, d=3, intercept=False, k=5, show=("bayes",))
    page = open_page("inside", **to_link(screen), **CODEC.to_link(Inside(model=name)))
    task = make_task(screen)
    own = load_prior(name).bayes().predict(task.x, task.y, torch.eye(3)[None])[0].tolist()
    shown = component_of(page, "task_pad")["weights"]["rows"]["bayes"]
    assert shown == pytest.approx(own, abs=1e-4)
