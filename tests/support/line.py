"""A line between a browser and a server that can be cut, and joined again."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ONE_READ = 65_536  # bytes


class CutLine:
    """Hands on what either side says, until the line is cut."""

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._server = (host, int(port))
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._door.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._down = threading.Event()
        self._lock = threading.Lock()
        threading.Thread(target=self._answer, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and take none until the line is joined."""
        self._down.set()
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        """Let connections through again."""
        self._down.clear()

    def close(self) -> None:
        """For good."""
        self.cut()
        self._door.close()

    def _answer(self) -> None:
        while True:
            try:
                browser, _ = self._door.accept()
            except OSError:
                return
            if self._down.is_set():
                browser.close()
                continue
            server = socket.create_connection(self._server)
            with self._lock:
                self._open |= {browser, server}
            for source, target in ((browser, server), (server, browser)):
                threading.Thread(target=self._hand_on, args=(source, target), daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := source.recv(ONE_READ):
                target.sendall(said)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()


@contextmanager
def cut_line(server: str) -> Iterator[CutLine]:
    """A line to a server's address."""
    line = CutLine(server)
    try:
        yield line
    finally:
        line.close()
