"""A browser that comes back after its session is gone meets a page that was run.

Streamlit keeps the session of a lost line for a while (``server.disconnectedSessionTTL``),
and none survives its process. After that the browser, still showing the page, goes on
with a session that has never run it: a message that belongs to a fragment is dropped
("does not exist anymore"), and callbacks of widgets are not known yet, so that what the
visitor did is lost without a word. Here the page is run from its link first, unseen, and
then once more with the message that came.
"""

from __future__ import annotations

import asyncio

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime

WITHOUT_CALLBACK = "json_value"
"""How our own components hold their last message. They repeat one that was not answered."""


def from_its_link(message: BackMsg) -> BackMsg:
    """The first run of the page that a message of a browser belongs to.

    Widgets are left to the link, so that those which say otherwise in the message that
    follows have changed, and their callbacks are called.
    """
    first = BackMsg()
    first.CopyFrom(message)
    asked = first.rerun_script
    asked.fragment_id = ""
    asked.is_auto_rerun = asked.is_history_navigation = False
    held = [
        one for one in asked.widget_states.widgets if one.WhichOneof("value") == WITHOUT_CALLBACK
    ]
    del asked.widget_states.widgets[:]
    asked.widget_states.widgets.extend(held)
    return first


def in_full(message: BackMsg) -> BackMsg:
    """The same message, for the whole page and not for a fragment of it."""
    whole = BackMsg()
    whole.CopyFrom(message)
    whole.rerun_script.fragment_id = ""
    return whole


def shows_a_page(message: BackMsg) -> bool:
    """Whether the browser that asks for a run has had one before."""
    asked = message.rerun_script
    return bool(asked.fragment_id or asked.widget_states.widgets)


def ends_a_run(data: bytes | None) -> bool:
    """Whether a message to the browser says that a page has been run."""
    message = ForwardMsg.FromString(data or b"")
    return message.WhichOneof("type") == "script_finished" and (
        message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    )


class Line:
    """One line, whose first request for a run decides."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = Headers(scope=scope).get("sec-websocket-protocol", "").split(",")
        self.asked_for = said[2].strip() if len(said) > 2 else ""
        self._receive, self._send = receive, send
        self._begun = False
        self._unseen: asyncio.Event | None = None
        self._held: Message | None = None

    async def receive(self) -> Message:
        """The next message, once the run that it needs has ended."""
        if self._unseen is not None and self._held is not None:
            await self._unseen.wait()
            event, self._unseen, self._held = self._held, None, None
            return event
        event = await self._receive()
        if self._begun or event["type"] != "websocket.receive":
            return event
        message = _read(event)
        if message is None or message.WhichOneof("type") != "rerun_script":
            return event
        self._begun = True
        if self._is_resumed() or not shows_a_page(message):
            return event
        self._unseen = asyncio.Event()
        self._held = {**event, "bytes": in_full(message).SerializeToString()}
        return {**event, "bytes": from_its_link(message).SerializeToString()}

    async def send(self, event: Message) -> None:
        """Pass a message on, unless it is of a run that nobody is to see."""
        unseen = self._unseen is not None and not self._unseen.is_set()
        if not unseen or event["type"] != "websocket.send":
            await self._send(event)
        elif self._unseen is not None and ends_a_run(event.get("bytes")):
            self._unseen.set()

    def _is_resumed(self) -> bool:
        """Whether Streamlit has found the session that the browser had."""
        if not self.asked_for:
            return False
        return Runtime.instance().get_app_session(self.asked_for) is not None


def _read(event: Message) -> BackMsg | None:
    message = BackMsg()
    try:
        message.ParseFromString(event.get("bytes") or b"")
    except DecodeError:
        return None
    return message


class Resume:
    """ASGI middleware: every line is a `Line`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one line, or answer one request as it is."""
        if scope["type"] == "websocket":
            line = Line(scope, receive, send)
            receive, send = line.receive, line.send
        await self.app(scope, receive, send)
