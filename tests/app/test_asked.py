"""The answer service says what the page says, and nothing that the page leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from icl_core.models.transformer import Transformer
from tests.support.pages import opened
from tests.support.rendered import pad_of
from ui.answers import asked
from ui.answers.asked import VERSION, Refused, understood
from ui.answers.solve import Payload
from ui.lesson.steps import steps
from ui.pages import all_pages
from ui.visitor import methods
from ui.visitor.page_registry import page as page_named
from ui.visitor.screen import Screen, to_link, write_points

DRAWN = to_link(Screen(points=((-1.0, 0.5), (2.0, 1.5)), sigma=0.5, query=0.3))
LINKS: list[tuple[str, dict[str, str]]] = [
    ("playground", {}),
    ("playground", {**DRAWN, "gs": "7", "ly": "3", "m": "transformer.knn"}),
    ("playground", {"p": "sampled", "d": "5", "k": "4"}),
    ("playground", {"p": "sampled", "l": "0.5,-1.0"}),
    ("playground", {**DRAWN, "th": "python.ridge.layers.line"}),
    ("home", {"o": "1"}),
    ("home", {"o": "1", "th": "ridge"}),
    ("teach", DRAWN),
    ("lesson", {"es": "linear"}),
    ("lesson", {"es": "noise", "th": "transformer"}),
    ("lesson", {"es": "noise", "ea": "noise-b"}),
    ("lesson", {"es": "noise", "present": "1", "eg": "2"}),
]
MOVED = {"query": -0.75, "sigma": 0.25}


def in_json(answer: Payload) -> Payload:
    """As it goes out."""
    sent: Payload = json.loads(json.dumps(answer))
    return sent


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_the_answer_is_the_pages_own(name: str, link: dict[str, str]) -> None:
    """To what is on screen, and to a change that the page gets by its link."""
    told = pad_of(opened(page_named(name), **link))
    changes = {**told["screen"], "points": told["screen"]["points"] if told["drawn"] else None}
    question = {"page": name, "link": told["link"], "changes": changes}
    answer = in_json(understood(question).answer())
    assert answer.pop("version") == VERSION
    assert answer == {key: told[key] for key in answer}
    paged = {
        *("drawing", "guess", "hide", "limits", "link", "look", "about", "seq", "zoom"),
        *("behind", "band", "outline", "opening", "units", "apart", "embeds"),
    }
    assert told.keys() - answer.keys() == {*paged, "service"}
    moved = in_json(understood({**question, "changes": {**changes, **MOVED}}).answer())
    there = pad_of(opened(page_named(name), **{**link, **told["link"], "x": "-0.75", "s": "0.25"}))
    assert {**moved, "version": 0} == {**{key: there.get(key) for key in moved}, "version": 0}
    assert moved != answer


@pytest.mark.parametrize("step", [step for step in steps() if step.kept_back], ids=lambda s: s.id)
def test_what_the_lesson_keeps_back_is_not_answered(step: Any) -> None:
    def answer(**link: str) -> dict[str, Any]:
        return understood({"page": "lesson", "link": {"es": step.id, **link}}).answer()

    said = "b" if step.question.choices else "0.5"
    before, after = answer(), answer(ea=f"{step.id}-{said}")
    back = set(step.kept_back)
    assert not back & before["errors"]["rows"].keys()
    assert not back & before.get("curves", {}).keys()
    kept_methods = back & set(methods.ids())
    assert kept_methods <= after["errors"]["rows"].keys()
    if "line" in back:
        assert before["truth"] is None
    if "layers" in back:
        assert before["layers"] is None
        assert after["layers"] is not None


def test_only_pads_that_a_link_tells_in_full_are_sent_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asked, "address", "answer")
    with_pads = {name: {"o": "1"} for name in ("home", "playground", "lesson", "teach")}
    with_pads |= {"inside": {}, "algorithm": {"ao": "mine"}}
    served = {
        name: pad_of(opened(page_named(name), **link))["service"]
        for name, link in with_pads.items()
    }
    assert {name for name, told in served.items() if told} == {
        page.name for page in all_pages() if page.pad is not None
    }
    assert served["home"] == {"address": "answer", "version": VERSION, "page": "home"}


def test_without_the_service_no_pad_is_sent_an_address() -> None:
    assert pad_of(opened(page_named("playground")))["service"] is None


TOGETHER: list[dict[str, Any]] = [
    *({"changes": {"points": [[0, y], [1, 2], [2, y]], "query": y / 3}} for y in (0.2, 1.1, 3.6)),
    *({"changes": {"points": None, "d": 5, "k": 9, "seed": seed}} for seed in (1, 2)),
    *({"changes": {"points": None, "intercept": False, "seed": seed}} for seed in (3, 4)),
    *({"changes": {"points": []}}, {"changes": {"points": [[0, 1]]}, "link": {"th": "ridge"}}),
    *({"network": "control"}, {"page": "home"}, {"changes": {"k": 3, "points": None}}),
    {"changes": {"points": [[0, 30], [1, 2], [2, 9]]}},
    {"changes": {"points": [[0, 1], [1, 2], [2, 0]], "steps": 9}},
]


def test_those_who_ask_together_are_answered_as_if_alone() -> None:
    """Prompts of one shape and of others, on and off the plane, in and out of range."""
    questions = [understood(question) for question in TOGETHER]
    together = [in_json(answer) for answer in asked.answers(questions)]
    alone = [in_json(question.answer()) for question in questions]
    for told, one in zip(together, alone, strict=True):
        assert_alike(told, one)
    assert together[0]["curves"]["transformer"] != together[1]["curves"]["transformer"]
    assert together[-2]["beyond"]
    assert not together[0]["beyond"]


def test_the_network_is_asked_once_for_all_that_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = asked.shipped().model
    assert isinstance(network, Transformer)
    batches = []

    def noted(*given: Any, **named: Any) -> Any:
        batches.append(len(given[0]))
        return decode(*given, **named)

    decode = network._decode
    monkeypatch.setattr(network, "_decode", noted)
    asked.answers([understood(question) for question in TOGETHER[:5]])
    assert batches == [3, 2]


def assert_alike(told: Any, alone: Any) -> None:
    """Equal up to one in the last of the digits that are sent."""
    if isinstance(alone, dict):
        assert told.keys() == alone.keys()
        for key, value in alone.items():
            assert_alike(told[key], value)
    elif isinstance(alone, list):
        assert len(told) == len(alone)
        for pair in zip(told, alone, strict=True):
            assert_alike(*pair)
    elif isinstance(alone, float):
        assert told == pytest.approx(alone, rel=1.1e-3, abs=1.1e-3)
    else:
        assert told == alone


def test_any_shipped_network_can_be_asked() -> None:
    own, other = ({"network": name} for name in ("playground", "control"))
    flagship, control = (understood(question).answer() for question in (own, other))
    assert flagship["curves"]["transformer"] != control["curves"]["transformer"]
    assert flagship["curves"]["ols"] == control["curves"]["ols"]


def test_what_is_out_of_range_is_moved_and_said() -> None:
    answer = understood({"changes": {"sigma": 0.3, "points": [[9, 0], [1, 2]]}}).answer()
    assert answer["screen"]["sigma"] == 0.25
    assert answer["screen"]["points"] == [[5, 0], [1, 2]]
    assert answer["notice"].startswith("That was not taken as it came: points 1 out of range")
    part = understood({"link": {"s": "0.3", "utm": "x"}}).answer()["notice"]
    assert part.startswith("Part of this link could not be used: noise was moved")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ([], "A question is a JSON object."),
        (None, "A question is a JSON object."),
        ({"pionts": 1}, "A question may hold version, page, network, link, changes"),
        ({"version": 2}, "This is version 1"),
        ({"link": "?p="}, "'link' is a JSON object."),
        ({"link": {"p": 1}}, "What a link holds are texts."),
        ({"changes": []}, "'changes' is a JSON object."),
        ({"changes": {"pionts": []}}, "The changes may hold points, "),
        ({"changes": {"points": "AAA"}}, "That cannot be read: points are cut short."),
        ({"changes": {"d": "x", "seed": 0.5}}, "d is not a number; seed is not a whole number."),
        ({"page": "train"}, "'page' is one of home, playground, lesson, teach."),
        ({"page": ["home"]}, "'page' is one of "),
        ({"network": "../x"}, "'network' is one of "),
    ],
)
def test_bad_questions_get_a_sentence(question: object, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        understood(question)
    assert sentence in str(refused.value)


def test_a_point_may_be_drawn_as_a_link_writes_it() -> None:
    points = ((0.5, 1.0),)
    as_text = understood({"changes": {"points": write_points(points)}})
    assert as_text.shown == understood({"link": to_link(Screen(points=points))}).shown
