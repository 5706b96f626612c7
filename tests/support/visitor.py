"""A visitor without a browser: speaks Streamlit's WebSocket protocol as its page does."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import re
import time
import urllib.request
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from serving.answers import ADDRESS

PATIENCE = 60.0  # s without an answer are an error
FRAME = 1 / 30  # s between two moves of a finger
SEQ = re.compile(r'"seq": (\d+)')
FIRST_POINT = re.compile(rb'"points":\[\[[^,]+,([^\]]+)\]')
GESTURE = 3.0  # s that a finger is down
LATER = (429, 503)
SIZES = 4 * 2**20  # bytes of a message at most
WHOLE = ForwardMsg.FINISHED_SUCCESSFULLY


class Refused(Exception):
    """The server closed, failed or kept silent; the message says which."""


@dataclass
class Told:
    """What the visitors of one run have seen.

    milliseconds: of each curve, from the move; released: of each page run at a gesture's
    end; waited: how often the service had no place just then.
    """

    milliseconds: list[float] = field(default_factory=list)
    released: list[float] = field(default_factory=list)
    waited: int = 0
    errors: list[str] = field(default_factory=list)
    bytes: int = 0


@dataclass
class Pad:
    """Where the page's task pad is, and what was on it first."""

    id: str
    fragment: str
    screen: dict[str, Any]
    seq: int
    script: str
    link: dict[str, str]
    service: dict[str, Any] | None


def pad_in(element: BidiComponent, fragment: str) -> Pad | None:
    """The pad, if that is what the component is: the keyboard's listener is another."""
    held = json.loads(element.json)
    if "screen" not in held:
        return None
    screen = {name: value for name, value in held["screen"].items() if name != "drawn"}
    there = held.get("link", {}), held.get("service")
    return Pad(element.id, fragment, screen, held["seq"], element.js_content, *there)


