"""Shared by the tests of the pages and of what feeds them."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings
from streamlit.testing.v1 import AppTest

from icl_core import load_model
from icl_core.probes import load_layer_readouts

APP = Path(__file__).resolve().parents[2] / "app.py"
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
    """Run the app with query parameters, as a visitor who follows a link does."""

    def run(**parameters: str) -> AppTest:
        page = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in parameters.items():
            page.query_params[name] = value
        return page.run()

    return run
