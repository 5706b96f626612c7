"""Streamlit's own document, which is told where the server is instead of having to look.

On an address below the app's (``/inside``) the browser's part of Streamlit first asks for
``/inside/_stcore/health`` and ``/inside/_stcore/host-config``, and only after their 404
for those at the root: one round trip more before anything is seen.
"""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
WHERE = 'window.__streamlit = {BACKEND_BASE_URL: new URL(".", location.href).href};'
"""Every page is one step below the app's address, whatever that is behind a proxy."""


def document() -> str:
    """The document with the script that says where the server is."""
    return INDEX.read_text().replace("<head>", f"<head><script>{WHERE}</script>", 1)


def deep_links() -> list[Route]:
    """A route for each page but the start page, which is at the root anyway."""
    from ui.pages import all_pages  # late: the components' modules are handed out before

    page = document()

    async def answer(_request: Request) -> HTMLResponse:
        return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

    return [Route(f"/{spec.url_path}", answer) for spec in all_pages() if spec.url_path]
