"""Serve the lab where every way out leads nowhere, and tell what tried to leave.

Run as root in namespaces of its own: ``unshare --net --mount --propagation private``.
What is sent outward lands in a device that answers nothing, as behind a policy that
drops egress. Prints one JSON object: the addresses that a control asked for, those
that the lab did, and how many handshakes of foreign pages were refused.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from websockets.exceptions import InvalidStatus

from tests.support.server import Server, serving
from tests.support.stranger import line_to
from tests.support.visitor import Told, Visitor

SET_INTERFACE, TUN, WITHOUT_HEADER = 0x400454CA, 0x0001, 0x1000
PAGES = (
    "",
    "playground",
    "inside",
    "algorithm",
    "construction",
    "diversity",
    "curves",
    "train",
    "teach",
    "lesson",
)
DNS = "192.0.2.53"


class WayOut:
    """A device that takes every packet for elsewhere, notes where to, and answers none."""

    def __init__(self) -> None:
        self.device = os.open("/dev/net/tun", os.O_RDWR)
        wanted = struct.pack("16sH", b"out0", TUN | WITHOUT_HEADER)
        fcntl.ioctl(self.device, SET_INTERFACE, wanted)
        for line in (
            "link set lo up",
            "addr add 10.99.0.1/24 dev out0",
            "link set out0 up",
            "route add default dev out0",
        ):
            subprocess.run(["ip", *line.split()], check=True)
        self.asked: list[str] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            packet = os.read(self.device, 65_536)
            if packet[0] >> 4 == 4:
                self.asked.append(socket.inet_ntoa(packet[16:20]))


def ask_outside() -> None:
    """What no page does: a packet to somewhere else. The control."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(b"x", ("192.0.2.1", 9))


async def visit(server: Server) -> None:
    """Every page once, and a drag."""
    for page in PAGES:
        visitor = await Visitor(server.url, page=page).arrive()
        if page == "playground":
            await visitor.move(0.5, Told())
        await visitor.leave()


def refused(server: Server, origin: str) -> bool:
    """Whether a page of this origin is kept from opening a line."""
    try:
        with line_to(server.url, origin):
            return False
    except InvalidStatus:
        return True


def main() -> None:
    """The control, then the lab."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as names:
        names.write(f"nameserver {DNS}\noptions timeout:1 attempts:1\n")
        names.flush()
        resolver = Path("/etc/resolv.conf").resolve()
        subprocess.run(["mount", "--bind", names.name, resolver], check=True)
        way_out = WayOut()
        ask_outside()
        while not way_out.asked:
            threading.Event().wait(0.01)
        control, way_out.asked = way_out.asked, []
        with serving() as server:
            asyncio.run(visit(server))
            origins = ("https://evil.example", "null", "http://localhost", "http://10.99.0.7")
            kept_out = sum(refused(server, origin) for origin in origins)
            asyncio.run(visit(server))
    print(json.dumps({"control": control, "lab": way_out.asked, "kept out": kept_out}))


if __name__ == "__main__":
    main()
