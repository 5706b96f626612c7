"""The construction page's numbers, and the page as Streamlit runs it."""

import functools
import json
from dataclasses import replace
from typing import Any

import pytest
import streamlit
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from icl_core.constructions import sgd_program, sherman_morrison_program
from icl_core.constructions.programs import Program
from icl_core.models.transformer import Transformer
from icl_core.priors import SIGMAS
from icl_core.probes.readouts import LayerReadouts
from icl_core.studies import read_table
from tests.support.rendered import Open, component_of
from tests.support.strategies import junk
from ui.answers.task import make_task
from ui.construction import session as construction_session
from ui.construction import trained, walks
from ui.construction.pairing import (
    head_scores,
    program_score,
    said_of_all,
    said_on_this_prompt,
    stored_scores,
)
from ui.construction.settings import (
    CODEC,
    MAX_DIM,
    MAX_PAIRS,
    MAX_STEP,
    PROGRAMS,
    ConstructionSettings,
    prompt_screen,
)
from ui.construction.walks import SYMBOLS, agreeing_digits, stepper_payload
from ui.figures.mathml import mathml
from ui.visitor import screen, session
from ui.visitor.screen import EXAMPLE, Screen, to_link

proofs = st.builds(
    ConstructionSettings,
    program=st.sampled_from(PROGRAMS),
    source=st.sampled_from(["playground", "sample"]),
    d=st.integers(1, MAX_DIM),
    intercept=st.booleans(),
    k=st.integers(1, MAX_PAIRS),
    sigma=st.sampled_from(SIGMAS),
    seed=st.integers(0, 999_999),
    rate=st.none() | st.floats(0, 100),
    decay=st.floats(0, 100),
    lam=st.floats(0, 100),
    steps=st.integers(1, 20),
    step=st.integers(0, MAX_STEP),
    depth=st.integers(1, 2),
    start=st.integers(0, 999_999),
    mix=st.floats(0, 1),
)


def sampled(**changes: Any) -> ConstructionSettings:
    """A proof on a prompt of its own."""
    return ConstructionSettings(source="sample", **changes)


def payload_of(
    proof: ConstructionSettings,
    model: Transformer,
    readouts: LayerReadouts | None = None,
    screen: Screen = Screen(),  # noqa: B008
) -> dict[str, Any]:
    shown = prompt_screen(proof, screen)
    return stepper_payload(proof, shown, model, readouts)


# --- the link ------------------------------------------------------------------------


@settings(max_examples=300)
@given(proofs)
def test_a_link_reproduces_the_page(proof: ConstructionSettings) -> None:
    assert CODEC.from_link(CODEC.to_link(proof)) == (proof, [])


@pytest.mark.slow
@settings(max_examples=500)
@given(st.dictionaries(st.sampled_from([f.name for f in CODEC.table]), junk))
def test_a_message_of_the_wrong_shape_never_breaks(changes: Any) -> None:
    proof, troubles = CODEC.apply(ConstructionSettings(), changes)
    assert CODEC.from_link(CODEC.to_link(proof)) == (proof, [])
    assert all(troubles)


def test_the_page_and_the_playground_share_a_link_without_sharing_a_key() -> None:
    assert not {f.key for f in CODEC.table} & {f.key for f in screen.CODEC.table}


def test_out_of_range_is_clamped_and_said() -> None:
    proof, troubles = CODEC.from_link({"cd": "9", "cs": "0.3", "cp": "magic"})
    assert (proof.d, proof.sigma, proof.program) == (MAX_DIM, 0.25, "sgd")
    assert troubles == [
        "program is none of sgd, ridge, gd",
        "d was moved to 4, the nearest value accepted",
        "noise was moved to 0.25; known are 0.0, 0.1, 0.25, 0.5, 1.0",
    ]


# --- the walk --------------------------------------------------------------------------


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    "prompt", [{"d": 1, "k": 3}, {"d": 2, "k": 20}, {"d": 4, "k": 9, "intercept": False}]
)
def test_the_answer_agrees_with_its_reference_to_the_tolerance_printed(
    model: Transformer, program: str, prompt: dict[str, Any]
) -> None:
    data = payload_of(sampled(program=program, **prompt), model)
    end = data["end"]
    assert end["within"]
    assert abs(float(end["program"]) - float(end["reference"])) <= end["tolerance"]
    assert data["answers"][-1] == pytest.approx(float(end["reference"]), abs=1e-4)
    assert data["w"][-1] == pytest.approx(end["w"], abs=1e-4)


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_was_written_layer_by_layer_gives_the_last_stream(
    model: Transformer, program: str
) -> None:
    data = payload_of(ConstructionSettings(program=program), model)
    stream = dict(data["start"])
    for step in data["steps"]:
        assert set(step["writes"]) <= set(stream)
        stream |= step["writes"]
    answers = {"gd": ("y", -1.0)}.get(program, ("prediction", 1.0))
    shown = answers[1] * stream[answers[0]][-1][0]
    assert shown == pytest.approx(float(data["end"]["program"]), abs=1e-4)


