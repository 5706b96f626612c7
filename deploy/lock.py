"""Write requirements.lock: ``python -m deploy.lock FOLDER…``.

The folders hold the wheels that an image is made of, one folder for each kind of
processor, as `pip download --no-deps` leaves them. What is locked is what is
installed and tested here: every package behind requirements.txt but torch, which
comes from PyTorch's own index and is pinned by its version.
"""

from __future__ import annotations

import hashlib
import sys
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = {"torch"}


def needed(requirements: Path = ROOT / "requirements.txt") -> list[str]:
    """What a file of requirements names, and all that these need on this machine."""
    lines = (line.split("#")[0].strip() for line in requirements.read_text().splitlines())
    waiting = [Requirement(line) for line in lines if line]
    found: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name in found:
            continue
        try:
            wants = requires(name) or []
        except PackageNotFoundError:
            continue  # needed elsewhere only: on Windows, or with a GPU
        found.add(name)
        wanted = map(Requirement, wants)
        waiting += [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]
    return sorted(found)


def hashes(folders: list[Path]) -> dict[tuple[str, str], set[str]]:
    """SHA-256 of every wheel, by name and version."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for wheel in (path for folder in folders for path in folder.glob("*.whl")):
        name, number, *_ = parse_wheel_filename(wheel.name)
        found[name, str(number)].add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return found


def lock(folders: list[Path]) -> str:
    """The file's text; raises SystemExit with a sentence where a wheel is missing."""
    known = hashes(folders)
    lines = [
        "# What the image installs, each file by its hash; `python -m deploy.lock` writes it.",
        "# torch is not in it: it comes from PyTorch's own index, see the Dockerfile.",
    ]
    for name in needed():
        if name in ELSEWHERE:
            continue
        found = sorted(known.get((name, version(name)), ()))
        if not found:
            sys.exit(f"There is no wheel of {name} {version(name)} in the folders.")
        lines.append(f"{name}=={version(name)} \\")
        lines.append(" \\\n".join(f"    --hash=sha256:{one}" for one in found))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "requirements.lock").write_text(lock([Path(name) for name in sys.argv[1:]]))
