"""The lesson: its data, its state in the link, and each step as Streamlit runs it."""

import base64
import re
import string
from dataclasses import replace
from typing import Any

import pytest
import streamlit
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from icl_core.interventions.steering import KINDS
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts
from tests.support.pages import by_hand, opened
from tests.support.rendered import Open, component_of, pad_of, press, words
from tests.support.strategies import junk
from ui.answers.solve import Solved, solve
from ui.lesson import facts as lesson_facts
from ui.lesson.card import card_said
from ui.lesson.facts import (
    FACTS,
    Facts,
    checksum,
    has_tried,
    pairing_heads,
    right_letter,
    steer,
)
from ui.lesson.pool import known_answer, lines_behind, solve_step
from ui.lesson.state import CODEC, STAGES, Lesson, score, take_message
from ui.lesson.steps import IDS, LETTERS, RETIRED, Step, step_of, steps
from ui.mechanism.numbers import unexplained
from ui.mechanism.words import OF_KIND, of_layer
from ui.pages import LESSON
from ui.visitor import session
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen, to_link

OWN = ((0.5, 1.0), (1.5, -1.0), (-2.25, 0.75))
every_step = pytest.mark.parametrize("step", steps(), ids=IDS)


def lesson(page: AppTest) -> Lesson:
    return page.session_state["lesson"]


def answered(step: Step, said: Any) -> dict[str, str]:
    """A link to a step with an answer committed."""
    return CODEC.to_link(Lesson(step=step.id, answers=((step.id, said),)))


# --- the data ----------------------------------------------------------------------------


def test_there_are_eight_or_nine_steps_and_they_fit_their_time() -> None:
    assert 8 <= len(steps()) <= 9
    assert 17 <= sum(step.alone for step in steps()) <= 22
    assert 40 <= sum(step.in_class for step in steps()) <= 45


@every_step
def test_a_step_has_all_its_parts(step: Step) -> None:
    assert len(step.idea.split()) <= 85
    for name in ("ask", "wrong", "expect"):
        assert step.teacher[name]
    assert step.maths
    assert step.source
    question = step.question
    assert question.is_guess == bool(question.says)
    assert question.is_guess or question.answer in (*LETTERS, "nearest")
    # What is asked must not be on screen before the answer.
    assert step.kept_back or not question.is_guess


DEFINED = {
    "prompt": "prompt",
    "in-context learning": "prompt",
    "token": "linear",
    "slope": "linear",
    "offset": "linear",
    "linear task": "linear",
    "weight": "frozen",
    "least squares": "squares",
    "gradient descent": "squares",
    "nearest neighbours": "squares",
    "noise": "noise",
    "ridge": "noise",
    "layer": "pair",
    "head": "pair",
    "attention": "pair",
    "query": "pair",
    "readout": "pair",
    "state": "used",
    "probe": "used",
}
"""Words that a newcomer does not have, and the step that says what they mean."""


def told_in(step: Step) -> str:
    """What is read on the way through a step, in the order in which it is read."""
    asked, trying = step.question, step.to_try
    choices = [part for choice in asked.choices for part in (choice.text, choice.says)]
    after = [*(asked.says or {}).values(), asked.reveal, trying.do, trying.now, trying.said]
    inside = [of_layer(1, [[]], [0.0, 0.5]), *OF_KIND.values()] if step.extra == "mechanism" else []
    read = "\n".join([step.idea, *inside, asked.ask, *choices, *after])
    return re.sub(r"\{\w+\}", "", read).lower()


@pytest.mark.parametrize("word", DEFINED)
def test_a_word_is_said_to_a_newcomer_before_it_is_used(word: str) -> None:
    spoken = re.compile(rf"\b{word}")
    at = IDS.index(DEFINED[word])
    assert not [step.id for step in steps()[:at] if spoken.search(told_in(step))]
    told = told_in(steps()[at])
    first = spoken.search(told)
    assert first is not None
    line = told[: first.start()].rpartition("\n")[2]
    assert len(re.findall(r"\*+", line)) % 2, f"{word} is not marked as new where it is first used"


