"""The JavaScript of the components, at addresses that change with what they hold."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ui.components import component

FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


async def part(request: Request) -> Response:
    """One module; another version's is not kept."""
    script = component.handed_out.get(request.path_params["name"])
    if script is None:
        return PlainTextResponse("Not Found", status_code=404)
    return Response(script, media_type="text/javascript", headers=FOR_GOOD)


component.hand_out()
parts = Route(f"/{component.ADDRESS}/{{name}}.js", part)
