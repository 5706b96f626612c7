"""A line between a browser and a server that can be cut, joined again, and slow."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

ONE_READ = 65_536  # bytes


class CutLine:
    """Hands on what either side says, after a while, until the line is cut.

    delay: seconds each way.
    """

    def __init__(self, server: str, delay: float = 0.0) -> None:
        self._delay = delay
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
        under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        arriving = threading.Thread(target=self._deliver, args=(under_way, target), daemon=True)
        arriving.start()
        with contextlib.suppress(OSError):
            while said := source.recv(ONE_READ):
                under_way.put((time.monotonic() + self._delay, said))
        under_way.put((time.monotonic() + self._delay, b""))
        arriving.join()
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()

    @staticmethod
    def _deliver(under_way: queue.SimpleQueue[tuple[float, bytes]], target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                at, said = under_way.get()
                if not said:
                    return
                time.sleep(max(0.0, at - time.monotonic()))
                target.sendall(said)


@contextmanager
def cut_line(server: str, delay: float = 0.0) -> Iterator[CutLine]:
    """A line to a server's address, which takes some seconds each way."""
    line = CutLine(server, delay)
    try:
        yield line
    finally:
        line.close()
