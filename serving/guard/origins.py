"""Who may connect: by the address that a request was sent to, and the page that it comes from."""

from __future__ import annotations

import logging
import os
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config

LOG = logging.getLogger("lab")
HEALTH = "/_stcore/health"


def host_name(host: str) -> str | None:
    """The name in a Host header, in small letters and without its port; None if it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises ValueError for a port that is none
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def is_allowed_host(host: str | None, allowed: list[str]) -> bool:
    """Whether a Host header names one of the allowed hosts; any will do if none are named."""
    if not allowed:
        return True
    name = host_name(host or "")
    return name is not None and any(
        name.endswith(one[1:]) if one.startswith("*.") else name == one for one in allowed
    )


def is_allowed_origin(origin: str, host: str | None, allowed: list[str]) -> bool:
    """Whether a page of this origin may connect: the lab's own, or one that is named in full."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    own = parts.scheme in ("http", "https") and host is not None
    return (own and parts.netloc.lower() == str(host).lower()) or origin in allowed


def is_foreign(headers: Headers) -> bool:
    """Whether a page of another origin than the lab's own asks; programs name none."""
    origins = headers.getlist("origin")
    if not origins:
        return False
    allowed = config.get_option("server.corsAllowedOrigins")
    return len(origins) > 1 or not is_allowed_origin(origins[0], headers.get("host"), allowed)


class Origins:
    """ASGI middleware: refuses foreign hosts, and lines that a foreign page opens.

    ``LAB_ALLOWED_HOSTS`` names the hosts that the lab is served at, with spaces
    between them (``lab.example *.lab.example``); any host without it. Health probes ask by
    address, so they may. Pages of other origins may open a line if
    ``server.corsAllowedOrigins`` of Streamlit's settings names them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.hosts = os.environ.get("LAB_ALLOWED_HOSTS", "").lower().split()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origins = headers.get("host"), headers.getlist("origin")
        if scope["path"] != HEALTH and not is_allowed_host(host, self.hosts):
            LOG.warning("Refused a request for a host that is not in LAB_ALLOWED_HOSTS")
            await _refuse(scope, receive, send)
            return
        if scope["type"] == "websocket" and origins:
            if is_foreign(headers):
                LOG.warning("Refused a line that a page of another origin opened")
                await _refuse(scope, receive, send)
                return
            # For any origin but the Host itself Streamlit asks an outside service for this
            # machine's address, while all other visitors wait. What came through is the Host's.
            MutableHeaders(scope=scope)["origin"] = f"{urlsplit(origins[0]).scheme}://{host}"
        await self.app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP's 403
    else:
        await PlainTextResponse("Misdirected Request", status_code=421)(scope, receive, send)
