"""The app as `serve.py` gives it, with one more method: run by `test_toy_method.py`."""

from pathlib import Path

import streamlit as st

from serving.parts import parts
from tests.support.toys import TOY
from ui.visitor import methods

methods.register(TOY)
app = st.App(str(Path(__file__).parents[2] / "app.py"), routes=[parts])
