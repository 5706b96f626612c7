"""Page configuration and navigation, nothing else."""

import streamlit as st

st.set_page_config(
    page_title="A model within a model",
    page_icon="ui/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.navigation(
    [st.Page("pages/playground.py", title="Playground", default=True)], position="top"
).run()
