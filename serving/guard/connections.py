"""uvicorn's own connections, with deadlines and bounds that Streamlit does not hand on.

`streamlit run` makes uvicorn's configuration itself and then loads the app, so
`bound_connections`, called by the app, takes effect when the server starts up.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from serving.guard.messages import MOST_BYTES

HEAD_SECONDS = 10.0
"""Until a request's first byte, and from there to the end of its headers."""
BODY_SECONDS = 120.0
"""From a request's first byte to its last: an upload of 6 MB at 0.4 Mbit/s."""
MOST_CONNECTIONS = 1_500
"""Of one process: two for each line that is open, and as many requests besides."""
MOST_HEAD_BYTES = 32_768
SLICE_BYTES = 4_096
"""Compressed bytes read at a time: deflate makes at most 1,032 times as many of them."""
MOST_PARTS = 1_000
"""Frames of one message."""
MOST_UNSENT_BYTES = 32_000_000
"""To one browser that does not read; the largest answer is a few hundred kB."""


class TimedHttp(H11Protocol):
    """HTTP, whose requests must arrive in time."""

    deadline: asyncio.TimerHandle | None = None
    began: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        # Nobody else sets it for the sockets that uvicorn makes, and then the body of an answer
        # waits for the receipt of its head: 40 ms.
        line = transport.get_extra_info("socket")
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self.began = self.loop.time()
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        """Read on, and look what is still to come."""
        if self.began is None:
            self.began = self.loop.time()
        super().data_received(data)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on the line has bounds of its own."""
        self._forget_deadline()
        super().handle_websocket_upgrade(event)

    def _set_deadline(self) -> None:
        self._forget_deadline()
        upgraded = self.transport.get_protocol() not in (self, None)
        state = self.conn.their_state
        if upgraded or state not in (h11.IDLE, h11.SEND_BODY):
            self.began = None
            return
        if self.began is None:
            return
        most = HEAD_SECONDS if state is h11.IDLE else BODY_SECONDS
        self.deadline = self.loop.call_at(self.began + most, self.transport.close)

    def _forget_deadline(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None


class BoundedLine(WebSocketsSansIOProtocol):
    """A WebSocket that decompresses no more than its app takes.

    uvicorn parses whatever one read brings, up to 256 kB, which deflate can blow up to
    256 MB. Here it is parsed slice by slice, and no further while messages wait.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.unread = bytearray()

    def data_received(self, data: bytes) -> None:
        """Parse what came, as far as the app can take it."""
        self.unread += data
        self._parse()

    def handle_cont(self, event: Frame) -> None:
        """Add a part to a message that is not endless."""
        if len(self.frames) >= MOST_PARTS:
            self.unread.clear()
            self.transport.abort()
            return
        super().handle_cont(event)

    async def receive(self) -> Any:
        """The next message; there is room to parse on behind it."""
        message = await super().receive()
        self._parse()
        return message

    def _parse(self) -> None:
        while self.unread and not self.read_paused and not self.transport.is_closing():
            part = bytes(self.unread[:SLICE_BYTES])
            del self.unread[:SLICE_BYTES]
            super().data_received(part)
            if self.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
                self.transport.abort()


_startup = uvicorn.Server.startup


async def _bounded_startup(
    server: uvicorn.Server, sockets: list[socket.socket] | None = None
) -> None:
    """Bound every connection, then open the door."""
    config = server.config
    config.http_protocol_class, config.ws_protocol_class = TimedHttp, BoundedLine
    config.ws_max_size = MOST_BYTES
    config.limit_concurrency = MOST_CONNECTIONS
    config.h11_max_incomplete_event_size = MOST_HEAD_BYTES
    await _startup(server, sockets)


def bound_connections() -> None:
    """From now on every server of this process starts up with these bounds."""
    uvicorn.Server.startup = _bounded_startup  # type: ignore[method-assign, assignment]