def test_only_the_slots_that_a_step_names_change(model: Transformer) -> None:
    proof = ConstructionSettings(program="ridge")
    x = torch.tensor([[px, 1.0] for px, _ in EXAMPLE], dtype=torch.float64)
    y = torch.tensor([py for _, py in EXAMPLE], dtype=torch.float64)
    program = sherman_morrison_program(2, len(EXAMPLE), proof.lam)
    snapshots = program.run(x, y, x[0]).snapshots
    for index, step in enumerate(program.layers):
        changed = program.layout.changed(snapshots[index], snapshots[index + 1])
        assert set(changed) <= set(step.writes)


def test_the_token_at_work_reads_the_one_before_it(model: Transformer) -> None:
    steps = payload_of(ConstructionSettings(), model)["steps"]
    assert steps[0]["focus"] == 2
    assert steps[0]["reads"] == (1,)  # y1 copies the x of its pair
    second = [step for step in steps if step["pair"] == 2]
    assert second[0]["reads"] == (2,)  # y2 takes over from y1
    assert all(step["focus"] == 4 for step in second)


def test_the_playground_query_is_what_is_asked_on_the_plane(model: Transformer) -> None:
    data = payload_of(ConstructionSettings(), model, screen=Screen(query=0.75))
    assert data["query"] == [0.75, 1.0]
    assert data["plane"] is not None


def test_off_the_plane_the_query_is_the_next_input(model: Transformer) -> None:
    few = payload_of(sampled(d=3, k=4), model)
    more = payload_of(sampled(d=3, k=5), model)
    assert more["start"]["x"][9] == few["query"]  # start x1 y1 … x5
    assert few["plane"] is None


def test_every_layer_of_the_trained_transformer_has_its_readout(
    model: Transformer, readouts: LayerReadouts
) -> None:
    data = payload_of(ConstructionSettings(), model, readouts)
    assert len(data["trained"]["readouts"]) == model.config.layers + 1
    assert data["trained"]["readouts"][-1] == pytest.approx(data["trained"]["answer"], abs=0.2)


def test_a_payload_is_small_and_plain_json(model: Transformer, readouts: LayerReadouts) -> None:
    data = payload_of(sampled(program="ridge", d=4, k=20, intercept=False), model, readouts)
    assert len(json.dumps(data, allow_nan=False)) < 1_000_000


@pytest.mark.parametrize(
    ("proof", "screen", "sentence"),
    [
        (ConstructionSettings(), Screen(points=None, d=6), "at most 4"),
        (ConstructionSettings(), Screen(points=tuple((0.1, 0.2) for _ in range(21))), "at most 20"),
        (ConstructionSettings(), Screen(points=()), "empty"),
        (ConstructionSettings(rate=5.0), Screen(), "diverges"),
        (ConstructionSettings(program="gd", rate=5.0), Screen(), "diverges"),
        (ConstructionSettings(program="ridge", lam=0.0), Screen(), "λ = 0"),
        (ConstructionSettings(program="ridge", lam=1e-6), Screen(), "too small"),
        (ConstructionSettings(), Screen(points=((0.0, 15.0),)), "Scale x or y down"),
    ],
)
def test_a_limit_is_a_sentence_that_names_it(
    model: Transformer, proof: ConstructionSettings, screen: Screen, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        payload_of(proof, model, screen=screen)


@pytest.mark.slow
@settings(max_examples=60)
@given(proofs)
def test_any_page_is_drawn_or_refused_with_a_sentence(
    model: Transformer, proof: ConstructionSettings
) -> None:
    try:
        data = payload_of(proof, model)
    except ValueError as limit:
        sentence = str(limit)
    else:
        json.dumps(data, allow_nan=False)
        sentence = "" if data["end"]["within"] else "Not within the tolerance"
    assert not sentence or sentence.endswith(".")


def test_digits_count_the_decimals_that_agree() -> None:
    assert agreeing_digits(1.0, 1.0) == 15
    assert agreeing_digits(0.0, 2e-7) == 6
    assert agreeing_digits(3.0, 1.0) == 0


# --- the equations -----------------------------------------------------------------------


@pytest.mark.parametrize("program", [sgd_program(2, 3, 0.1), sherman_morrison_program(2, 3, 0.1)])
def test_every_equation_and_slot_of_the_programs_can_be_drawn(program: Program) -> None:
    for step in program.layers:
        assert mathml(step.equation)[0] == "math"
    shown = {s.name for s in program.layout.slots.values() if s.role != "machinery"}
    assert shown <= set(SYMBOLS)
    for symbol in SYMBOLS.values():
        mathml(symbol)


def test_scripts_and_hats_become_mathml() -> None:
    w = ["msubsup", ["mi", "w"], ["mrow", ["mn", "1"]], ["mo", "⊤"]]
    assert mathml(r"\hat y \leftarrow w_{1}^\top") == ["math", ["mi", "ŷ"], ["mo", "←"], w]


@pytest.mark.parametrize("latex", [r"\frac12", "{x", "x}", "x_#"])
def test_latex_beyond_the_programs_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match=r"\."):
        mathml(latex)


