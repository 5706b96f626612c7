"""Two replicas behind nginx, shared by the tests that do them no harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.proxy import Deployment, deployed


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("deployment")) as running:
        yield running
