"""One JSON object a line, and nothing in it that a visitor gave."""

import json
import logging

from serving.logs import MOST_REPEATS, WINDOW, FewRepeats, WithoutVisitorData
from tests.support.server import Server


def line(message: str, *arguments: object, error: Exception | None = None) -> dict[str, object]:
    """What is logged."""
    trouble = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("lab", logging.ERROR, "x.py", 1, message, arguments, trouble)
    told: dict[str, object] = json.loads(WithoutVisitorData().format(record))
    return told


def test_arguments_are_left_out() -> None:
    told = line("%s opened %s", "203.0.113.7", "?p=secret")
    assert told["event"] == "%s opened %s"
    assert "203.0.113.7" not in json.dumps(told)
    assert "secret" not in json.dumps(told)


def test_of_an_exception_only_its_kind_and_its_place_are_told() -> None:
    try:
        float("what she typed")
    except ValueError as error:
        told = line("A job failed", error=error)
    assert told["exception"] == "ValueError"
    assert "test_logs.py" in str(told["frames"])
    assert "she typed" not in json.dumps(told)


def test_a_running_server_logs_nothing_else(public: Server) -> None:
    assert public.log is not None
    lines = [json.loads(text) for text in public.log.read_text().splitlines() if text]
    assert {"time", "level", "logger", "event"} <= set(lines[0])
    assert "Ready" in [told["event"] for told in lines]


def test_a_thousand_repeats_are_a_few_lines_and_a_number() -> None:
    repeats = FewRepeats()

    def seen(at: float, event: str) -> logging.LogRecord | None:
        record = logging.LogRecord("lab", logging.WARNING, "x.py", 1, event, (), None)
        record.created = at
        return record if repeats.filter(record) else None

    lines = [seen(1000.0 + i / 100, "bad JSON") for i in range(1000)]
    assert sum(line is not None for line in lines) == MOST_REPEATS
    assert seen(1005.0, "something else") is not None
    later = seen(1000.0 + WINDOW, "bad JSON")
    assert later is not None
    assert json.loads(WithoutVisitorData().format(later))["left_out"] == 1000 - MOST_REPEATS


def test_a_reason_that_our_own_code_gives_is_told() -> None:
    record = logging.LogRecord("lab", logging.ERROR, "x.py", 1, "A training failed", (), None)
    record.reason = "signal 9"
    assert json.loads(WithoutVisitorData().format(record))["reason"] == "signal 9"
