"""``POST /answer``: a pad's question in, its answer out, without a session. See docs/api.md."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from serving.apart import AT_ONCE, Apart, Gone
from serving.guard.origins import is_foreign
from serving.guard.turns import Full, TooMany, Turns, neighbourhood
from serving.said import Said, answered, refused
from ui.work import compute_thread

LOG = logging.getLogger("lab")

ADDRESS = "answer"
MOST_BYTES = 65_536
"""Of a question; 40 points with the longest link are 6 kB."""
AT_WORK = 2 * AT_ONCE
"""Questions on their way: those that are answered together, and the next that will be."""
ON_THE_THREAD = 1
"""Of them at the compute thread, where pages wait behind them."""
MOST_HERE = 256
"""Questions of all addresses together, some two seconds' work."""
MOST_OF_ONE = 128
"""Questions of one address at a time; a whole class comes from one, and a pad has one."""
RETRY_SECONDS = 1
"""Until one may come again; an address that asks too much is kept waiting for its refusal, too,
or it would be refused a thousand times a second while others wait."""


def unfit(request: Request) -> Said | None:
    """Why a request is not read at all, if it is not."""
    headers = request.headers
    if request.method != "POST":
        return refused(HTTPStatus.METHOD_NOT_ALLOWED, "Questions are asked by POST.")
    if is_foreign(headers):
        return refused(HTTPStatus.FORBIDDEN, "Pages of other sites are not answered.")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or headers.get("content-encoding", "identity") != "identity":
        return refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A question is application/json, as is.")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > MOST_BYTES:
        return TOO_LARGE
    return None


TOO_LARGE = refused(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A question has {MOST_BYTES} bytes at most."
)
LATER = {
    TooMany: refused(HTTPStatus.TOO_MANY_REQUESTS, "Too many questions from here at a time."),
    Full: refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many ask just now."),
    Gone: refused(HTTPStatus.SERVICE_UNAVAILABLE, "The answer was lost on its way."),
}


async def read(request: Request) -> bytes | None:
    """What was asked; None where that is too much."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            return None
    return bytes(found)


class Answers:
    """The service, as an ASGI application.

    apart: the process that answers; without one, and until it is ready, the compute
    thread does.
    """

    def __init__(self, apart: Apart | None = None) -> None:
        self.apart = apart
        self.turns = Turns(AT_WORK, MOST_HERE, MOST_OF_ONE)
        self.thread = asyncio.Semaphore(ON_THE_THREAD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            found = unfit(request) or await self._answer(request)
        except ClientDisconnect:
            return
        if found is not None:
            await _response(found)(scope, receive, send)

    async def _answer(self, request: Request) -> Said | None:
        body = await read(request)
        if body is None:
            return TOO_LARGE
        pack = "gzip" in request.headers.get("accept-encoding", "")
        who = neighbourhood(request.client.host) if request.client else ""
        try:
            async with self.turns.turn(who):
                if await request.is_disconnected():
                    return None
                if self.apart is not None and self.apart.ready():
                    return await self.apart.ask(body, pack)
                async with self.thread:
                    return await asyncio.wrap_future(compute_thread.begin(answered, body, pack))
        except (TooMany, Full, Gone) as trouble:
            LOG.warning("Refused a question: %s", type(trouble).__name__)
            if isinstance(trouble, TooMany):
                await asyncio.sleep(RETRY_SECONDS)
            return LATER[type(trouble)]


def _response(found: Said) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if found.packed:
        headers["Content-Encoding"] = "gzip"
    if found.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(RETRY_SECONDS)
    if found.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST"
    return Response(found.body, found.status, headers, media_type="application/json")


def answers() -> Route:
    """The route of the service; pads are told of it from here on."""
    import ui.pages  # noqa: F401  late: the components' modules are handed out before
    from ui.answers import asked

    asked.address = ADDRESS
    return Route(f"/{ADDRESS}", Answers(Apart()))
