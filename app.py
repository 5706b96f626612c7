"""Page configuration and navigation, nothing else."""

import streamlit as st

from ui.components import travels
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
        st.Page("pages/home.py", title="Start", default=True),
        st.Page("pages/playground.py", title="Playground", url_path="playground"),
        st.Page("pages/lesson.py", title="Lesson", url_path="lesson"),
        st.Page("pages/inside.py", title="Inside", url_path="inside"),
        st.Page("pages/algorithm.py", title="Algorithm", url_path="algorithm"),
        st.Page("pages/construction.py", title="Construction", url_path="construction"),
        st.Page("pages/train.py", title="Train one", url_path="train"),
        st.Page("pages/teach.py", title="For teachers", url_path="teach"),
        # Reached from the page for teachers. In sections of their own Streamlit
        # would put them into a list that is no valid list on a phone.
        st.Page(
            "pages/classroom.py", title="Class view", url_path="classroom", visibility="hidden"
        ),
        st.Page("pages/notes.py", title="Notes", url_path="notes", visibility="hidden"),
    ],
    position="hidden" if alone else "top",
)
page.run()
presenter.room()
travels.watch(page.url_path, session.travel)
