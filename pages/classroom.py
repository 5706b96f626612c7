"""The class view: many students' links and codes as one chart."""

import streamlit as st

from icl_core import load_model
from icl_core.tables.decoding import text_of
from ui.classroom.class_view import show_class
from ui.classroom.handed_in import MOST, HandedIn, read_links
from ui.figures.theme import TIGHT_TOP
from ui.lesson.answer_code import code_of
from ui.pages import CLASSROOM
from ui.visitor import session
from ui.visitor.networks import SHIPPED
from ui.work.load_or_warn import load_or_warn


def introduction() -> None:
    """What this is."""
    st.html(TIGHT_TOP)
    st.title("Class view", anchor=False)
    st.markdown(
        "Each student's link holds their answers to the lesson and the points they drew; their "
        "code, twelve letters and digits below the lesson, holds the answers alone. Collect them, "
        f"paste or type up to {MOST} here, one a line, and see all of them at once. **Nothing is "
        "stored**: no accounts, and all is gone when you close the tab."
    )


def collect() -> HandedIn:
    """What was pasted and uploaded."""
    pasted, uploaded = st.columns([2, 1])
    # A widget's own value ends with a visit to another page.
    st.session_state.setdefault("class_links", st.session_state.get("class_kept", ""))
    text = pasted.text_area(
        "Links or codes, one a line",
        height=160,
        key="class_links",
        placeholder=f"https://…/lesson?es=linear&ea=linear-2.40\n{code_of({'linear': '2.40'})}",
    )
    st.session_state["class_kept"] = text
    file = uploaded.file_uploader("or a text or CSV file with one in each line", ["txt", "csv"])
    if file is not None:
        told, _ = text_of(file.getvalue(), errors="replace")
        text = f"{text}\n{told}" if text else told
    return read_links(text)


session.arrive(CLASSROOM)
introduction()
handed_in = collect()
if handed_in.trouble:
    st.warning(handed_in.trouble)
if not handed_in.sheets:
    st.caption("No links or codes yet.")
elif load_or_warn(load_model, SHIPPED) is not None:
    show_class(handed_in)
