"""``POST /answer`` as the public meets it."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml
from starlette.requests import Request
from starlette.types import Message

from serving import answers
from serving.answers import ADDRESS, MOST_BYTES, Answers
from serving.said import answered
from tests.support.server import ROOT, Server
from tests.support.stranger import PATIENCE, watched_memory
from ui.answers import asked
from ui.pages import all_pages
from ui.visitor.screen import CODEC
from ui.work import compute_thread

JSON = {"Content-Type": "application/json"}
OPENAPI = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
POST = OPENAPI["paths"][f"/{ADDRESS}"]["post"]
QUESTION = {
    "page": "playground",
    "link": {"s": "0.5"},
    "changes": {"points": [[0, 1], [1, 2]], "query": 0.4},
}


@contextmanager
def line_to(url: str) -> Iterator[http.client.HTTPConnection]:
    """A connection that is kept."""
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    line.connect()
    # Head and body are two packets here, and the second would wait for the first's receipt.
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield line
    finally:
        line.close()


def ask(
    line: http.client.HTTPConnection,
    body: bytes | str = json.dumps(QUESTION),
    method: str = "POST",
    **headers: str,
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers by their small names, and content of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, f"/{ADDRESS}", body, {**JSON, **named})
    with line.getresponse() as answer:
        data, told = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    if told.get("content-encoding") == "gzip":
        data = gzip.decompress(data)
    return answer.status, told, json.loads(data)


def schema_of(status: int) -> dict[str, Any]:
    """What the OpenAPI file says of an answer of this status."""
    found = POST["responses"][str(status)]
    content: dict[str, Any] = found["content"]["application/json"]["schema"]
    return {**content, "components": OPENAPI["components"]}


# --- answers ------------------------------------------------------------------------------


def test_one_line_carries_many_answers_which_nobody_keeps(public: Server) -> None:
    with line_to(public.url) as line:
        before = line.sock
        for query in (0.4, -1.0, 0.4):
            question = {**QUESTION, "changes": {**QUESTION["changes"], "query": query}}  # type: ignore[dict-item]
            status, told, content = ask(line, json.dumps(question))
            assert status == 200
            jsonschema.validate(content, schema_of(200))
            assert content == json.loads(json.dumps(asked.understood(question).answer()))
            assert told["cache-control"] == "no-store"
            assert told["content-type"] == "application/json"
            assert told["x-content-type-options"] == "nosniff"
            assert "set-cookie" not in told
            assert "access-control-allow-origin" not in told
        assert line.sock is before


def test_it_comes_packed_where_that_is_taken(public: Server) -> None:
    with line_to(public.url) as line:
        _, plain, content = ask(line)
        _, packed, same = ask(line, Accept_Encoding="br, gzip")
    assert "content-encoding" not in plain
    assert packed["content-encoding"] == "gzip"
    assert int(packed["content-length"]) < int(plain["content-length"]) / 2
    assert same == content


def test_head_and_body_do_not_wait_for_each_other(public: Server) -> None:
    """Without TCP_NODELAY every answer took 40 ms more, since its head is a packet of its own.

    Not timed: what is looked at is the option on the server's side of the line, which
    the kernel tells by the state of its timers.
    """
    from serving.guard.connections import TimedHttp

    options: list[int] = []

    class Watched(TimedHttp):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            made = transport.get_extra_info("socket")
            options.append(made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    import uvicorn

    from tests.support.server import free_port

    port = free_port()
    config = uvicorn.Config(_nothing, port=port, http=Watched, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    with line_to(f"http://127.0.0.1:{port}") as line:
        line.request("GET", "/")
        line.getresponse().read()
    server.should_exit = True
    thread.join(PATIENCE)
    assert options == [1]


async def _nothing(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


# --- what is not answered -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, {"body": "{"}),
        (400, {"body": b"\xff\xfe"}),
        (400, {"body": "[" * 60_000}),
        (400, {"body": '{"k":' + "9" * 60_000 + "}"}),
        (403, {"Origin": "https://evil.example"}),
        (403, {"Origin": "null"}),
        (405, {"method": "GET"}),
        (405, {"method": "OPTIONS", "Origin": "https://evil.example"}),
        (413, {"body": " " * (MOST_BYTES + 1)}),
        (413, {"Content_Length": "9" * 15}),
        (415, {"Content_Type": "text/plain"}),
        (415, {"Content_Encoding": "gzip"}),
        (422, {"body": '{"page": "train"}'}),
        (422, {"body": '{"page": "\\ud800"}'}),
        (422, {"body": '{"changes": {"query": NaN}}'}),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    public: Server, status: int, sent: dict[str, Any]
) -> None:
    with line_to(public.url) as line:
        found, told, content = ask(line, **sent)
    assert found == status
    jsonschema.validate(content, schema_of(status))
    assert content["error"].endswith(".")
    assert told["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in told
    with line_to(public.url) as line:
        assert ask(line, Origin=public.url)[0] == 200


def test_a_body_without_an_end_is_not_kept(public: Server) -> None:
    """Sent in chunks, which say no length before."""

    def endless() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b" " * 65_536

    with watched_memory(public.process.pid) as growth, line_to(public.url) as line:
        try:
            line.request("POST", f"/{ADDRESS}", endless(), JSON, encode_chunked=True)
            assert line.getresponse().status == 413
        except OSError:
            pass  # hung up on before it had said all
        assert growth() < 50  # of 131 MB


# --- many at a time -----------------------------------------------------------------------


class Told(list[Message]):
    """What an ASGI application sends."""

    @property
    def status(self) -> int:
        return int(self[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self[0]["headers"]}


async def put(service: Answers, address: str = "192.0.2.1") -> Told:
    """Ask a service that runs in this process."""
    told = Told()
    body = [{"type": "http.request", "body": json.dumps(QUESTION).encode()}]

    async def receive() -> Message:
        if body:
            return body.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/{ADDRESS}",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": (address, 1),
    }
    await service(scope, receive, send)
    return told


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A service with room for five, three of them of one address."""
    monkeypatch.setattr(answers, "MOST_HERE", 5)
    monkeypatch.setattr(answers, "MOST_OF_ONE", 3)
    monkeypatch.setattr(answers, "RETRY_SECONDS", 0.05)
    return Answers()