# --- trained meets constructed ---------------------------------------------------------------


@pytest.fixture(scope="module")
def met() -> trained.Meeting:
    """A short training, seed 5; long enough to come near."""
    shares: list[float] = []
    trained.meet(1, 5, shares.append, steps=200)
    assert shares == sorted(shares)
    found = trained.known_meeting(1, 5)
    assert found is not None
    return found


@pytest.mark.slow
def test_the_mixture_is_the_trained_model_at_0_and_the_construction_at_1(
    met: trained.Meeting,
) -> None:
    at_start, at_end = (trained.mixture(met, 5, t) for t in (0.0, 1.0))
    assert at_start.losses[0] == pytest.approx(met.alike.losses[0], rel=1e-9)
    assert at_end.losses[0] == pytest.approx(met.alike.losses[1], rel=1e-9)
    assert met.path[0][1] == pytest.approx(met.alike.losses[0], rel=1e-9)
    assert met.path[-1][1] == pytest.approx(met.alike.losses[1], rel=1e-9)


@pytest.mark.slow
def test_the_constructed_weights_are_the_identity_and_the_rate(met: trained.Meeting) -> None:
    match, write = trained.mixed_weights(met, 1.0)
    torch.testing.assert_close(match[:-1, :-1], torch.eye(10, dtype=torch.float64))
    assert float(-write[-1, -1]) == pytest.approx(trained.one_step_optimum().rate)


def test_the_closed_form_is_the_lowest_point_of_its_curve() -> None:
    optimum = trained.one_step_optimum()
    assert min(optimum.losses) >= optimum.loss - 1e-12
    assert optimum.rate == pytest.approx(6.06, abs=0.01)
    assert optimum.loss == pytest.approx(0.2062, abs=1e-4)


def test_ahns_optimum_gives_flat_directions_a_larger_rate() -> None:
    own = [row["its own rate"] for row in trained.preconditioner_rows()]
    assert own == sorted(own)


# --- the page --------------------------------------------------------------------------------


@pytest.fixture
def open_construction(open_page: Open) -> Open:
    """Follow a link to the page, as a visitor does."""

    return functools.partial(open_page, "construction")


def test_first_paint_is_the_playgrounds_prompt(open_construction: Open) -> None:
    page = open_construction()
    assert not page.exception
    data = component_of(page, "stepper")
    assert data["tokens"][:3] == ["start", "x1", "y1"]
    assert len(data["points"]) == len(EXAMPLE)
    assert data["step"] == 0


def test_a_link_brings_back_program_prompt_and_step(open_construction: Open) -> None:
    screen = Screen(points=((0.5, 1.0), (1.5, -1.0)))
    page = open_construction(**to_link(screen), cp="ridge", cl="0.5", ct="7")
    data = component_of(page, "stepper")
    assert data["points"] == [[0.5, 1.0], [1.5, -1.0]]
    assert (data["program"], data["step"]) == ("ridge", 7)
    assert data["end"]["call"] == "predictors.ridge(0.5)"


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session without a browser, at the page's default."""
    held = {
        session.SCREEN: Screen(),
        "construction": ConstructionSettings(),
        "construction_notice": None,
    }
    monkeypatch.setattr(streamlit, "session_state", held)
    return held


def send(state: dict[str, Any], changes: Any, seq: int = 1) -> None:
    """A message from the stepper, as the browser would send it."""
    state["stepper"] = {"message": {"seq": seq, "final": True, "changes": changes}}
    construction_session.take_message("stepper")


def test_a_step_is_kept_and_goes_into_the_link(state: dict[str, Any]) -> None:
    send(state, {"step": 9, "program": "gd"})
    assert state["construction"] == ConstructionSettings(step=9)
    assert construction_session.SETTINGS.link() == {"ct": "9"}
    assert construction_session.seq() == 1


def test_a_link_that_is_followed_moves_the_stepper(state: dict[str, Any]) -> None:
    before = construction_session.walk_key()
    construction_session.SETTINGS.follow({"cp": "ridge", "ct": "4"})
    assert state["construction"] == ConstructionSettings(program="ridge", step=4)
    assert construction_session.walk_key() != before


