"""Print what the image holds as a CycloneDX bill of materials: ``make sbom``."""

from __future__ import annotations

import json
import re
from importlib.metadata import metadata, version
from pathlib import Path
from typing import Any

from deploy.lock import ROOT, needed


def locked_hashes(lock: Path = ROOT / "requirements.lock") -> dict[str, list[str]]:
    """The hashes that requirements.lock gives for each package."""
    blocks = re.findall(
        r"^([\w.-]+)==\S+ \\\n((?: +--hash=sha256:\w+.*\n)+)", lock.read_text(), re.M
    )
    return {name: re.findall(r"sha256:(\w+)", found) for name, found in blocks}


def component(name: str, hashes: list[str]) -> dict[str, Any]:
    """One package."""
    told = metadata(name)
    approved = [one for one in told.get_all("Classifier") or [] if one.startswith("License ::")]
    said = told["License-Expression"] or ", ".join(one.split(" :: ")[-1] for one in approved)
    return {
        "type": "library",
        "name": name,
        "version": version(name),
        "purl": f"pkg:pypi/{name}@{version(name)}",
        "licenses": [{"license": {"name": said}}] if said else [],
        "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
    }


def bill() -> dict[str, Any]:
    """The whole bill, in the format's version 1.6."""
    hashes = locked_hashes()
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "a-model-within-a-model"}},
        "components": [component(name, hashes.get(name, [])) for name in needed()],
    }


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1))
