"""What the documents point to is there, and the first of them is short."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from icl_core.studies import read_table
from tests.support.server import ROOT

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
PLACE = re.compile(r"`((?:icl_core|ui|pages|tests|serving|deploy|checkpoints|docs)/[\w./-]+\w)`")
FINDING = re.compile(r"\| (Fig \d\w?|Fu et al\.) \|")
MADE = {"pages/NAME.py", "ui/NAME", "icl_core/priors/NAME.py", "checkpoints/recipes/NAME.toml"}
names = pytest.mark.parametrize(
    "path", DOCUMENTS, ids=[path.relative_to(ROOT).as_posix() for path in DOCUMENTS]
)


def test_the_documents_are_found() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert {"README.md", "CHANGELOG.md", "docs/contributing.md", "docs/operations.md"} <= found


@names
def test_relative_links_lead_somewhere(path: Path) -> None:
    lost = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert lost == []


@names
def test_files_that_are_named_exist(path: Path) -> None:
    named = set(PLACE.findall(path.read_text())) - MADE
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().split()) < 1300


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("*.md")} - {"README.md"}


def test_the_table_of_findings_is_the_stored_one() -> None:
    """Copied into the document by hand it would soon tell the figures of other weights."""
    told = [
        line for line in (ROOT / "docs/results.md").read_text().splitlines() if FINDING.match(line)
    ]
    assert told == [row_of(claim) for claim in read_table("claims")["claims"]]


def row_of(claim: dict[str, Any]) -> str:
    prompts = " or ".join(f"{count:,}" for count in claim["prompts"])
    runs = " or ".join(map(str, claim["runs"]))
    value, low, high = (f"{claim[name]:.3g}" for name in ("value", "low", "high"))
    cells = (
        claim["figure"],
        claim["paper_said"],
        f"{prompts}; {runs}",
        claim["measured"],
        f"{value} ({low}–{high})",
        claim["agrees"],
    )
    return f"| {' | '.join(cells)} |"
