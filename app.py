"""Page configuration and navigation, nothing else."""

import streamlit as st

from ui.components import travels
from ui.pages import all_pages
from ui.visitor import presenter, session, teaching

session.enter()
st.set_page_config(
    page_title="A model within a model",
    page_icon="ui/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed",
)
alone = teaching.current().present or not teaching.shows("nav")
page = st.navigation(
    [
        st.Page(
            spec.script,
            title=spec.title,
            url_path=spec.url_path,
            default=spec.starts,
            visibility="visible" if spec.listed else "hidden",
        )
        for spec in all_pages()
    ],
    position="hidden" if alone else "top",
)
page.run()
presenter.room()
travels.watch(page.url_path, session.travel)
