"""Known weaknesses of what the image installs: ``make audit``.

Asks pip-audit's service; where none answers, reads advisories in OSV's format from
what ``ADVISORIES`` names: a JSON file, a folder of them, or the ZIP file that OSV
publishes for PyPI. Says which of the two it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from deploy.lock import ROOT, needed


def from_service() -> list[str] | None:
    """What the service knows of the locked packages; None where it does not answer."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"]
    lock = ["--no-deps", "--disable-pip", "--requirement", str(ROOT / "requirements.lock")]
    done = subprocess.run([*command, *lock], capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        return None
    return [
        f"{one['name']} {one['version']}: {weakness['id']}"
        for one in told["dependencies"]
        for weakness in one.get("vulns", [])
    ]


def read_advisories(place: Path) -> Iterator[dict[str, Any]]:
    """Every advisory of a JSON file, of a folder, or of a ZIP file."""
    if place.is_dir():
        for path in sorted(place.rglob("*.json")):
            yield from read_advisories(path)
    elif zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as archive:
            for name in archive.namelist():
                yield json.loads(archive.read(name))
    else:
        told = json.loads(place.read_text())
        yield from told if isinstance(told, list) else [told]


def affects(affected: dict[str, Any], installed: str) -> bool:
    """Whether one "affected" part of an advisory means an installed version."""
    if installed in affected.get("versions", []):
        return True
    return any(
        _within(one.get("events", []), Version(installed))
        for one in affected.get("ranges", [])
        if one.get("type") == "ECOSYSTEM"
    )


def _within(events: list[dict[str, str]], installed: Version) -> bool:
    inside = False
    for event in events:
        (kind, number), *_ = event.items()
        try:
            at = Version(number)
        except InvalidVersion:
            continue
        if kind == "introduced" and installed >= at:
            inside = True
        if (kind == "fixed" and installed >= at) or (kind == "last_affected" and installed > at):
            inside = False
    return inside


def from_file(place: Path, installed: dict[str, str]) -> list[str]:
    """What the advisories say of installed packages, by name and version."""
    return [
        f"{name} {installed[name]}: {advisory['id']}"
        for advisory in read_advisories(place)
        if "withdrawn" not in advisory
        for part in advisory.get("affected", [])
        if part.get("package", {}).get("ecosystem") == "PyPI"
        if (name := canonicalize_name(part["package"]["name"])) in installed
        if affects(part, installed[name])
    ]


def main() -> None:
    """Print the weaknesses and whom they come from; status 1 where there are any, 2 unasked."""
    found, source = from_service(), "the advisory service"
    if found is None:
        place = os.environ.get("ADVISORIES")
        if not place:
            print("No service answered, and ADVISORIES names no file of advisories.")
            sys.exit(2)
        installed = {name: version(name) for name in needed()}
        found, source = from_file(Path(place), installed), place
    print(*sorted(set(found)), sep="\n", end="\n" if found else "")
    print(f"{len(set(found))} known weaknesses, by {source}.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
