"""The app as a visitor meets it, in a process of its own: for tests, benchmark and load test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # s; for machines that do something else besides


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """`streamlit run` of a script. What it prints goes to `log`, or nowhere."""

    def __init__(
        self,
        log: Path | None = None,
        *,
        script: Path | str = "serve.py",
        root: Path = ROOT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://localhost:{port}"
        self.log = log or Path(os.devnull)
        command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                command,
                cwd=root,
                env={**os.environ, **(environment or {})},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Until it is healthy; what it printed, when it never is."""
        try:
            wait_until_healthy(self.url, self.process)
        except RuntimeError as trouble:
            raise RuntimeError(f"{trouble}\n{self.log.read_text()}") from None

    def stop(self) -> int:
        """Politely, then for good; how it ended."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def processes(server: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """What serves pages and, where it runs by now, what answers questions; no trainings."""
    pages = psutil.Process(server.pid)
    answers = [one for one in pages.children() if "serving.apart" in one.cmdline()]
    return [pages, *answers]


def wait_until_healthy(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Poll the health endpoint until it answers, or the process has ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and (process is None or process.poll() is None):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=10) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"No server answered at {url}.")


@contextmanager
def serving(
    log: Path | None = None,
    *,
    script: Path | str = "serve.py",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A server that is healthy, and stopped in the end."""
    server = Server(log, script=script, environment=environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()
