"""Shared by the tests of the pages and of what feeds them."""

import pytest
import torch
from hypothesis import settings
from streamlit.testing.v1 import AppTest

from icl_core.checkpoints import load_decoder
from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts, load_layer_readouts
from tests.support.pages import APP
from tests.support.rendered import Open

torch.set_num_threads(1)
settings.register_profile("app", deadline=None, derandomize=True)
settings.load_profile("app")


@pytest.fixture(scope="session")
def model() -> Transformer:
    return load_decoder("playground")


@pytest.fixture(scope="session")
def readouts() -> LayerReadouts:
    return load_layer_readouts("playground")


@pytest.fixture
def open_page() -> Open:
    """Open a page with query parameters, as a visitor who follows a link does."""

    def run(where: str = "playground", /, **parameters: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60).run()
        for name, value in parameters.items():
            page.query_params[name] = value
        return page.switch_page(f"pages/{where}.py").run()

    return run


@pytest.fixture
def open_root() -> Open:
    """Open the app's own address, as a visitor from a search engine or with an old link does."""

    def run(**parameters: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in parameters.items():
            page.query_params[name] = value
        return page.run()

    return run
