"""The licences of everything that the app brings along: ``make audit``."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def installed_with_the_app() -> list[str]:
    """What requirements.txt names, and all that these need on this machine."""
    lines = (line.split("#")[0].strip() for line in REQUIREMENTS.read_text().splitlines())
    waiting = [Requirement(line) for line in lines if line]
    found: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name in found:
            continue
        try:
            needed = requires(name) or []
        except PackageNotFoundError:
            continue  # needed elsewhere only: on Windows, or with a GPU
        found.add(name)
        wanted = map(Requirement, needed)
        waiting += [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]
    return sorted(found)


def licences() -> dict[str, str]:
    """Each package's licence, in its own words."""
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--packages"]
    told = subprocess.run(
        [*command, *installed_with_the_app()], capture_output=True, text=True, check=True
    )
    return {row["Name"]: row["License"] for row in json.loads(told.stdout)}


def main() -> None:
    """A line for each."""
    for name, licence in licences().items():
        print(f"{name:28} {licence.splitlines()[0]}")


if __name__ == "__main__":
    main()
