"""`pip install .` gives a notebook the science with its weights, outside the repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from icl_core import list_models
from icl_core.recipes import RECIPES
from icl_core.studies import TABLES
from tests.support.server import ROOT

pytestmark = pytest.mark.slow

PARTS = ("icl_core", "checkpoints", "pyproject.toml", "setup.py", "README.md", "LICENSE")
NOTEBOOK = """
import json
import icl_core
from icl_core.checkpoints import FOLDER
from icl_core.evaluation import load_drawings
from icl_core.recipes import RECIPES, load_recipe
from icl_core.studies import TABLES, read_table

model = icl_core.load_model("playground")
load_recipe("playground"), read_table("fig1")
x = [[[-1.0, 1.0], [0.5, 1.0], [2.0, 1.0]]]
print(json.dumps({
    "from": icl_core.__file__,
    "weights": str(FOLDER),
    "models": icl_core.list_models(),
    "answers": model.predict(x, [[-0.4, 0.3, 1.2]], [[[1.0, 1.0]]]).tolist(),
    "recipes": sorted(path.name for path in RECIPES.glob("*.toml")),
    "tables": sorted(path.name for path in TABLES.glob("*.json")),
    "drawings": len(load_drawings()),
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package alone, built from a copy without a network."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, source / part)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    subprocess.run([*pip, *offline, str(source)], check=True)
    return target


def elsewhere(installed: Path, *words: str) -> str:
    """What Python says in a folder that is not the repository."""
    program = ["import runpy, sys", f"sys.path.insert(0, {str(installed)!r})"]
    done = subprocess.run(
        [sys.executable, "-c", "; ".join([*program, words[0]]), *words[1:]],
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_notebook_outside_the_repository_has_everything(installed: Path) -> None:
    told = json.loads(elsewhere(installed, f"exec({NOTEBOOK!r})"))
    assert Path(told["from"]).is_relative_to(installed)
    assert Path(told["weights"]).is_relative_to(installed)
    assert told["models"] == list_models()
    assert told["recipes"] == sorted(path.name for path in RECIPES.glob("*.toml"))
    assert told["tables"] == sorted(path.name for path in TABLES.glob("*.json"))
    assert told["drawings"] > 0
    assert np.isfinite(told["answers"]).all()
    assert (installed / "icl_core" / "py.typed").exists()


def test_the_command_line_is_there(installed: Path) -> None:
    run = "sys.argv[0] = 'icl_core'; runpy.run_module('icl_core', run_name='__main__')"
    assert "usage" in elsewhere(installed, run, "--help")


def test_nothing_of_the_application_is_installed(installed: Path) -> None:
    there = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert there - {"bin", "__pycache__"} == {"icl_core"}
