"""Streamlit's own document, which is told where the server is and what its page is about.

On an address below the app's (``/inside``) the browser's part of Streamlit first asks for
``/inside/_stcore/health`` and ``/inside/_stcore/host-config``, and only after their 404
for those at the root: one round trip more before anything is seen.

A link that is shared shows its page's title, a sentence and a picture (https://ogp.me),
which are read where no script runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from html import escape
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
WHERE = 'window.__streamlit = {BACKEND_BASE_URL: new URL(".", location.href).href};'
"""Every page is one step below the app's address, whatever that is behind a proxy."""
PICTURE = Path(__file__).parents[1] / "ui" / "preview.png"
PICTURED = f"/{PICTURE.name}"
NAME = "A model within a model"
ABOUT = (
    "When a transformer learns from examples in its prompt, what algorithm is it running? "
    "Drag the points and see its answer move."
)
Answer = Callable[[Request], Awaitable[HTMLResponse]]


def document(tags: Mapping[str, str] | None = None) -> str:
    """The document with the script that says where the server is, and a page's preview."""
    told = "".join(
        f'<meta {"name" if name == "description" else "property"}="{escape(name)}"'
        f' content="{escape(said)}">'
        for name, said in (tags or {}).items()
    )
    return _index().replace("<head>", f"<head><script>{WHERE}</script>{told}", 1)


@cache
def _index() -> str:
    return INDEX.read_text()


def preview(title: str, says: str, picture: str) -> dict[str, str]:
    """What a link to a page shows where it is shared."""
    return {
        "description": says,
        "og:type": "website",
        "og:site_name": NAME,
        "og:title": title,
        "og:description": says,
        "og:image": picture,
        "og:image:alt": "Points on a plane and the line that a transformer answers with",
        "twitter:card": "summary_large_image",
    }


def deep_links() -> list[Route]:
    """A route for each page, and one for the picture of them all."""
    # Late: the components' modules are handed out before.
    from ui.home.doors import facts
    from ui.pages import all_pages

    known = facts()

    def told(title: str, says: str) -> Answer:
        async def answer(request: Request) -> HTMLResponse:
            picture = str(request.base_url.replace(path=PICTURED, query=""))
            page = document(preview(title, says, picture))
            return HTMLResponse(page, headers={"Cache-Control": "no-cache"})

        return answer

    async def picture(_request: Request) -> FileResponse:
        return FileResponse(PICTURE, headers={"Cache-Control": "public, max-age=86400"})

    routes = [Route(PICTURED, picture)]
    for spec in all_pages():
        title = f"{spec.title} · {NAME}" if spec.url_path else NAME
        says = ABOUT if spec.door is None else spec.door.says.format_map(known)
        routes.append(Route(f"/{spec.url_path}", told(title, says)))
    return routes