def test_the_mark_of_what_is_asked_is_explained_where_it_is_first_seen(open_page: Open) -> None:
    said = " ".join(text.value for text in open_page("lesson").caption)
    assert "**▲** marks the x of the last one, whose stars are asked" in said
    assert "(▲)" in step_of("linear").idea


@every_step
def test_every_number_that_a_step_says_is_measured(
    step: Step, model: Transformer, readouts: LayerReadouts
) -> None:
    told = Facts(solve_step(step, step.begin(Screen()), model, readouts), readouts, "1.00")
    for text in (step.question.reveal, step.to_try.now):
        named = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        assert set(named) <= set(FACTS)
        said = text.format_map(told)
        assert "–" not in said
        assert "{" not in said


@every_step
@pytest.mark.parametrize("screen", [Screen(points=()), Screen(points=((0.0, 0.0),))])
def test_no_points_are_too_few_for_the_words(
    step: Step, screen: Screen, model: Transformer, readouts: LayerReadouts
) -> None:
    told = Facts(solve_step(step, step.begin(screen), model, readouts), readouts, None)
    assert step.question.reveal.format_map(told)
    if not step.question.is_guess:
        assert right_letter(told, step.question) in LETTERS


def test_the_right_answers_are_what_the_shipped_weights_do(
    model: Transformer, readouts: LayerReadouts
) -> None:
    """Those with a fixed letter: behind each stands a measurement."""

    def at(step: str, **changes: Any) -> Solved:
        screen = step_of(step).begin(Screen())
        return solve(Screen(**{**vars(screen), **changes}), model)

    def facts(step: str, **changes: Any) -> Facts:
        return Facts(at(step, **changes), readouts, None)

    def number(text: str) -> float:
        return float(text.replace("−", "-"))

    assert number(facts("prompt")["stars"]) < 2
    assert number(facts("prompt", points=((3, 2), (-3, -2), (2, 1), (-2, -1)))["stars"]) > 4
    quiet, noisy = at("noise", sigma=0.0), at("noise", sigma=1.0)
    assert lesson_facts.gap(noisy, "ols") > 3 * lesson_facts.gap(quiet, "ols")
    assert number(facts("noise", sigma=1.0)["lam"]) > 2 * number(facts("noise")["lam"])
    assert noisy.network.at_queries[:-1].std() < noisy.answers["ols"].at_queries[:-1].std()
    steered = steer(at("used"))
    assert steered is not None
    _, curve = steered
    share = dict(zip(KINDS, curve.share().T, strict=True))
    assert float(share["written at y"][1:].abs().max()) < 0.06
    assert float(share["ceiling: all of B"][2]) > 0.8
    assert float(share["own y written"][2]) > 0.7
    assert right_letter(facts("squares"), step_of("squares").question) == "a"
    assert int(pairing_heads(at("pair")).sum()) == 3
    assert model.layers * model.heads == 32
    broken = facts("pair")
    assert number(broken["pair_off"]) > 3 * number(broken["other_off"])
    assert 0.4 * number(broken["size"]) < number(broken["pair_off"]) < number(broken["size"])
    assert number(facts("used")["layer_most"].removeprefix("layer ")) in (4, 5, 6)


def test_the_network_that_saw_four_lines_answers_with_one_of_them(
    model: Transformer, readouts: LayerReadouts
) -> None:
    """And the guess that is called close is neither on the dots nor anywhere between."""
    step = step_of("pool")
    solved = solve_step(step, step.begin(Screen()), model, readouts)
    told = {who: float(answer.at_queries[-1]) for who, answer in solved.answers.items()}
    near = step.question.near
    assert abs(told["transformer"] - known_answer(solved)) < near / 2
    assert abs(told["linesall"] - told["ridge"]) < near / 2
    assert abs(told["transformer"] - told["linesall"]) > 2 * near
    alike = lines_behind(solved, weighed=False)
    weighed = lines_behind(solved, weighed=True)
    assert alike is not None
    assert weighed is not None
    assert alike["lines"] == weighed["lines"]
    assert alike["shares"] == [0.25] * 4
    assert max(weighed["shares"]) > 0.9


