"""Promises that the code keeps about itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.colours import DARK, LIGHT, contrast
from ui.figures.charts import ink
from ui.visitor import methods

ROOT = Path(__file__).resolve().parents[2]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", sorted((ROOT / "icl_core").rglob("*.py")), ids=lambda p: p.name)
def test_the_science_imports_no_page(path: Path) -> None:
    assert not {"streamlit", "ui", "pages"} & set(imported(path))


@pytest.mark.slow
def test_the_science_loads_without_streamlit() -> None:
    code = "import sys, icl_core; sys.exit('streamlit' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", [*methods.ids(), methods.TRUTH_ID])
def test_colours_stand_out_from_their_background(name: str) -> None:
    style = methods.style_of(name)
    assert contrast(style.light, LIGHT) >= 4.5
    assert contrast(style.dark, DARK) >= 4.5


def test_no_two_methods_look_alike() -> None:
    dashes = [method.style.dash for method in methods.all_methods()]
    colours = [method.style.light for method in methods.all_methods()]
    assert len(set(dashes)) == len(dashes)
    assert len(set(colours)) == len(colours)


def test_the_theme_has_the_backgrounds_that_the_palette_was_checked_against() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    assert f'backgroundColor = "{LIGHT}"' in config
    assert f'backgroundColor = "{DARK}"' in config


def test_charts_are_lettered_in_the_themes_own_ink() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    assert f'textColor = "{ink(dark=False)}"' in config
    assert f'textColor = "{ink(dark=True)}"' in config


MOVES = re.compile(r"^\s*(transition|animation):", re.MULTILINE)
MOVING = [path for path in sorted((ROOT / "ui").rglob("*.css")) if MOVES.search(path.read_text())]


@pytest.mark.parametrize("path", MOVING, ids=lambda p: p.name)
def test_what_moves_by_itself_stands_still_for_those_who_ask(path: Path) -> None:
    text = path.read_text()
    moving, calm = text.partition("@media (prefers-reduced-motion: reduce)")[::2]
    for property_ in set(MOVES.findall(moving)):
        assert f"{property_}: none" in calm, property_
