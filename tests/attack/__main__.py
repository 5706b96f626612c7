"""Thirteen attacks on a real server behind real nginx, while one visitor drags: ``make attack``.

Loopback only; as root in a network of its own, whose way out leads nowhere. For each:
whether it held, the visitor's p95 beside their own just before, and the server's highest
memory beside that of before. Each was an attack that once worked.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus

from icl_core.checkpoints import pack
from icl_core.models.transformer import TransformerConfig
from icl_core.priors.mixture import FlagshipPrior
from icl_core.recipes import Recipe
from icl_core.training.trainer import TrainingProgress, initial_model, run_note
from serving.answers import ADDRESS
from tests.attack.intruder import Intruder
from tests.attack.offline import WayOut
from tests.serving.test_egress import APART, may_be_apart
from tests.support.proxy import Deployment
from tests.support.server import ROOT
from tests.support.stranger import (
    closing_code,
    half_open,
    line_to,
    names_asked_for,
    token_for_uploads,
    upload,
    watched_memory,
)

SECONDS = 8.0  # of the baseline, and of an attack at least
LONGEST, LONGEST_PAUSE = 90.0, 200.0  # seconds of an attack at most
SLOWER, LARGER = 1.5, 1.2
ELSEWHERE = "127.0.0.2"  # a stranger's address; the visitor's is 127.0.0.1
HERE = (ELSEWHERE, 0)

RECIPE = Recipe(
    name="heavy",
    model=TransformerConfig(max_dim=8, max_exemplars=40, layers=6, width=128, heads=8),
    prior=FlagshipPrior(),
    steps=2000,
)


@dataclass
class Answers:
    """What the visitor's process prints."""

    process: subprocess.Popen[str]

    def __post_init__(self) -> None:
        self.times: list[tuple[float, float]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            at, milliseconds = line.split()
            self.times.append((float(at), float(milliseconds)))

    def p95(self, since: float, until: float) -> float:
        """Of what was answered between; a visitor who waits all the time counts as waiting."""
        found = [ms for at, ms in self.times if since <= at <= until]
        last = max((at for at, _ in self.times if at <= until), default=since)
        found += [1000 * (until - max(last, since))] if until - last > 1 else []
        return statistics.quantiles(found, n=20)[-1] if len(found) > 1 else 1000 * (until - since)


def weights(seed: int = 0, **changes: object) -> dict[str, bytes]:
    """Files of a large network with its manifest entry, whose law may be changed."""
    recipe = replace(RECIPE, seed=seed)
    tensors = dict(initial_model(recipe).state_dict())
    data, entry = pack("heavy", tensors, run_note(recipe, TrainingProgress(1, 1.0), "here"))
    entry["recipe"]["prior"] |= changes
    return {"w.safetensors": data, "w.json": json.dumps(entry).encode()}


async def in_threads(count: int, each: Callable[[], object]) -> list[object]:
    """Do one thing in many threads."""
    return list(await asyncio.gather(*(asyncio.to_thread(each) for _ in range(count))))


# --- the attacks: each says whether it held -----------------------------------------------


async def foreign_origin(lab: Deployment) -> bool:
    """1: handshakes of a foreign page."""

    def knock() -> bool:
        try:
            with line_to(lab.url, "https://evil.example", ELSEWHERE):
                return False
        except InvalidStatus:
            return True

    return all(await in_threads(20, knock))


async def long_line(lab: Deployment) -> bool:
    """2: one line of 240 kB in Class view."""
    intruder = await Intruder(lab.url, "classroom", ELSEWHERE).arrive()
    await intruder.ask(intruder.typed("Links", "x" * 240_000))
    await intruder.leave()
    return True


async def many_names(lab: Deployment) -> bool:
    """3: addresses for 490,000 uploads."""

    def ask() -> bool:
        with line_to(lab.url, source=ELSEWHERE) as line:
            line.send(names_asked_for(490_000))
            return closing_code(line) == 1008

    return all(await in_threads(5, ask))


async def bombs(lab: Deployment) -> bool:
    """4: 20 MB of zeros in 20 kB, sixty times."""

    def send() -> bool:
        with line_to(lab.url, source=ELSEWHERE) as line:
            try:
                for _ in range(12):
                    line.send(bytes(19_000_000))
            except ConnectionClosed:
                pass
            return closing_code(line) == 1009

    return all(await in_threads(5, send))


async def long_lists(lab: Deployment) -> bool:
    """5: weights whose manifest lists 30,000 levels of noise."""
    intruder = await Intruder(lab.url, "train", ELSEWHERE).arrive()
    files = await asyncio.to_thread(weights, sigmas=[0.1] * 30_000)
    await intruder.ask(await intruder.brought("The weights", files))
    await intruder.leave()
    return any("entries" in words for words in intruder.words)


async def uploads(lab: Deployment) -> bool:
    """6: 60 times 5 MB to a page that takes no files."""
    intruder = await Intruder(lab.url, "", ELSEWHERE).arrive()
    token = await asyncio.to_thread(token_for_uploads, lab.url)
    statuses = [
        await asyncio.to_thread(
            upload, lab.url, intruder.session, f"f{i}", bytes(5_000_000), token, intruder.cookie
        )
        for i in range(60)
    ]
    await intruder.leave()
    return set(statuses) <= {403, 429, 0}


async def slow_requests(lab: Deployment) -> bool:
    """7: 900 requests that never end."""
    begun = [half_open(lab.url, b"GET / HTTP/1.1\r\nHost: x\r\n") for _ in range(900)]
    await asyncio.sleep(15)
    closed = 0
    for one in begun:
        one.setblocking(False)
        try:
            closed += one.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            closed += 1
        one.close()
    return closed == len(begun)


async def training(lab: Deployment) -> bool:
    """8: a training beside the drag."""
    intruder = await Intruder(lab.url, "train", ELSEWHERE).arrive()
    await intruder.ask(intruder.pressed("Start training"))
    await asyncio.sleep(2 * SECONDS)
    found = trainings(lab)
    await intruder.leave()
    return bool(found) and all(os.getpriority(os.PRIO_PROCESS, pid) == 15 for pid in found)


async def long_pause(lab: Deployment) -> bool:
    """9: a run that is paused and resumed to keep its place; it has two minutes in all."""
    intruder = await Intruder(lab.url, "train", ELSEWHERE).arrive()
    await intruder.ask(intruder.pressed("Start training"))
    while "Pause" not in intruder.widgets:
        await asyncio.sleep(1)
        await intruder.again()
    began = bool(trainings(lab))
    while trainings(lab):
        await intruder.ask(intruder.pressed("Pause"))
        await asyncio.sleep(20)
        await intruder.ask(intruder.pressed("Resume"))
    await intruder.leave()
    return began


async def full_disk(lab: Deployment) -> bool:
    """10: more runs than the disk holds, each of a visitor who stays."""
    here = []
    for _ in range(4):
        intruder = await Intruder(lab.url, "train", ELSEWHERE).arrive()
        await intruder.ask(intruder.pressed("Start training"))
        here.append(intruder)
    await asyncio.sleep(SECONDS)
    said = [words for intruder in here for words in intruder.words]
    for intruder in here:
        await intruder.leave()
    return not any("unexpectedly" in words for words in said)


async def readouts(lab: Deployment) -> bool:
    """11: readouts of six uploads, asked for one after the other, and nobody waits."""
    intruder = await Intruder(lab.url, "train", ELSEWHERE).arrive()
    for seed in range(6):
        files = await asyncio.to_thread(weights, seed)
        await intruder.ask(await intruder.brought("The weights", files))
        await intruder.ask(intruder.pressed("Use these weights"))
    await intruder.leave()
    await asyncio.sleep(SECONDS)
    return True


async def full_queue(lab: Deployment) -> bool:
    """12: thirteen sessions from one address train; someone else still can."""
    here = []
    for _ in range(13):
        intruder = await Intruder(lab.url, "train", ELSEWHERE).arrive()
        await intruder.ask(intruder.pressed("Start training"))
        here.append(intruder)
    other = await Intruder(lab.url, "train").arrive()
    await other.ask(other.pressed("Start training"))
    said = " ".join(other.words)
    for one in (*here, other):
        await one.leave()
    return "Many visitors" not in said


async def asking(lab: Deployment, lines: int) -> set[int]:
    """Ask without a pause on so many lines of one address, for a while; the statuses."""
    until = time.monotonic() + SECONDS
    statuses: set[int] = set()

    def ask() -> None:
        place = urlsplit(lab.url)
        line = http.client.HTTPConnection(str(place.hostname), place.port, source_address=HERE)
        body, kind = json.dumps({"changes": {"k": 40}}), {"Content-Type": "application/json"}
        while time.monotonic() < until:
            try:
                line.request("POST", f"/{ADDRESS}", body, kind)
                answer = line.getresponse()
                answer.read()
                statuses.add(answer.status)
            except (OSError, http.client.HTTPException):
                line.close()
                time.sleep(0.05)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(lines)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        await asyncio.sleep(0.2)
    return statuses


async def questions(lab: Deployment) -> bool:
    """13: questions without a pause on 200 lines, beside those on one."""
    statuses = await asking(lab, 200)
    return 200 in statuses and statuses <= {200, 429, 503}


async def nobody(_lab: Deployment) -> None:
    """Whom the visitor has beside them before an attack."""
    await asyncio.sleep(SECONDS)


async def one_more(lab: Deployment) -> None:
    """Somebody else who asks all the time, as anybody may: a flood must cost no more than this."""
    await asking(lab, 1)


ATTACKS: tuple[Callable[[Deployment], Awaitable[bool]], ...] = (
    *(foreign_origin, long_line, many_names, bombs, long_lists, uploads),
    *(slow_requests, long_pause, training, readouts, full_disk, full_queue, questions),
)


def trainings(lab: Deployment) -> list[int]:
    """The processes that train."""
    server = lab.replicas[0].process.pid
    children = Path(f"/proc/{server}/task").glob("*/children")
    found = [int(pid) for path in children for pid in path.read_text().split()]
    return [pid for pid in found if b"watched" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def one(attack: Callable[[Deployment], Awaitable[bool]], lab: Deployment, seen: Answers) -> bool:
    """Carry out an attack, and print its line."""
    company = one_more if attack is questions else nobody
    asyncio.run(company(lab))
    middle = time.time()
    before = seen.p95(middle - SECONDS, middle)
    with ExitStack() as watches:
        growths = [watches.enter_context(watched_memory(each.pid)) for each in lab.processes()[0]]
        resident = lab.resident()[0]
        try:
            most = LONGEST_PAUSE if attack is long_pause else LONGEST
            kept: object = asyncio.run(asyncio.wait_for(attack(lab), most))
        except Exception as trouble:
            kept = f"{type(trouble).__name__}: {trouble}"
        time.sleep(max(0.0, middle + SECONDS - time.time()))
        larger = 1 + sum(growth() for growth in growths) / resident
    during = seen.p95(middle, time.time())
    held = kept is True and during <= SLOWER * before and larger <= LARGER
    print(f"{'held' if held else 'FELL':5} {(attack.__doc__ or '')[:60]:60}", end=" ")
    print(f"p95 {before:6.0f} → {during:6.0f} ms ({during / before:4.2f})", end="  ")
    print(f"memory × {larger:4.2f}" + ("" if kept is True else f"  {kept}"), flush=True)
    return held


def attacked(folder: Path, chosen: set[str]) -> list[bool]:
    """All attacks, one after the other, on one replica behind nginx."""
    lab = Deployment(folder, replicas=1, environment={"TMPDIR": str(folder)})
    visitor = None
    try:
        lab.wait()
        command = [sys.executable, "-m", "tests.attack.drag", lab.url]
        visitor = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        seen = Answers(visitor)
        while len(seen.times) < 100:
            assert visitor.poll() is None, "The visitor's drag has ended."
            time.sleep(0.1)
        os.nice(10)  # strangers bring machines of their own
        attacks = [attack for attack in ATTACKS if not chosen or attack.__name__ in chosen]
        return [one(attack, lab, seen) for attack in attacks]
    finally:
        if visitor is not None:
            visitor.kill()
        lab.stop()


def main() -> None:
    """In a network of its own, where that may be had."""
    if "--apart" not in sys.argv and may_be_apart():
        me = [sys.executable, "-m", "tests.attack", "--apart", *sys.argv[1:]]
        os.execvp(APART[0], [*APART, *me])
    if "--apart" in sys.argv:
        WayOut()
    else:
        print("Not in a network of its own: what leaves the machine is not dropped.")
    chosen = {word for word in sys.argv[1:] if not word.startswith("-")}
    with tempfile.TemporaryDirectory() as name:
        held = attacked(Path(name), chosen)
    print(f"{sum(held)} of {len(held)} held: p95 ≤ {SLOWER} and memory ≤ {LARGER} times before.")
    sys.exit(not all(held))


if __name__ == "__main__":
    main()