def test_the_checksum_is_that_of_the_weights(model: Transformer) -> None:
    before = checksum(model)
    weight = next(model.parameters())
    kept = weight.data.flatten()[0].item()
    try:
        weight.data.view(-1)[0] += 1e-3
        assert checksum(model) != before
    finally:
        weight.data.view(-1)[0] = kept
    assert checksum(model) == before


def test_a_readout_that_says_the_answer_leaves_nothing_unexplained(
    model: Transformer, readouts: LayerReadouts
) -> None:
    final = solve(Screen(), model).network.at_queries
    left = unexplained(final[None].repeat(3, 1) + 0.0, final)
    assert left == pytest.approx([0, 0, 0])


# --- the link ---------------------------------------------------------------------------------

lessons = st.builds(
    Lesson,
    step=st.sampled_from(IDS),
    answers=st.sets(st.sampled_from(IDS)).flatmap(
        lambda chosen: st.tuples(
            *(
                st.tuples(
                    st.just(step.id),
                    st.floats(-16, 16).map(lambda y: f"{y:.2f}")
                    if step.question.is_guess
                    else st.sampled_from(LETTERS[: len(step.question.choices)]),
                )
                for step in steps()
                if step.id in chosen
            )
        )
    ),
    tried=st.sets(st.sampled_from(IDS)).map(lambda s: tuple(i for i in IDS if i in s)),
    right=st.sets(st.sampled_from(IDS)).map(lambda s: tuple(i for i in IDS if i in s)),
    own=st.none() | st.builds(Screen, points=st.none() | st.just(OWN), seed=st.integers(0, 9)),
    stage=st.integers(0, len(STAGES) - 1),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(lessons)
def test_a_link_reproduces_the_progress(progress: Lesson) -> None:
    assert CODEC.from_link(CODEC.to_link(progress)) == (progress, [])


@pytest.mark.slow
@settings(max_examples=1000)
@given(junk)
def test_no_link_breaks_the_lesson(parameters: Any) -> None:
    if isinstance(parameters, dict):
        found, _ = CODEC.from_link({str(key): value for key, value in parameters.items()})
        assert CODEC.from_link(CODEC.to_link(found)) == (found, [])


@pytest.mark.parametrize("old", RETIRED)
def test_a_link_of_a_step_that_is_no_more_opens_another_and_loses_nothing(old: str) -> None:
    said = "-1.20" if old == "few" else "b"
    link = {"es": old, "ea": f"prompt-b_{old}-{said}", "et": f"{old}", "er": f"prompt_{old}"}
    found, troubles = CODEC.from_link(link)
    assert troubles == []
    assert found.step == RETIRED[old]
    assert CODEC.to_link(found) | {"es": old} == link
    assert score(found) == (1, 1)


@settings(max_examples=500)
@given(st.dictionaries(st.sampled_from([f.key for f in CODEC.table]), st.text(max_size=30)))
def test_no_hand_edited_link_breaks_the_lesson(parameters: Any) -> None:
    found, troubles = CODEC.from_link(parameters)
    assert CODEC.from_link(CODEC.to_link(found)) == (found, [])
    assert all(troubles)


def test_the_keys_differ_from_those_of_the_prompt() -> None:
    everything = Screen(
        points=None,
        line=(0, 1),
        d=3,
        k=4,
        seed=9,
        sigma=0.0,
        layer=2,
        settings=MethodSettings(lam=0.1),
    )
    assert not {row.key for row in CODEC.table} & set(to_link(everything))


# --- the page -----------------------------------------------------------------------------------


@every_step
def test_any_step_can_be_linked_to(open_page: Open, step: Step) -> None:
    page = open_page("lesson", es=step.id)
    assert not page.exception
    assert page.title[0].value == step.title
    assert step.question.ask in words(page)
    assert pad_of(page)["screen"]["points"]
    # Neither the reveal nor what it is about is there yet.
    assert "Try." not in words(page)
    shown = pad_of(page)
    assert set(step.kept_back) & set(shown["hide"]) == set(step.kept_back)
    for method in step.kept_back:
        assert method not in shown["curves"]
    assert (shown["guess"] is not None) == step.question.is_guess


@pytest.mark.slow
@every_step
def test_committing_reveals_and_explains(open_page: Open, step: Step) -> None:
    page = open_page("lesson", es=step.id)
    page = press(page, "Commit" if step.question.is_guess else "A.")
    assert lesson(page).answer(step) == ("0.00" if step.question.is_guess else "a")
    assert "Try." in words(page)
    assert len(page.success) + len(page.warning) == 1
    assert not set(step.kept_back) & set(pad_of(page)["hide"])
    again = dict(page.query_params)
    assert step.id in str(again["ea"])
    page = press(page, "Answer again")
    assert lesson(page).answer(step) is None


@every_step
def test_a_committed_answer_comes_back_with_the_link(open_page: Open, step: Step) -> None:
    said = "1.50" if step.question.is_guess else "b"
    page = open_page("lesson", **answered(step, said))
    assert "Try." in words(page)
    if step.question.is_guess:
        assert pad_of(page)["guess"] == {"value": 1.5, "open": False}


def test_the_right_choice_is_praised_and_a_wrong_one_explained(open_page: Open) -> None:
    step = step_of("frozen")
    right = open_page("lesson", **answered(step, "b"))
    assert [note.value for note in right.success] == [step.question.choices[1].says]
    wrong = open_page("lesson", **answered(step, "a"))
    assert [note.value for note in wrong.warning] == [step.question.choices[0].says]


def test_a_good_guess_is_called_close(open_page: Open, model: Transformer) -> None:
    page = open_page("lesson", es="linear")
    best = float(solve(step_of("linear").begin(Screen()), model).answers["ols"].at_queries[-1])
    page.session_state["lesson"] = replace(lesson(page), guess=round(best, 2))
    page = press(page.run(), "Commit to y")
    committed, says = lesson(page).answer(step_of("linear")), step_of("linear").question.says
    assert committed is not None
    assert says is not None
    assert float(committed) == pytest.approx(best, abs=0.01)
    assert page.success[0].value == says["near"]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session without a browser, at the step that asks for a guess."""
    state = {
        session.SCREEN: step_of("linear").begin(Screen()),
        session.SEQ: 0,
        session.SETTLED: False,
        session.NOTICE: None,
        "lesson": Lesson(step="linear"),
        "lesson_notice": None,
    }
    monkeypatch.setattr(streamlit, "session_state", state)
    return state


def send(state: dict[str, Any], **changes: Any) -> None:
    state["pad"] = {"message": {"seq": 1, "final": True, "changes": changes}}
    take_message("pad")


def test_a_guess_is_taken_from_the_pad(held: dict[str, Any]) -> None:
    send(held, guess=1.234)
    assert held["lesson"].guess == 1.234
    assert held["lesson"].answers == ()
    send(held, guess=1.5, commit=True)
    assert held["lesson"].answers == (("linear", "1.50"),)


@pytest.mark.parametrize("guess", ["three", None, float("nan"), [1], True, {}])
def test_a_guess_of_the_wrong_shape_is_none(held: dict[str, Any], guess: object) -> None:
    send(held, guess=guess, commit=True)
    assert held["lesson"].answers == ()


def test_a_guess_far_away_is_moved_to_the_edge(held: dict[str, Any]) -> None:
    send(held, guess=1e9, commit=True)
    assert held["lesson"].answers == (("linear", "16.00"),)


def test_the_visitors_own_points_wait_while_a_step_has_its_own(open_page: Open) -> None:
    own = Screen(points=OWN)
    page = open_page("playground", **to_link(own)).switch_page("pages/lesson.py")
    page.query_params.clear()  # as the browser does
    page = page.run()
    assert lesson(page).own == own
    assert page.session_state[session.SCREEN].points != OWN
    page = press(press(page, "Next"), "Next")
    assert lesson(page).own is None
    assert page.session_state[session.SCREEN].points == OWN


def test_what_a_step_changes_does_not_stay(open_page: Open) -> None:
    page = open_page("lesson", es="used")
    assert page.session_state[session.SCREEN].layer == 2
    page = press(press(page, "Next"), "Next")
    assert page.session_state[session.SCREEN].layer is None


def test_leaving_and_coming_back_resumes(open_page: Open) -> None:
    page = press(open_page("lesson", es="noise"), "A.")
    page = page.switch_page("pages/playground.py").run()
    page = page.switch_page("pages/lesson.py").run()
    assert lesson(page).step == "noise"
    assert lesson(page).answer(step_of("noise")) == "a"


def test_a_thing_tried_is_noticed_and_kept(open_page: Open) -> None:
    page = press(open_page("lesson", es="noise"), "C.")
    assert not lesson(page).tried
    here = page.session_state[session.SCREEN]
    page.session_state[session.SCREEN] = replace(here, sigma=1.0)
    page = page.run()
    assert lesson(page).tried == ("noise",)
    assert any(step_of("noise").to_try.said in note.value for note in page.success)


TRIED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "prompt": (
        {"points": ((3.0, -1.0), (-3.0, 2.0), (2.0, -1.0), (-2.0, 1.0))},
        {"points": ((3.0, 2.0), (-3.0, -2.0), (2.0, 1.0), (-2.0, -1.0))},
    ),
    "linear": ({"query": 0.1}, {"query": 2.9}),
    "frozen": ({"points": ((-0.7, 1.0), *EXAMPLE[1:])}, {"points": ((-0.7, -1.0), *EXAMPLE[1:])}),
    "squares": ({"points": ((-0.7, 1.9), *EXAMPLE[1:])}, {"points": ((2.0, 2.0), (2.1, -2.0))}),
    "noise": ({"sigma": 0.5}, {"sigma": 1.0}),
    "pair": ({"query": 1.0}, {}),
    "used": ({"query": 1.0}, {"layer": 4}),
    "pool": ({"line": (1.0, -1.0)}, {"line": (-1.2, 0.1)}),
    "back": ({"points": ((-0.7, 1.9), *EXAMPLE[1:])}, {"points": ((2.0, 4.0), (2.1, -4.0))}),
}
"""Of each step: what does not do what it asks for, and what does."""


def test_every_step_has_something_that_is_tried() -> None:
    assert set(TRIED) == set(IDS)


@every_step
def test_done_is_what_was_asked_for_and_nothing_else(
    step: Step, model: Transformer, readouts: LayerReadouts
) -> None:
    start = step.begin(Screen())

    def tried(**changes: Any) -> bool:
        solved = solve_step(step, replace(start, **changes), model, readouts)
        off = step.id == "pair" and not changes
        return has_tried(step, Facts(solved, readouts, None, heads_off=off), start)

    not_it, it = TRIED[step.id]
    assert not tried(**not_it)
    assert tried(**it)
    if step.id != "pair":
        assert not tried()


def test_the_picture_of_attention_can_be_taken_apart_once_it_is_revealed(open_page: Open) -> None:
    page = open_page("lesson", es="pair", eh="1")
    before = component_of(page, "mechanism")
    assert before["acts"] == {}
    assert before["chosen"] == ""
    after = component_of(press(page, "B."), "mechanism")
    assert set(after["acts"]) == {"", "off"}
    assert after["chosen"] == after["pairing"]
    assert before["curves"][0] == after["curves"][0]
    assert before["curves"][-1] != after["curves"][-1]
    assert after["beside"][0]["name"] == "intact"


# --- the verdict, and the end ------------------------------------------------------------------


def test_a_verdict_stays_when_the_points_move(open_page: Open) -> None:
    page = press(open_page("lesson", es="prompt"), "B.")
    says = step_of("prompt").question.choices[1].says
    assert [note.value for note in page.success] == [says]
    told = [text.value for text in page.markdown if "stars** for x" in text.value]
    here = page.session_state[session.SCREEN]
    turned = tuple((x, -y) for x, y in here.points)
    page.session_state[session.SCREEN] = replace(here, points=turned)
    page = page.run()
    assert [text.value for text in page.markdown if "stars** for x" in text.value] == told
    assert page.success[0].value == says
    assert lesson(page).right == ("prompt",)
    page = press(page, "Answer again")
    assert lesson(page).right == ()


@pytest.mark.parametrize("said", ["a", "b"])
@pytest.mark.parametrize("right", [(), ("squares",)])
def test_a_verdict_that_came_with_a_link_is_not_given_anew(
    open_page: Open, said: str, right: tuple[str, ...]
) -> None:
    """The points may be others by now: only what is committed here is judged on those here."""
    link = answered(step_of("squares"), said) | {"er": "_".join(right)}
    assert lesson(open_page("lesson", **link)).right == right


def test_the_end_says_the_score_and_has_a_card(open_page: Open) -> None:
    said = tuple((step.id, "0.50" if step.question.is_guess else "b") for step in steps())
    progress = Lesson(step=IDS[-1], answers=said, right=("squares",))
    fixed = [step for step in steps() if step.question.answer == "b"]
    page = open_page("lesson", **CODEC.to_link(progress))
    right = len(fixed) + 1
    assert f"You predicted {len(IDS)} of {len(IDS)} steps, and {right} rightly" in words(page)
    (shown,) = [one.proto.body for one in page.get("html") if "<img" in one.proto.body]
    drawn = base64.b64decode(shown.partition("base64,")[2].partition('"')[0]).decode()
    assert f'alt="{card_said(right, len(IDS))}"' in shown
    assert f"{right} of {len(IDS)} right" in drawn
    assert drawn.count("<circle") == len(IDS)
    assert "rightly" not in words(open_page("lesson", es=IDS[-1]))


def test_steps_begin_and_end(open_page: Open) -> None:
    first, last = open_page("lesson", es=IDS[0]), open_page("lesson", es=IDS[-1])
    (back,) = [button for button in first.button if "Back" in button.label]
    assert back.disabled
    assert not [button for button in last.button if "Next" in button.label]
    ways_on = {link.proto.page for link in last.get("page_link")}
    assert ways_on >= {"two_layers", "language_model"}


def test_junk_in_the_link_is_one_sentence(open_page: Open) -> None:
    page = open_page("lesson", es="nowhere", ea="x-y_linear-high", eg="99")
    assert not page.exception
    assert page.title[0].value == steps()[0].title
    (note,) = page.info
    assert note.value.startswith("Part of this link could not be used")


@pytest.mark.slow
@every_step
@pytest.mark.parametrize("stage", range(len(STAGES)), ids=STAGES)
def test_a_room_is_shown_one_part_at_a_time(open_page: Open, step: Step, stage: int) -> None:
    page = open_page("lesson", es=step.id, eg=str(stage), present="1")
    assert not page.exception
    said = words(page)
    assert (step.idea.strip() in said) == (stage == 0)
    assert (step.question.ask in said) == (stage in (1, 2))
    assert (step.to_try.do in said) == (stage == 3)
    assert not any("Next" in button.label for button in page.button)


# --- the notes ------------------------------------------------------------------------------------


def test_the_notes_say_all_that_the_steps_hold(open_page: Open) -> None:
    page = open_page("notes")
    assert not page.exception
    said = words(page)
    for step in steps():
        for part in step.teacher.values():
            assert part in said
        assert step.question.ask in said
        assert any(step.title in heading.value for heading in page.header)


def test_a_gesture_that_ends_in_a_run_of_the_whole_page_does_no_harm() -> None:
    with by_hand() as hand:
        page = opened(LESSON)
        (pad,) = [key for key in hand.callbacks if key != "lesson_keys"]
        hand.send(pad, {"seq": 1, "final": True, "changes": {"query": 1.0}})
        page.run()
    assert not page.exception
    assert page.session_state[session.SCREEN].query == 1.0
