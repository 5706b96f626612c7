"""What strangers may not do to the public host: each was an attack that worked."""

from __future__ import annotations

import asyncio
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from serving.guard import connections
from serving.guard.connections import BoundedLine, TimedHttp
from serving.guard.messages import MOST_BYTES, MOST_ENTRIES, Messages, Verdict, judge
from serving.guard.origins import is_allowed_host, is_allowed_origin
from serving.guard.uploads import MOST_BODY
from tests.support.server import Server, free_port
from tests.support.stranger import (
    PATIENCE,
    closing_code,
    half_open,
    line_to,
    names_asked_for,
    token_for_uploads,
    upload,
    watched_memory,
)
from tests.support.visitor import Visitor

MEMORY = 150.0  # MB more than before; unguarded each of these attacks takes several hundred


# --- who may connect ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://lab.example", "lab.example", True),
        ("https://lab.example:8443", "lab.example:8443", True),
        ("https://LAB.example", "lab.EXAMPLE", True),
        ("https://course.example", "lab.example", True),
        ("http://course.example", "lab.example", False),
        ("https://evil.example", "lab.example", False),
        ("https://lab.example.evil.example", "lab.example", False),
        ("http://lab.example:81", "lab.example", False),
        ("null", "lab.example", False),
        ("", "", False),
        ("file://", "", False),
        ("http://[", "[", False),
        ("http://lab.example", None, False),
    ],
)
def test_a_line_is_for_the_labs_own_pages(origin: str, host: str | None, allowed: bool) -> None:
    assert is_allowed_origin(origin, host, ["https://course.example"]) is allowed


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("lab.example", True),
        ("Lab.Example:8080", True),
        ("a.school.example", True),
        ("school.example", False),
        ("evil.example", False),
        ("lab.example@evil.example", False),
        ("evil.example/lab.example", False),
        ("lab.example:port", False),
        ("", False),
        (None, False),
    ],
)
def test_only_named_hosts_are_answered(host: str | None, allowed: bool) -> None:
    assert is_allowed_host(host, ["lab.example", "*.school.example"]) is allowed
    assert is_allowed_host(host, [])


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost"])
def test_a_foreign_page_opens_no_line(public: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        line_to(public.url, origin)
    assert refused.value.response.status_code == 403


# --- what may be sent ---------------------------------------------------------------------


def said(**fields: Any) -> bytes:
    data: bytes = BackMsg(**fields).SerializeToString()
    return data


def test_every_kind_of_message_that_the_lab_does_not_use_is_dropped() -> None:
    kinds = BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields
    verdicts = {}
    for kind in kinds:
        message = BackMsg()
        if kind.message_type is None:
            setattr(message, kind.name, True)
        else:
            getattr(message, kind.name).SetInParent()
        verdicts[kind.name] = judge(message.SerializeToString())
    passed = {name for name, verdict in verdicts.items() if verdict is Verdict.PASS}
    assert passed == {"rerun_script", "stop_script", "file_urls_request"}
    assert set(verdicts.values()) == {Verdict.PASS, Verdict.DROP}


def test_of_the_operations_only_downloads_pass() -> None:
    message = BackMsg()
    for field in message.backend_operation_request.DESCRIPTOR.oneofs_by_name["payload"].fields:
        getattr(message.backend_operation_request, field.name).SetInParent()
        passes = judge(message.SerializeToString()) is Verdict.PASS
        assert passes is (field.name == "deferred_file"), field.name


@pytest.mark.parametrize("more", [0, 1])
def test_lists_are_counted_however_deep_they_lie(more: int) -> None:
    message = BackMsg()
    states = message.rerun_script.widget_states
    for _ in range(10):
        states.widgets.add().int_array_value.data.extend([1] * (MOST_ENTRIES // 10 - 1))
    states.widgets[0].int_array_value.data.extend([1] * more)
    verdict = judge(message.SerializeToString())
    assert verdict is (Verdict.TOO_MANY if more else Verdict.PASS)


def test_a_message_has_a_size_and_is_binary() -> None:
    message = BackMsg()
    message.rerun_script.query_string = "x" * MOST_BYTES
    assert judge(message.SerializeToString()) is Verdict.TOO_BIG
    assert judge(None) is Verdict.NOT_BINARY


def test_names_by_the_hundred_thousand_close_the_line_and_few_are_answered(
    public: Server,
) -> None:
    with watched_memory(public.process.pid) as growth:
        for _ in range(3):
            with line_to(public.url) as line:
                line.send(names_asked_for(490_000))
                assert closing_code(line) == 1008
        assert growth() < MEMORY
    with line_to(public.url) as line:
        line.send(names_asked_for(2))
        answer = ForwardMsg.FromString(line.recv(PATIENCE))
        while answer.WhichOneof("type") != "file_urls_response":
            answer = ForwardMsg.FromString(line.recv(PATIENCE))
        assert len(answer.file_urls_response.file_urls) == 2


def test_a_deflate_bomb_is_not_blown_up(public: Server) -> None:
    with watched_memory(public.process.pid) as growth, line_to(public.url) as line:
        line.socket.sendall(bombs(12, 19_000_000))
        assert closing_code(line) == 1009
        assert growth() < MEMORY


def bombs(count: int, size: int = MOST_BYTES - 1) -> bytes:
    """This many messages of zeros, each a thousandth of its size on the wire."""
    deflate = ClientPerMessageDeflateFactory(client_max_window_bits=12)
    line = [deflate.process_response_params([("client_max_window_bits", "12")], [])]
    bomb = Frame(Opcode.BINARY, bytes(size))
    return b"".join(bomb.serialize(mask=True, extensions=line) for _ in range(count))


def test_many_bombs_in_one_breath_are_read_one_by_one() -> None:
    """What one read brings was parsed whole: 256 kB became 256 MB."""
    waiting: list[int] = []

    class Watched(BoundedLine):
        def handle_bytes(self, event: Frame) -> None:
            super().handle_bytes(event)
            waiting.append(self.queue.qsize())

    received: list[int] = []

    async def slow(websocket: WebSocket) -> None:
        await websocket.accept()
        for _ in range(100):
            received.append(len(await websocket.receive_bytes()))
            await asyncio.sleep(0)
        await websocket.close()

    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", slow)])
    with served(app, Watched) as url, line_to(url) as line:
        line.socket.sendall(bombs(100))
        assert closing_code(line) == 1000
    assert received == [MOST_BYTES - 1] * 100
    assert max(waiting) <= 5


def test_a_message_in_endless_parts_ends() -> None:
    async def listen(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_bytes()

    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", listen)])
    with served(app, BoundedLine) as url, line_to(url) as line:
        part = Frame(Opcode.CONT, b"", fin=False).serialize(mask=True)
        line.socket.sendall(
            Frame(Opcode.BINARY, b"", fin=False).serialize(mask=True)
            + part * (connections.MOST_PARTS + 10)
        )
        assert closing_code(line) == 1006


def test_more_lines_than_a_process_serves_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.guard.messages.MOST_LINES", 2)

    async def listen(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()

    app = Messages(Starlette(routes=[WebSocketRoute("/_stcore/stream", listen)]))
    with served(app) as url, line_to(url), line_to(url), pytest.raises(InvalidStatus):
        line_to(url)


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "statuses"),
    [("", {403}), ("playground", {403}), ("train", {204}), ("classroom", {204}), ("data", {204})],
)
def test_only_a_page_that_asks_for_files_takes_them(
    public: Server, page: str, statuses: set[int]
) -> None:
    async def scene() -> int:
        visitor = await Visitor(public.url, page=page).arrive()
        token = await asyncio.to_thread(token_for_uploads, public.url)
        status = await asyncio.to_thread(
            upload, public.url, visitor.session, "a", b"x" * 1000, token
        )
        await visitor.leave()
        return status

    assert {asyncio.run(scene())} == statuses


def test_a_session_keeps_no_more_than_its_quota(public: Server) -> None:
    async def scene() -> list[int]:
        visitor = await Visitor(public.url, page="train").arrive()
        token = await asyncio.to_thread(token_for_uploads, public.url)
        statuses = [
            await asyncio.to_thread(
                upload, public.url, visitor.session, f"f{i}", bytes(5_000_000), token
            )
            for i in range(60)
        ]
        large = bytes(MOST_BODY + 1)
        statuses.append(
            await asyncio.to_thread(upload, public.url, visitor.session, "l", large, token)
        )
        await visitor.leave()
        return statuses

    with watched_memory(public.process.pid) as growth:
        *kept, refused = asyncio.run(scene())
        assert set(kept) == {204}
        assert refused in (0, 413)
        assert growth() < MEMORY  # 60 times 5 MB were 300


# --- slow requests ------------------------------------------------------------------------


@contextmanager
def served(app: Any, line: type[BoundedLine] = BoundedLine) -> Iterator[str]:
    """A bare application behind the lab's own connections, in this process."""
    port = free_port()
    config = uvicorn.Config(
        app, port=port, http=TimedHttp, ws=line, ws_max_size=MOST_BYTES, log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome"


def is_hung_up_on(begun: socket.socket, drip: bytes = b"") -> bool:
    """Whether the server ends a connection that says a byte of this now and then."""
    begun.settimeout(0.05)
    for _ in range(round(PATIENCE / 0.05)):
        try:
            begun.sendall(drip)
            if begun.recv(4096) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize(
    "said", [b"", b"GET", HEAD, HEAD + b"A: b\r\n", BODY, HEAD + b"\r\n" + HEAD]
)
@pytest.mark.parametrize("drip", [b"", b"a"])
def test_a_request_that_does_not_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, said: bytes, drip: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.3)
    with served(Starlette()) as url, half_open(url, said) as begun:
        assert is_hung_up_on(begun, drip)


def test_the_public_server_ends_half_open_requests(public: Server) -> None:
    with ExitStack() as stack:
        begun = [stack.enter_context(half_open(public.url, HEAD)) for _ in range(50)]
        assert all(is_hung_up_on(one) for one in begun)


def test_what_is_too_much_to_connect_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 5)
    with served(Starlette()) as url, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(half_open(url, HEAD))
        assert is_hung_up_on(stack.enter_context(half_open(url, HEAD)))


def test_zeros_are_really_blown_up_by_deflate() -> None:
    """The control of the bombs above: on the wire they are small."""
    assert len(bombs(1)) < 2_000
    assert len(zlib.compress(bytes(MOST_BYTES))) < 2_000
