"""A language model's server that does as it is told: answers, hangs, refuses, talks nonsense."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FakeServer:
    """asked: every request as (path, headers, body); answer: from these to what comes back.

    An answer is (status, headers, body), or None for a line that is never answered. A body that
    is a list of chunks is sent with ``pause`` seconds before each.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answer: Callable[[str, dict[str, Any]], Answer | None] = lambda _, __: says(" 1.00")
        self.pause = 0.0
        self.ended = threading.Event()
        self.url = ""


Answer = tuple[int, dict[str, str], bytes | list[bytes]]


def says(text: str, finish: str = "stop") -> Answer:
    """A completion, and a chat's answer at once."""
    choice = {"text": text, "message": {"content": text}, "finish_reason": finish}
    return 200, {}, json.dumps({"choices": [choice]}).encode()


def refuses(status: int, **said: Any) -> Answer:
    """An error as OpenAI's servers have them."""
    return status, {}, json.dumps({"error": said}).encode()


@contextmanager
def fake_server() -> Iterator[FakeServer]:
    """It serves on loopback until the end of the block."""
    fake = FakeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.asked.append((self.path, dict(self.headers), body))
            found = fake.answer(self.path, body)
            if found is None:
                fake.ended.wait(20)
                return
            status, headers, content = found
            parts = content if isinstance(content, list) else [content]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(sum(map(len, parts))))
            self.end_headers()
            for part in parts:
                time.sleep(fake.pause)
                try:
                    self.wfile.write(part)
                    self.wfile.flush()
                except OSError:
                    return

        def do_GET(self) -> None:
            fake.asked.append((self.path, dict(self.headers), {}))
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield fake
    finally:
        fake.ended.set()
        server.shutdown()
        server.server_close()
