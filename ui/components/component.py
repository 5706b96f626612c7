"""How the project's own components are put together: plain files, no build step.

A component is a folder with one HTML file, its CSS and its JavaScript, whose files are
one module in the order of their names. Every component looks and draws like the task
pad, and takes the pad's styles and small helpers with it.

Streamlit sends a component's JavaScript along with every answer, 55 kB of it while a
point is dragged. `serve.py` hands it out once, at an address of its own, and what is
sent along only imports it; where the pages run without `serve.py`, all is sent along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
PAD = HERE / "pad"
HELPERS = (PAD / "1_draw.js", PAD / "5_export.js")  # drawing, and is it dark?
ADDRESS = "parts"
handed_out: dict[str, str] = {}
"""The modules at ``parts/NAME.js``, by name; empty where nobody hands them out."""


def hand_out() -> None:
    """Called by `serve.py` before any page is imported: modules have addresses from now on."""
    for page in HERE.glob("*/*.html"):
        script = _script(page.parent)
        digest = hashlib.sha256(script.encode()).hexdigest()[:12]
        handed_out[f"{page.parent.name}-{digest}"] = script


def component(name: str, folder: Path) -> Callable[..., Any]:
    """The component of a folder, to be called with ``key``, ``data`` and callbacks."""
    styles = [] if folder == PAD else [PAD / "pad.css"]
    return st.components.v2.component(
        name,
        html=_joined(folder.glob("*.html")),
        css=_joined([*styles, *folder.glob("*.css")]),
        js=_import(folder) or _script(folder),
    )


def _script(folder: Path) -> str:
    return _joined([*(HELPERS if folder != PAD else []), *sorted(folder.glob("*.js"))])


def _import(folder: Path) -> str | None:
    for name in handed_out:
        if name.rpartition("-")[0] == folder.name:
            where = f'new URL("{ADDRESS}/{name}.js", document.baseURI)'
            # Of one line Streamlit would think that it is the name of a file.
            return f"const part = await import({where});\nexport default part.default;"
    return None


def _joined(paths: Iterable[Path]) -> str:
    return "\n".join(path.read_text() for path in paths)
