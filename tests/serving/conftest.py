"""A running server as the public gets it, without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import Server, serving

TOKEN, SECRET = "measure-me", "the same on every replica"


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`serve.py` with everything set that a deployment sets."""
    environment = {
        "LAB_LOG": "json",
        "LAB_METRICS_TOKEN": TOKEN,
        "LAB_FRAME_ANCESTORS": "'self' https://course.example",
        "STREAMLIT_SERVER_COOKIE_SECRET": SECRET,
        "STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE": "true",
    }
    log = tmp_path_factory.mktemp("public") / "log.txt"
    with serving(log, environment=environment) as server:
        yield server
