"""What a browser may send over its line: small messages of the kinds that the lab uses."""

from __future__ import annotations

import logging
from enum import Enum

from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Event
from streamlit.proto.BackMsg_pb2 import BackMsg

LOG = logging.getLogger("lab")

MOST_BYTES = 1_000_000
"""Of one message, decompressed. 40 drawn points are a few kB, a class's links a few hundred."""
MOST_ENTRIES = 1_000
"""In all lists of one message together. The largest page has about 60 widgets."""
MOST_LINES = 1_000
"""Open at a time in one process, of which one core serves about 65 curves a second."""
USED = ("rerun_script", "stop_script", "file_urls_request", "backend_operation_request")
USED_OPERATIONS = ("deferred_file",)

_PER_MESSAGE, _TOO_BIG, _TRY_LATER, _POLICY, _NOT_BINARY = 1000, 1009, 1013, 1008, 1003


class Verdict(Enum):
    """What becomes of a message. Unreadable ones are Streamlit's to refuse."""

    PASS = 0
    DROP = 1
    TOO_BIG = _TOO_BIG
    TOO_MANY = _POLICY
    NOT_BINARY = _NOT_BINARY

    @property
    def closes(self) -> bool:
        """Whether the line is closed over it."""
        return self.value >= _PER_MESSAGE


def entries(message: Message, most: int) -> int:
    """How many entries the lists of a message hold, also deeper inside; counts little past most."""
    found = 0
    for field, value in message.ListFields():
        if field.message_type is None:
            found += len(value) if field.is_repeated else 0
            continue
        inner = list(value[: most + 1]) if field.is_repeated else [value]
        found += len(inner) if field.is_repeated else 0
        for one in inner:
            if found > most:
                return found
            found += entries(one, most - found)
    return found


def judge(data: bytes | None) -> Verdict:
    """Whether a message may reach Streamlit."""
    if data is None:
        return Verdict.NOT_BINARY
    if len(data) > MOST_BYTES:
        return Verdict.TOO_BIG
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return Verdict.PASS
    kind = message.WhichOneof("type")
    if kind not in USED:
        return Verdict.DROP
    if kind == "backend_operation_request":
        asked = message.backend_operation_request.WhichOneof("payload")
        if asked not in USED_OPERATIONS:
            return Verdict.DROP
    return Verdict.TOO_MANY if entries(message, MOST_ENTRIES) > MOST_ENTRIES else Verdict.PASS


class Messages:
    """ASGI middleware: holds every line to these bounds, and their number to `MOST_LINES`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.lines = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one line, or answer one request as it is."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        if self.lines >= MOST_LINES:
            LOG.warning("Refused a line: as many as this process serves are open")
            await send({"type": "websocket.close", "code": _TRY_LATER})
            return
        self.lines += 1
        closed = False

        async def checked() -> Event:
            nonlocal closed
            while True:
                event = await receive()
                if event["type"] != "websocket.receive":
                    return event
                verdict = judge(event.get("bytes"))
                if verdict is Verdict.PASS:
                    return event
                if verdict.closes:
                    LOG.warning("Closed a line for its message: %s", verdict.name)
                    closed = True
                    await send({"type": "websocket.close", "code": verdict.value})
                    return {"type": "websocket.disconnect", "code": verdict.value}

        async def send_while_open(event: Event) -> None:
            if not closed:
                await send(event)

        try:
            await self.app(scope, checked, send_while_open)
        finally:
            self.lines -= 1
