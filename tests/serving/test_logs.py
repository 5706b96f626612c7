"""One JSON object a line, and nothing in it that a visitor gave."""

import json
import logging

from serving.logs import WithoutVisitorData
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