def test_a_rate_leaves_the_stepper_where_it_is_and_a_program_does_not(
    state: dict[str, Any],
) -> None:
    send(state, {"step": 9})
    construction_session.SETTINGS.change(rate=0.05)
    assert state["construction"] == ConstructionSettings(step=9, rate=0.05)
    state["construction_program"] = "ridge"
    construction_session.SETTINGS.widget("program")["on_change"]()
    assert state["construction"] == ConstructionSettings(program="ridge", rate=0.05)


@settings(max_examples=200)
@given(junk)
def test_no_shape_of_message_breaks(message: object) -> None:
    held: dict[str, Any] = {
        "construction": ConstructionSettings(),
        "construction_notice": None,
        "stepper": {"message": message},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamlit, "session_state", held)
        construction_session.take_message("stepper")
    assert CODEC.from_link(CODEC.to_link(held["construction"]))[1] == []


def test_another_program_starts_from_its_first_layer(open_construction: Open) -> None:
    page = open_construction(ct="9")
    page.radio(key="construction_program").set_value("gd").run()
    data = component_of(page, "stepper")
    assert (data["program"], data["step"]) == ("gd", 0)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"cr": "5"}, "diverges"),
        ({"cp": "ridge", "cl": "0"}, "λ = 0"),
        ({"p": "sampled", "d": "7"}, "at most 4"),
    ],
)
def test_a_limit_is_one_sentence_and_the_settings_stay(
    open_construction: Open, parameters: dict[str, str], sentence: str
) -> None:
    page = open_construction(**parameters)
    assert not page.exception
    assert any(sentence in warning.value for warning in page.warning)
    assert page.radio(key="construction_program").value == parameters.get("cp", "sgd")
    assert component_of(page, "stepper") is None


def test_junk_in_the_link_is_one_sentence(open_construction: Open) -> None:
    page = open_construction(cp="magic", ck="many")
    assert not page.exception
    assert page.info[0].value.startswith("Part of this link could not be used")


@pytest.mark.slow
def test_a_finished_training_is_shown_with_its_tables(
    open_construction: Open, met: trained.Meeting
) -> None:
    page = open_construction(cz="5", cu="0.5")
    assert not page.exception
    assert len(page.metric) == 4
    assert float(page.metric[0].value) == pytest.approx(met.alike.losses[0], abs=1e-4)
    assert page.slider(key="construction_mix").value == 0.5


def test_every_explanation_opens_without_error(open_construction: Open) -> None:
    page = open_construction()
    labels = [expander.label for expander in page.expander]
    assert "How the stream, the slots and the rounds work" in labels
    assert "What this shows, and what it does not" in labels


# --- mov, found by training -----------------------------------------------------------


def test_the_program_pairs_in_full_and_one_trained_head_nearly(model: Transformer) -> None:
    proof = sampled(k=8)
    screen = prompt_screen(proof, Screen())
    prompt = walks.given(screen, make_task(screen))
    assert program_score(proof, prompt) == pytest.approx(1, abs=1e-6)
    assert program_score(replace(proof, program="ridge"), prompt) == pytest.approx(1, abs=1e-6)
    assert program_score(replace(proof, program="gd"), prompt) is None
    scores = head_scores(model, prompt)
    attention = model.trace(prompt.x[None].float(), prompt.y[None].float()).attention[:, 0]
    own = torch.stack([attention[:, :, 2 * t + 1, 2 * t] for t in range(8)]).mean(0)
    torch.testing.assert_close(scores, own)
    assert float(scores.max()) > 0.9
    assert float(scores.median()) < 0.2
    said = said_on_this_prompt(scores, 1.0)
    block, head = divmod(int(scores.argmax()), model.heads)
    assert f"head {head + 1} of layer {block + 1}" in said
    assert "needs no such step" in said_on_this_prompt(scores, None)


def test_every_shipped_network_is_told_of_once() -> None:
    table = read_table("pairing")
    stored = stored_scores(table)
    names = [one.name for one in stored]
    assert len(names) == len(set(names))
    assert {"playground", "control", "depth-1", "paper"} <= set(names)
    assert not any("step" in name or name.endswith("160k") for name in names)
    assert not any(name.startswith(("tasks-", "lines-")) for name in names)
    said = said_of_all(table, stored)
    assert "`control`" in said
    assert "`playground`" not in said


def test_the_page_tells_of_pairing_also_where_the_grid_is_too_small(open_page: Open) -> None:
    page = open_page("construction", **to_link(Screen(points=None, d=6, k=12)))
    assert not page.exception
    assert any("networks** some head" in part.value for part in page.markdown)
