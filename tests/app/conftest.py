"""Shared by the tests of the pages and of what feeds them."""

import pytest
import torch
from hypothesis import settings
from streamlit.testing.v1 import AppTest

from icl_core import load_model
from icl_core.probes.readouts import load_layer_readouts
from tests.support.pages import APP

torch.set_num_threads(1)
settings.register_profile("app", deadline=None, derandomize=True)
settings.load_profile("app")


@pytest.fixture(scope="session")
def model():
    return load_model("playground")


@pytest.fixture(scope="session")
def readouts():
    return load_layer_readouts("playground")


@pytest.fixture
def open_page():
    """Open a page with query parameters, as a visitor who follows a link does."""

    def run(where: str = "playground", /, **parameters: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60).run()
        for name, value in parameters.items():
            page.query_params[name] = value
        return page.switch_page(f"pages/{where}.py").run()

    return run


@pytest.fixture
def open_root():
    """Open the app's own address, as a visitor from a search engine or with an old link does."""

    def run(**parameters: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in parameters.items():
            page.query_params[name] = value
        return page.run()

    return run
