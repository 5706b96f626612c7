"""Files from browsers: only where a page asks for one, and not more than a quota."""

from __future__ import annotations

import logging
import re
from collections import Counter

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

LOG = logging.getLogger("lab")

MOST_BODY = 6_000_000
"""Bytes of one upload: the page's 5 MB, and what a browser wraps around them."""
MOST_OF_A_SESSION = 12_000_000
"""Bytes that a session keeps: twice the largest pair of files. Its oldest files go first."""
MOST_OF_ALL = 60_000_000
"""Bytes of all sessions together."""
LEAST = 100_000
"""Bytes that a file counts for at least, so that no session keeps very many."""

_PLACE = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+\Z")
_TAKES_FILES = "file_uploader_state_value"


def takes_files(session: str) -> bool:
    """Whether the page that a session shows just now asks for a file."""
    if not Runtime.exists():
        return False
    found = Runtime.instance()._session_mgr.get_active_session_info(session)
    if found is None:
        return False
    widgets = found.session.session_state._new_widget_state.widget_metadata
    # A copy: the session's own thread may add a widget meanwhile.
    return any(widget.value_type == _TAKES_FILES for widget in list(widgets.values()))


class Uploads:
    """ASGI middleware: answers what must not be stored."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one upload, or answer one request as it is."""
        place = _PLACE.search(scope["path"]) if scope["type"] == "http" else None
        if place is None or scope["method"] != "PUT":
            await self.app(scope, receive, send)
            return
        session, length = place["session"], Headers(scope=scope).get("content-length", "")
        refusal = self._refusal(session, length)
        if refusal is not None:
            LOG.warning("Refused an upload with status %d", refusal.status_code)
            await refusal(scope, receive, send)
            return
        expected = max(int(length), LEAST)
        self.coming[session] += expected
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming[session] -= expected
            self.coming += Counter()  # forgets sessions at zero

    def _refusal(self, session: str, length: str) -> PlainTextResponse | None:
        if not (length.isascii() and length.isdigit()):
            return PlainTextResponse("An upload says its length.", status_code=411)
        expected = max(int(length[:20]), LEAST)
        if expected > MOST_BODY:
            return PlainTextResponse("The file is too large.", status_code=413)
        if not takes_files(session):
            return PlainTextResponse("This page takes no files.", status_code=403)
        if self.coming[session] + expected > MOST_OF_A_SESSION:
            return PlainTextResponse("Too many files at a time.", status_code=429)
        kept = Runtime.instance().uploaded_file_mgr
        assert isinstance(kept, MemoryUploadedFileManager)
        make_room(kept, session, MOST_OF_A_SESSION - self.coming[session] - expected)
        everything = sum(held(kept, one) for one in list(kept.file_storage))
        if everything + self.coming.total() + expected > MOST_OF_ALL:
            return PlainTextResponse("The server keeps too many files just now.", status_code=503)
        return None


def held(kept: MemoryUploadedFileManager, session: str) -> int:
    """Bytes of a session's files, each of which counts for `LEAST` or more."""
    files = kept.file_storage.get(session, {})
    return sum(max(len(file.data), LEAST) for file in list(files.values()))


def make_room(kept: MemoryUploadedFileManager, session: str, most: int) -> None:
    """Remove a session's oldest files until those that stay come to no more than most."""
    for name in list(kept.file_storage.get(session, {})):
        if held(kept, session) <= most:
            return
        kept.remove_file(session, name)
