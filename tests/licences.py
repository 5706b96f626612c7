"""The licences of everything that the app brings along: ``make audit``."""

from __future__ import annotations

import json
import subprocess
import sys

from deploy.lock import needed


def licences() -> dict[str, str]:
    """Each package's licence, in its own words."""
    command = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--packages"]
    told = subprocess.run([*command, *needed()], capture_output=True, text=True, check=True)
    return {row["Name"]: row["License"] for row in json.loads(told.stdout)}


def main() -> None:
    """A line for each."""
    for name, licence in licences().items():
        print(f"{name:28} {licence.splitlines()[0]}")


if __name__ == "__main__":
    main()
