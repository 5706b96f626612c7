"""Page configuration and navigation, nothing else."""

import streamlit as st

from ui import session

session.enter()
st.set_page_config(
    page_title="A model within a model",
    page_icon="ui/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.navigation(
    [
        st.Page("pages/playground.py", title="Playground", default=True),
        st.Page("pages/inside.py", title="Inside", url_path="inside"),
        st.Page("pages/algorithm.py", title="Algorithm", url_path="algorithm"),
        st.Page("pages/construction.py", title="Construction", url_path="construction"),
        st.Page("pages/train.py", title="Train one", url_path="train"),
    ],
    position="top",
).run()