def first_visit(url: str) -> str:
    """Fetch the page as a browser does; the cookie that keeps the replica."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        assert b"<script" in answer.read()
        jar = SimpleCookie(answer.headers["Set-Cookie"] or "")
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


class Service:
    """One kept line to the answer service, as a browser keeps it; opened when first needed."""

    def __init__(self, url: str, cookie: str) -> None:
        self._url, self._cookie = url, cookie
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, question: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their small names, and content."""
        fresh = self._line is None
        try:
            return await asyncio.wait_for(self._ask(question), PATIENCE)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            if fresh:
                raise
        # A server may close a line that was silent for some seconds; a browser asks again.
        return await asyncio.wait_for(self._ask(question), PATIENCE)

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line[1].close()
        self._line = None

    async def _ask(self, question: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        place = urlsplit(self._url)
        if self._line is None:
            self._line = await asyncio.open_connection(place.hostname, place.port)
        reader, writer = self._line
        body = json.dumps(question).encode()
        head = (
            f"POST /{ADDRESS} HTTP/1.1\r\nHost: {place.netloc}\r\nOrigin: {self._url}\r\n"
            f"Cookie: {self._cookie}\r\nContent-Type: application/json\r\n"
            f"Accept-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        pairs = (line.partition(": ") for line in lines if line)
        headers = {name.lower(): value for name, _, value in pairs}
        content = await reader.readexactly(int(headers["content-length"]))
        if headers.get("content-encoding") == "gzip":
            content = gzip.decompress(content)
        return int(first.split()[1]), headers, content


class Visitor:
    """One session. Opened by `arrive`, it shows the page; `drag` moves its first point."""

    source: str | None = None
    """The local address that the line comes from; None for any."""

    def __init__(self, url: str, query: str = "", page: str = "") -> None:
        self.url, self.query, self.page = url, query, page
        self.line: ClientConnection
        self.pad: Pad | None = None
        self.page_hash = self.session = self.cookie = ""
        self.waits_for_a_job = False
        self.words: list[str] = []

    async def arrive(self) -> Self:
        """Fetch the page, connect, run it once."""
        address = f"{self.url}/{self.page}?{self.query}"
        self.cookie = await asyncio.to_thread(first_visit, address)
        await self.connect()
        await self.run()
        return self

    async def connect(self) -> None:
        """Open the line; to the same session as before, if there was one."""
        words = ["streamlit", "none", self.session] if self.session else ["streamlit"]
        self.line = await connect(
            self.url.replace("http", "ws") + "/_stcore/stream",
            origin=Origin(self.url),
            subprotocols=[Subprotocol(word) for word in words],
            additional_headers={"Cookie": self.cookie},
            max_size=SIZES,
            open_timeout=PATIENCE,
            local_addr=(self.source, 0) if self.source else None,
        )

    def cut(self) -> None:
        """The line breaks without a word, as when a laptop is closed."""
        self.line.transport.abort()

    async def leave(self) -> None:
        """Close the tab."""
        await self.line.close()

    async def run(self) -> None:
        """Run the whole page, and read it to its end."""
        self.waits_for_a_job, self.pad = False, None
        message = self._message()
        message.rerun_script.page_name = self.page
        await self.line.send(message.SerializeToString())
        # What a former run of a fragment had left to say may come first.
        while True:
            heard = await self._hear()
            if heard.WhichOneof("type") == "script_finished" and heard.script_finished == WHOLE:
                return

    async def drag(self, seconds: float, told: Told) -> None:
        """Move the first point up and down, one message in flight, as the pad does."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            sent = time.monotonic()
            height = 2 + math.sin(2 * (sent - began))
            await self.move(height, told)
            await asyncio.sleep(max(0.0, sent + FRAME - time.monotonic()))

    async def gestures(self, seconds: float, told: Told) -> None:
        """Drag as the pad does: the service follows the finger, the page hears where it ended."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            await self.follow(GESTURE, told)
            up = Told()
            await self.move(2 + math.sin(2 * (time.monotonic() - began)), up, final=True)
            told.released += up.milliseconds
            told.bytes += up.bytes

    async def follow(self, seconds: float, told: Told) -> None:
        """One gesture that has not ended: ask the service, one question in flight."""
        began = time.monotonic()
        service = Service(self.url, self.cookie)
        while time.monotonic() - began < seconds:
            asked = time.monotonic()
            await self._follow(service, 2 + math.sin(2 * (asked - began)), told)
            await asyncio.sleep(max(0.0, asked + FRAME - time.monotonic()))
        service.close()

    async def _follow(self, service: Service, height: float, told: Told) -> None:
        """Ask for the curve of one position, until there is a place."""
        assert self.pad is not None
        assert self.pad.service is not None, "The page does not name the service."
        height = round(height, 3)
        question = {
            "version": self.pad.service["version"],
            "page": self.pad.service["page"],
            "link": self.pad.link,
            "changes": self._changed(height),
        }
        start = time.perf_counter()
        while True:
            status, headers, content = await service.ask(question)
            if status not in LATER:
                break
            told.waited += 1
            await asyncio.sleep(float(headers["retry-after"]))
        found = FIRST_POINT.search(content)
        if status != 200 or found is None or abs(float(found[1]) - height) > 1e-6:
            raise Refused(f"Status {status}, or the answer to another position.")
        told.milliseconds.append(1000 * (time.perf_counter() - start))
        told.bytes += int(headers["content-length"])

    def _changed(self, height: float) -> dict[str, Any]:
        """The screen with the first point at a height, as the pad says it."""
        assert self.pad is not None, "The page shows no pad."
        points = [list(point) for point in self.pad.screen["points"]]
        points[0][1] = height
        return {**self.pad.screen, "points": points}

    async def move(self, height: float, told: Told, *, final: bool = False) -> None:
        """Move the first point to a height, and wait for the new curve."""
        message, seq = self.moved(height, final=final)
        start = time.perf_counter()
        await self.line.send(message.SerializeToString())
        while self._answered(await self._hear(told)) != seq:
            pass
        told.milliseconds.append(1000 * (time.perf_counter() - start))

    def moved(self, height: float, *, final: bool = False) -> tuple[BackMsg, int]:
        """The message that the pad sends when its first point is moved, and its number."""
        changes = self._changed(height)
        assert self.pad is not None
        self.pad.seq += 1
        said = {"message": {"seq": self.pad.seq, "final": final, "changes": changes}}
        message = self._message(self.pad.fragment)
        widget = message.rerun_script.widget_states.widgets.add()
        widget.id, widget.json_value = self.pad.id, json.dumps(said)
        return message, self.pad.seq

    def _message(self, fragment: str = "") -> BackMsg:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string, rerun.page_script_hash = self.query, self.page_hash
        rerun.fragment_id = fragment
        rerun.context_info.url, rerun.context_info.color_scheme = self.url, "light"
        return message

    async def _hear(self, told: Told | None = None) -> ForwardMsg:
        """The next message, looked at."""
        frame = await asyncio.wait_for(self.line.recv(), PATIENCE)
        assert isinstance(frame, bytes)
        if told is not None:
            told.bytes += len(frame)
        message = ForwardMsg.FromString(frame)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash
            self.session = message.new_session.initialize.session_id or self.session
        elif kind == "navigation":  # the page in the end; a new session names the app's script
            self.page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self.waits_for_a_job = True
        elif kind == "delta":
            self._look(message)
        return message

    def _look(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        if element.HasField("exception"):
            raise Refused(f"An exception on screen: {element.exception.message}")
        if element.HasField("alert"):
            self.words.append(element.alert.body)
        if self.pad is None and element.HasField("bidi_component"):
            self.pad = pad_in(element.bidi_component, message.delta.fragment_id)

    def _answered(self, message: ForwardMsg) -> int | None:
        if not message.delta.new_element.HasField("bidi_component"):
            return None
        found = SEQ.search(message.delta.new_element.bidi_component.json)
        return int(found[1]) if found else None
