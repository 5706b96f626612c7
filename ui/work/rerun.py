"""Running a fragment again from within."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def rerun_fragment() -> NoReturn:
    """Run the fragment again; or the page, where all of it is being run just now.

    Streamlit refuses the former in a run of the whole page, which a click elsewhere
    makes of a fragment's run when both come at once.
    """
    context = get_script_run_ctx()
    alone = context is not None and bool(context.fragment_ids_this_run)
    st.rerun(scope="fragment" if alone else "app")
