"""How the project's own components are put together: plain files, no build step.

A component is a folder of ``NAME.html``, ``NAME.css`` and the ES module ``NAME.js``,
NAME being the folder's, which imports what else it needs: modules beside it, and those
in ``shared/``. Every component looks like the task pad and takes the pad's styles with it.
To add one, make such a folder, with the default export of ``shared/component.js`` in its
module, and a Python function beside it that shows it; see ``inside_view/`` for the
smallest. An element that its HTML marks ``data-whole`` gets the button for full screen.
Unit tests of its modules go to ``tests/js``.

Streamlit sends a component's JavaScript along with every answer, and cannot follow its
imports, so its modules are joined. `serve.py` hands the whole out once, at an address of
its own, and what is sent along only imports it; where the pages run without `serve.py`,
all is sent along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from ui.components.join import join

HERE = Path(__file__).parent
PAD, SHARED = HERE / "pad", HERE / "shared"
ADDRESS = "parts"
handed_out: dict[str, str] = {}
"""The modules at ``parts/NAME.js``, by name; empty where nobody hands them out."""


def hand_out() -> None:
    """Called by `serve.py` before any page is imported: modules have addresses from now on."""
    for page in HERE.glob("*/*.html"):
        script = join(page.with_suffix(".js"))
        digest = hashlib.sha256(script.encode()).hexdigest()[:12]
        handed_out[f"{page.stem}-{digest}"] = script


def component(name: str, folder: Path, *, shared: tuple[str, ...] = ()) -> Callable[..., Any]:
    """The component of a folder, to be called with ``key``, ``data`` and callbacks.

    shared: names of style sheets in ``shared/`` that it takes before its own.
    """
    own = folder / folder.name
    more = [SHARED / f"{style}.css" for style in shared]
    styles = dict.fromkeys([PAD / "pad.css", *more, own.with_suffix(".css")])
    return st.components.v2.component(
        name,
        html=own.with_suffix(".html").read_text(),
        css="\n".join(style.read_text() for style in styles),
        js=_import(folder.name) or join(own.with_suffix(".js")),
    )


def _import(name: str) -> str | None:
    for module in handed_out:
        if module.rpartition("-")[0] == name:
            where = f'new URL("{ADDRESS}/{module}.js", document.baseURI)'
            # Of one line Streamlit would think that it is the name of a file.
            return f"const part = await import({where});\nexport default part.default;"
    return None
