"""Page configuration and navigation, nothing else."""

from pathlib import Path

import streamlit as st

from ui.components import travels
from ui.components.theme_switch import theme_switch
from ui.pages import all_pages
from ui.visitor import presenter, session, teaching

session.enter()
alone = teaching.current().present or not teaching.shows("nav") or bool(st.context.is_embedded)
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
NAME = "A model within a model"
LOGO = Path(__file__).with_name("ui").joinpath("logo.svg").read_text()
st.set_page_config(
    page_title=f"{page.title} · {NAME}" if page.url_path else NAME,
    page_icon="ui/icon.svg",
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.logo(LOGO, size="medium")
page.run()
if not (teaching.current().present or st.context.is_embedded):
    theme_switch([spec.url_path for spec in all_pages()])
presenter.room()
travels.watch(page.url_path, session.travel, *session.arrival())