def test_more_than_there_is_room_for_are_told_to_come_again(narrow: Answers) -> None:
    async def scene() -> list[Told]:
        addresses = ["192.0.2.1"] * 4 + ["192.0.2.2"] * 2 + ["192.0.2.3", "192.0.2.4"]
        return await asyncio.gather(*(put(narrow, address) for address in addresses))

    told = asyncio.run(asyncio.wait_for(scene(), PATIENCE))
    statuses = [one.status for one in told]
    assert statuses.count(200) == 5
    assert statuses[3] == 429  # the fourth of one address
    assert statuses.count(503) == 2
    for one in told:
        if one.status != 200:
            assert one.headers["retry-after"] == "0.05"
            jsonschema.validate(json.loads(one[1]["body"]), schema_of(one.status))


def test_the_event_loop_and_the_pages_go_on_meanwhile() -> None:
    """While questions wait, no more than one of them is before a page at the compute thread."""
    held, begun = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        held.wait(PATIENCE)

    async def scene() -> None:
        service = Answers()
        compute_thread.begin(hold)
        asking = [asyncio.create_task(put(service)) for _ in range(20)]
        while not begun.is_set():
            await asyncio.sleep(0.01)
        for _ in range(50):
            await asyncio.sleep(0)  # the loop turns although nothing is answered
        assert compute_thread._thread._work_queue.qsize() == answers.ON_THE_THREAD
        held.set()
        assert {one.status for one in await asyncio.gather(*asking)} == {200}

    asyncio.run(asyncio.wait_for(scene(), PATIENCE))


def test_who_has_gone_is_not_worked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request, "is_disconnected", lambda _: _yes())
    monkeypatch.setattr(answers, "answered", pytest.fail)
    assert asyncio.run(put(Answers())) == []


async def _yes() -> bool:
    return True


def test_what_goes_wrong_inside_is_a_sentence_and_the_next_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> asked.Asked:
        raise ZeroDivisionError

    async def scene() -> tuple[Told, Told]:
        service = Answers()
        with monkeypatch.context() as patched:
            patched.setattr(asked, "understood", fail)
            wrong = await put(service)
        return wrong, await put(service)

    wrong, right = asyncio.run(scene())
    assert wrong.status == 500
    jsonschema.validate(json.loads(wrong[1]["body"]), schema_of(500))
    assert right.status == 200


# --- the description ----------------------------------------------------------------------


def test_the_openapi_file_says_what_the_code_does() -> None:
    told = OPENAPI["components"]["schemas"]["Question"]["properties"]
    assert tuple(told) == asked.NAMES
    assert told["page"]["enum"] == [page.name for page in all_pages() if page.pad is not None]
    assert (
        told["version"]["const"]
        == asked.VERSION
        == OPENAPI["components"]["schemas"]["Answer"]["properties"]["version"]["const"]
    )
    known = {row.name for row in CODEC.table} | set(asked.BESIDE)
    assert told["changes"]["properties"].keys() == known
    assert set(POST["responses"]) == {
        *("200", "400", "403", "405", "413", "415", "422", "429", "500", "503")
    }
    jsonschema.Draft202012Validator.check_schema(schema_of(200))


def test_the_openapi_file_takes_the_same_questions() -> None:
    schema = {
        **OPENAPI["components"]["schemas"]["Question"],
        "components": OPENAPI["components"],
    }
    for question in (QUESTION, {}, {"network": "noise-1-4"}):
        jsonschema.validate(question, schema)
        assert answered(json.dumps(question).encode(), pack=False).status == 200
    for wrong in ({"pionts": 1}, {"version": 2}, {"page": "train"}, {"changes": {"points": 3}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
        assert answered(json.dumps(wrong).encode(), pack=False).status == 422


def test_the_example_in_the_words_is_answered(public: Server) -> None:
    """The command in docs/api.md, with this server's address."""
    import subprocess

    text = (ROOT / "docs" / "api.md").read_text()
    (command,) = (part.partition("```")[0] for part in text.split("```sh\n")[1:] if "curl" in part)
    there = command.replace("http://localhost:8501", public.url)
    assert there != command
    said = subprocess.run(["bash", "-c", there], capture_output=True, text=True, check=True)
    assert json.loads(said.stdout)["at_query"]["transformer"]


def test_the_notebooks_lines_are_answered(public: Server) -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    (code,) = (part.partition("```")[0] for part in text.split("```python\n")[1:])
    there = code.replace("http://localhost:8501", public.url)
    assert there != code
    names: dict[str, Any] = {}
    exec(there, names)
    assert isinstance(names["answer"]["at_query"]["transformer"], float)


def test_nginx_lets_as_much_through() -> None:
    """The proxy's bound on a body is the service's own."""
    nginx = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text()
    assert MOST_BYTES == 64 * 1024
    assert "client_max_body_size 64k;" in nginx
    assert f"location = /{ADDRESS} {{" in nginx
