"""Debian's nginx with deploy/nginx/nginx.conf, and app processes behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.dockerfile import assignments, read_steps
from tests.support.server import ROOT, Server, free_port, processes, wait_until_healthy

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "/usr/sbin/nginx"
SECRET = {"STREAMLIT_SERVER_COOKIE_SECRET": "for tests alone"}
MEMORY = "MALLOC_ARENA_MAX"  # of what the image sets, all that a figure here depends on


def image_environment() -> dict[str, str]:
    """The variables that the Dockerfile sets."""
    steps = read_steps((ROOT / "Dockerfile").read_text())
    found: dict[str, str] = {}
    for step in steps:
        if step.word == "ENV":
            found |= assignments(step.rest, found)
    return found


BEHIND_A_PROXY = {"FORWARDED_ALLOW_IPS": "*"}
"""As the compose file says it: without it all visitors have the proxy's address."""


class Deployment:
    """Some replicas of one script behind a proxy."""

    def __init__(
        self,
        folder: Path,
        *,
        script: Path | str = "serve.py",
        replicas: int = 2,
        root: Path = ROOT,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.script, self.root = script, root
        self.environment = {
            MEMORY: image_environment()[MEMORY],
            **SECRET,
            **BEHIND_A_PROXY,
            **(environment or {}),
        }
        self.replicas = [self._replica(number) for number in range(replicas)]
        port = free_port()
        self.url = f"http://localhost:{port}"
        command = [NGINX, "-p", str(folder), "-c", str(self._configuration(port))]
        # As root it would give its work to nobody, who may not write into this folder.
        command += ["-g", "daemon off;" + ("" if os.geteuid() else " user root;")]
        self.log = folder / "nginx.log"
        with self.log.open("w") as out:
            self.proxy = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        """Until every replica and the proxy answer."""
        for replica in self.replicas:
            replica.wait()
        try:
            wait_until_healthy(self.url, self.proxy)
        except RuntimeError as trouble:
            raise RuntimeError(f"{trouble}\n{self.log.read_text()}") from None

    def _replica(self, number: int) -> Server:
        log = self.folder / f"replica{number}.txt"
        return Server(log, script=self.script, root=self.root, environment=self.environment)

    def _configuration(self, port: int) -> Path:
        """The shipped configuration, with this folder, this port and these replicas."""
        text = (ROOT / "deploy/nginx/nginx.conf").read_text()
        for shipped, here in (
            ("listen 8080", f"listen 127.0.0.1:{port}"),
            ("/tmp/", f"{self.folder}/"),
            ("/dev/stdout", f"{self.folder}/access.log"),
        ):
            assert shipped in text, f"nginx.conf no longer says {shipped!r}"
            text = text.replace(shipped, here)
        shutil.copy(ROOT / "deploy/nginx/hosts.conf", self.folder)
        servers = [f"server {each.address} max_fails=1 fail_timeout=5s;" for each in self.replicas]
        (self.folder / "replicas.conf").write_text("\n".join(servers))
        path = self.folder / "nginx.conf"
        path.write_text(text)
        return path

    def resident(self) -> list[float]:
        """Megabytes of each replica that runs; what its processes share counts for each."""
        return [
            sum(one.memory_info().rss for one in together) / 1e6 for together in self.processes()
        ]

    def processes(self) -> list[list[psutil.Process]]:
        """Those of each replica that runs."""
        return [processes(each.process) for each in self.replicas if each.process.poll() is None]

    def worked(self) -> float:
        """Seconds of a core that the replicas that run have taken so far."""
        times = [one.cpu_times() for together in self.processes() for one in together]
        return sum(each.user + each.system for each in times)

    def serving_visitors(self) -> list[int]:
        """How many connections each replica has from the proxy just now."""
        ports = [int(each.address.rsplit(":", 1)[1]) for each in self.replicas]
        found = psutil.net_connections("tcp")
        return [
            sum(1 for one in found if one.status == "ESTABLISHED" and one.laddr.port == port)
            for port in ports
        ]

    def stop(self) -> None:
        """All of it."""
        self.proxy.terminate()
        self.proxy.wait(20)
        for replica in self.replicas:
            if replica.process.poll() is None:
                replica.stop()


@contextmanager
def deployed(
    folder: Path,
    *,
    script: Path | str = "serve.py",
    root: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Deployment]:
    """Two replicas behind nginx, as the compose file starts them."""
    folder.mkdir(parents=True, exist_ok=True)
    running = Deployment(folder, script=script, root=root, environment=environment)
    try:
        running.wait()
        yield running
    finally:
        running.stop()
