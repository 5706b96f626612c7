"""What the image is made of: known weaknesses, and a bill of materials."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from deploy.audit import affects, from_file
from deploy.lock import needed
from deploy.sbom import bill


def advisory(name: str = "Pillow", **affected: Any) -> dict[str, Any]:
    package = {"name": name, "ecosystem": "PyPI"}
    return {"id": "TEST-1", "affected": [{"package": package, **affected}]}


def between(*events: dict[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("affected", "hit"),
    [
        ({"versions": ["12.0"]}, True),
        ({"versions": ["11.0"]}, False),
        (between({"introduced": "0"}, {"fixed": "12.1"}), True),
        (between({"introduced": "0"}, {"fixed": "12.0"}), False),
        (between({"introduced": "0"}, {"last_affected": "12.0"}), True),
        (between({"introduced": "12.1"}), False),
        (between({"introduced": "1"}, {"fixed": "2"}, {"introduced": "11"}), True),
        ({"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, False),
    ],
)
def test_an_advisory_means_the_versions_that_it_names(affected: dict[str, Any], hit: bool) -> None:
    assert affects(affected, "12.0") is hit


@pytest.mark.parametrize("kind", ["file", "folder", "zip"])
def test_advisories_are_read_where_no_service_answers(tmp_path: Path, kind: str) -> None:
    told = [advisory(versions=["1"]), advisory("other", versions=["1"])]
    told += [{**advisory(versions=["1"]), "id": "TEST-2", "withdrawn": "2026-01-01"}]
    place = tmp_path / "advisories.json"
    place.write_text(json.dumps(told))
    if kind == "folder":
        place = tmp_path
    if kind == "zip":
        place = tmp_path / "all.zip"
        with zipfile.ZipFile(place, "w") as archive:
            for number, one in enumerate(told):
                archive.writestr(f"{number}.json", json.dumps(one))
    assert from_file(place, {"pillow": "1"}) == ["pillow 1: TEST-1"]


def test_the_bill_names_everything_with_its_hashes() -> None:
    told = bill()
    components = {one["name"]: one for one in told["components"]}
    assert sorted(components) == needed()
    assert all(one["hashes"] for name, one in components.items() if name != "torch")
    assert components["streamlit"]["purl"].startswith("pkg:pypi/streamlit@1.")
    assert components["numpy"]["licenses"]
