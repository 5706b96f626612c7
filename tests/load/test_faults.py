"""Things that go wrong on a public server, seen by visitors without a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed

from serving.answers import ADDRESS
from tests.support.proxy import Deployment, deployed
from tests.support.server import ROOT, Server
from tests.support.visitor import Refused, Told, Visitor
from ui.visitor.screen import Screen, to_link

FLOOD = 3000  # messages; six times what the server keeps for one visitor


def played(scene: Coroutine[Any, Any, None]) -> None:
    """Run a scene to its end."""
    asyncio.run(asyncio.wait_for(scene, 300))


def held_by_pages(deployment: Deployment) -> float:
    """Megabytes; what is not read lies there, and the processes that answer may yet begin."""
    return sum(pages.memory_info().rss for pages, *_ in deployment.processes()) / 1e6


def heights(visitor: Visitor) -> list[float]:
    """How high the points on the pad lie."""
    assert visitor.pad is not None
    return [point[1] for point in visitor.pad.screen["points"]]


def test_a_closed_laptop_comes_back_to_its_session(deployment: Deployment) -> None:
    """Even what no link holds yet: the point was still held."""

    async def scene() -> None:
        visitor = await Visitor(deployment.url).arrive()
        session = visitor.session
        await visitor.move(0.25, Told())
        lines = sum(deployment.serving_visitors())
        visitor.cut()
        while sum(deployment.serving_visitors()) >= lines:  # until the server has noticed
            await asyncio.sleep(0.05)
        await visitor.connect()
        await visitor.run()
        assert visitor.session == session
        assert heights(visitor)[0] == 0.25
        await visitor.leave()

    played(scene())


def test_who_has_no_cookie_is_served_all_the_same(deployment: Deployment) -> None:
    async def scene() -> None:
        visitor = Visitor(deployment.url)
        for _ in range(4):
            await visitor.connect()
            await visitor.run()
            await visitor.move(0.5, Told())
            await visitor.leave()

    played(scene())


def test_who_does_not_read_does_not_slow_the_others_down_for_good(deployment: Deployment) -> None:
    async def scene() -> None:
        deaf, other, told = Visitor(deployment.url), Visitor(deployment.url), Told()
        await deaf.arrive()
        await other.arrive()
        before = held_by_pages(deployment)
        deaf.line.transport.pause_reading()
        try:
            for step in range(FLOOD):
                message, _ = deaf.moved(step / FLOOD)
                await deaf.line.send(message.SerializeToString())
                if step % 300 == 0:
                    await other.move(step / FLOOD, told)
        except (OSError, ConnectionClosed):
            pass  # the server may well hang up on someone who never listens
        await other.move(1.0, told)
        assert len(told.milliseconds) >= 2
        assert held_by_pages(deployment) - before < 200  # the queue is bounded
        deaf.cut()
        await other.leave()

    played(scene())


def test_metrics_and_agents_are_closed_at_the_proxy(deployment: Deployment) -> None:
    for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json"):
        with pytest.raises(OSError, match="404"):
            urlopen(deployment.url + path)


def test_the_proxy_logs_neither_addresses_nor_links(deployment: Deployment) -> None:
    with urlopen(f"{deployment.url}/?p=AAAAAA") as answer:
        assert answer.status == 200
    logged = (deployment.folder / "access.log").read_text()
    assert '"path":"/"' in logged
    assert "AAAAAA" not in logged
    assert "127.0.0.1:" not in logged.replace('"replica":"127.0.0.1:', "")


def test_killed_mid_drag_the_screen_comes_back_from_its_link(tmp_path: Path) -> None:
    async def scene(deployment: Deployment) -> None:
        link = to_link(Screen(points=((-1.0, 0.5), (2.0, 1.5)), sigma=0.5))
        query = "&".join(f"{name}={value}" for name, value in link.items())
        visitor, told = await Visitor(deployment.url, query).arrive(), Told()
        at_first = heights(visitor)
        await visitor.move(1.0, told)
        serving = deployment.serving_visitors()
        assert sorted(serving)[0] < sorted(serving)[1], "one of the two serves the visitor"
        os.kill(deployment.replicas[serving.index(max(serving))].process.pid, signal.SIGKILL)
        with pytest.raises((OSError, ConnectionClosed)):
            await visitor.drag(60, told)
        again = Visitor(deployment.url, query)
        again.cookie, again.session = visitor.cookie, visitor.session
        await again.connect()
        await again.run()
        assert heights(again) == at_first
        await again.move(1.0, told)

    with deployed(tmp_path) as deployment:
        played(scene(deployment))


def test_killed_mid_drag_the_service_goes_on_at_the_other_replica(tmp_path: Path) -> None:
    """No question is lost: the proxy puts it to the next."""

    async def scene(deployment: Deployment) -> None:
        visitor, told = await Visitor(deployment.url, page="playground").arrive(), Told()
        dragging = asyncio.create_task(visitor.follow(4, told))
        while len(told.milliseconds) < 20:
            await asyncio.sleep(0.02)
        serving = deployment.serving_visitors()
        os.kill(deployment.replicas[serving.index(max(serving))].process.pid, signal.SIGKILL)
        before = len(told.milliseconds)
        await dragging
        assert len(told.milliseconds) > before + 10

    with deployed(tmp_path) as deployment:
        played(scene(deployment))


def test_who_asks_and_reads_nothing_does_not_slow_the_others_for_good(
    deployment: Deployment,
) -> None:
    async def scene() -> None:
        other, told = await Visitor(deployment.url, page="playground").arrive(), Told()
        before = held_by_pages(deployment)
        place = deployment.url.rpartition("/")[2]
        body = b'{"changes": {"k": 40}}'
        question = (
            f"POST /{ADDRESS} HTTP/1.1\r\nHost: {place}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        deaf = []
        for _ in range(50):
            _, writer = await asyncio.open_connection(*place.split(":"))
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(question * 100)
            deaf.append(writer)
        while len(told.milliseconds) < 3:
            await other.follow(1, told)
        assert held_by_pages(deployment) - before < 200
        for writer in deaf:
            writer.transport.abort()
        await other.leave()

    played(scene())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The app with checkpoints of its own."""
    root = tmp_path / "app"
    root.mkdir()
    for name in ("app.py", "serve.py", "icl_core", "pages", "serving", "ui", ".streamlit"):
        kept = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        kept(ROOT / name, root / name)
    shutil.copytree(ROOT / "checkpoints", root / "checkpoints")
    return root


