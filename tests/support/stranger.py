"""What a stranger sends to the public host, without a browser and without manners."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE = 60.0  # s


def line_to(url: str, origin: str | None = None, source: str | None = None) -> ClientConnection:
    """A line to the lab, as a page of an origin would open it, from a local address."""
    return connect(
        url.replace("http", "ws") + "/_stcore/stream",
        origin=Origin(url if origin is None else origin),
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        open_timeout=PATIENCE,
        source_address=(source, 0) if source else None,
    )


def closing_code(line: ClientConnection) -> int | None:
    """Read until the line is closed; with which code. None if it stays open and silent."""
    try:
        while True:
            line.recv(timeout=PATIENCE)
    except TimeoutError:
        return None
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def names_asked_for(count: int) -> bytes:
    """A request for the addresses of this many uploads, whose names are empty."""
    message = BackMsg()
    message.file_urls_request.request_id = "r"
    message.file_urls_request.file_names.extend([""] * count)
    data: bytes = message.SerializeToString()
    return data


def half_open(url: str, said: bytes) -> socket.socket:
    """A connection on which only the beginning of a request has been sent."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    begun = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
    begun.sendall(said)
    return begun


def token_for_uploads(url: str) -> str:
    """What a page's own requests prove themselves with."""
    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=PATIENCE) as answer:
        jar = SimpleCookie(", ".join(answer.headers.get_all("Set-Cookie") or []))
    return jar["_streamlit_xsrf"].value


def upload(
    url: str,
    session: str,
    file: str,
    data: bytes,
    token: str,
    cookie: str = "",
    *,
    name: str = "weights.safetensors",
) -> int:
    """Send a file as Streamlit's uploader does; the answer's status, 0 for a line cut short.

    file: the id under which it is kept; by the ending of its name Streamlit knows its kind.
    """
    border = "a-border"
    head = f'--{border}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'
    request = urllib.request.Request(
        f"{url}/_stcore/upload_file/{session}/{file}",
        data=head.encode() + data + f"\r\n--{border}--\r\n".encode(),
        method="PUT",
        headers={
            "Content-Type": f"multipart/form-data; boundary={border}",
            "Cookie": f"_streamlit_xsrf={token}; {cookie}",
            "X-Xsrftoken": token,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as refusal:
        status = refusal.code
    except OSError:
        status = 0
    return status


@contextmanager
def watched_memory(process: int) -> Iterator[Callable[[], float]]:
    """Tells by how many megabytes at most a process has grown since the beginning of the block."""
    told = Path(f"/proc/{process}")
    (told / "clear_refs").write_text("5")  # forgets the highest so far

    def megabytes(line: str) -> float:
        found = re.search(rf"{line}:\s+(\d+) kB", (told / "status").read_text())
        assert found is not None
        return int(found[1]) / 1024

    before = megabytes("VmRSS")
    yield lambda: megabytes("VmHWM") - before
