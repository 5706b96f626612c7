"""Security headers on every answer, and the metrics behind a token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.document import document

METRICS = "/_stcore/metrics"
AGENT = "/_stcore/agent"
"""Streamlit's door for programs that drive an app. The lab has no use for it."""


def inline_script_hashes(page: str) -> list[str]:
    """The CSP sources that allow just the inline scripts of a page."""
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def content_security_policy(frame_ancestors: str = "'self'") -> str:
    """What a page of the lab may load, and who may show it in a frame.

    ``blob:`` is for the components: Streamlit imports their JavaScript from there.
    Inline styles are how its widgets are styled. No ``unsafe-eval``: Plotly needs it
    for WebGL traces only, which no page draws.
    """
    scripts = " ".join(inline_script_hashes(document()))
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' blob: {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        ]
    )


def security_headers(frame_ancestors: str) -> dict[str, str]:
    """Headers by name. HSTS is left to whoever ends TLS."""
    return {
        "Content-Security-Policy": content_security_policy(frame_ancestors),
        "X-Content-Type-Options": "nosniff",
        # The address holds what a visitor drew: other sites learn at most where we are.
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


class SecurityHeaders:
    """ASGI middleware: sets the headers, and hides the metrics from who has no token.

    ``LAB_FRAME_ANCESTORS`` names the sites that may embed the lab, as in the CSP
    directive of that name; only this one by default. ``LAB_METRICS_TOKEN`` is the
    bearer token that opens ``/_stcore/metrics``; without it nothing does.
    """

    def __init__(self, app: ASGIApp):
        self.app = app
        self.headers = security_headers(os.environ.get("LAB_FRAME_ANCESTORS", "'self'"))
        self.token = os.environ.get("LAB_METRICS_TOKEN", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        path = scope["path"].rstrip("/")
        hidden = AGENT in path or (path.endswith(METRICS) and not self._may_measure(scope))
        app = PlainTextResponse("Not Found", status_code=404) if hidden else self.app
        await app(scope, receive, send_with_headers)

    def _may_measure(self, scope: Scope) -> bool:
        given = Headers(scope=scope).get("authorization", "")
        wanted = f"Bearer {self.token}"
        return bool(self.token) and hmac.compare_digest(given.encode(), wanted.encode())