@pytest.mark.parametrize(
    ("broken", "says_so", "works"),
    [
        ("control", ("inside", "vm=control"), ("", "")),
        ("playground", ("", ""), ("inside", "vm=control")),
    ],
)
def test_a_corrupted_checkpoint_is_told_on_its_page_and_others_work(
    copy: Path, broken: str, says_so: tuple[str, str], works: tuple[str, str]
) -> None:
    path = copy / "checkpoints" / f"{broken}.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    async def scene(url: str) -> None:
        page, query = says_so
        visitor = await Visitor(url, query, page).arrive()
        assert any(f"{broken}.safetensors does not match its sha256" in w for w in visitor.words)
        assert visitor.pad is None
        page, query = works
        other = await Visitor(url, query, page).arrive()
        await other.move(0.5, Told())

    server = Server(copy.parent / "log.txt", root=copy)
    try:
        server.wait()
        played(scene(server.url))
    finally:
        server.stop()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system without a free byte."""
    if os.geteuid():
        pytest.skip("only root may mount a small file system")
    place = tmp_path / "full"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", place], check=True)
    try:
        with pytest.raises(OSError, match="No space left"):
            (place / "all").write_bytes(bytes(2**20))
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_stops_nobody(full_disk: Path, tmp_path: Path) -> None:
    everywhere = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "TORCH_HOME")
    environment = {name: str(full_disk) for name in everywhere}

    async def scene(url: str) -> None:
        visitor = await Visitor(url).arrive()
        await visitor.move(0.5, Told())
        while visitor.waits_for_a_job:
            await asyncio.sleep(0.5)
            await visitor.run()

    server = Server(tmp_path / "log.txt", environment=environment)
    try:
        server.wait()
        played(scene(server.url))
    finally:
        server.stop()


def test_an_exception_on_screen_would_be_noticed() -> None:
    """The visitor that all of this rests on can fail."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg()
    message.delta.new_element.exception.message = "boom"
    with pytest.raises(Refused, match="boom"):
        Visitor("http://localhost")._look(message)
