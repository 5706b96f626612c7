"""The command line, as a newcomer types it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file

from icl_core.__main__ import main
from icl_core.checkpoints import load_decoder
from icl_core.interventions.steering import KINDS

ROOT = Path(__file__).resolve().parents[2]
RECIPE = """
steps = 6
batch = 4
warmup = 2
decay = 2
[model]
max_dim = 2
max_exemplars = 5
layers = 1
width = 8
heads = 2
[prior]
kind = "plain"
dim = 2
sigma = 0.5
"""


class Done(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: object) -> Done:
    """A command in this process, without a second import of PyTorch."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["icl_core", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def python(code: str, folder: Path, *words: object) -> Done:
    """A script in a process of its own, on one thread."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_the_package_is_a_command() -> None:
    done = python("import runpy; runpy.run_module('icl_core', run_name='__main__')", ROOT, "dance")
    assert done.returncode == 2
    assert "invalid choice: 'dance'" in done.stderr


def test_train_stores_weights_and_their_manifest_entry(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RECIPE)
    done = run(
        "train", tmp_path / "small.toml", "--runs", tmp_path, "--into", tmp_path, "--device", "cpu"
    )
    assert done.returncode == 0, done.stderr
    assert load_decoder("small", folder=tmp_path).config.width == 8
    entry = json.loads((tmp_path / "manifest.json").read_text())["small"]
    assert entry["prompts"] == 24
    assert entry["recipe"]["prior"]["sigma"] == 0.5


def test_a_seed_on_the_command_line_makes_another_model(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(RECIPE)
    words = ["--runs", tmp_path, "--into", tmp_path, "--device", "cpu", "--seed", "7"]
    assert run("train", tmp_path / "small.toml", *words).returncode == 0
    assert (tmp_path / "small-seed7.safetensors").exists()


def test_snapshots_are_stored_in_half_precision_and_lead_to_the_last_weights(
    tmp_path: Path,
) -> None:
    half = RECIPE.replace("decay = 2", 'decay = 2\nsnapshots = [2, 5]\nstored = "fp16"')
    (tmp_path / "small.toml").write_text(half)
    words = ["--runs", tmp_path, "--into", tmp_path, "--device", "cpu"]
    assert run("train", tmp_path / "small.toml", *words).returncode == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert [manifest[f"small.step{step}"]["prompts"] for step in (2, 5)] == [8, 20]
    assert manifest["small.step2"]["of"] == "small"
    kept = [load_decoder(name, folder=tmp_path) for name in ("small.step2", "small.step5", "small")]
    weights = [model.read_in.weight for model in kept]
    assert all(part.dtype == torch.float32 for part in weights)
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])
    whole = load_file(tmp_path / "small" / "step5.safetensors")["read_in.weight"]
    assert torch.equal(whole.half().float(), weights[1])


SMALL = """
steps = 4
batch = 4
warmup = 2
decay = 2
[model]
max_exemplars = 4
layers = 1
width = 8
heads = 2
[prior]
kind = "flagship"
{w_seed}
"""


SEVERAL = """
import contextlib, io, json, sys
from icl_core.__main__ import main

told = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["icl_core", *words]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main()
    told.append(out.getvalue())
print(json.dumps(told))
"""


@pytest.mark.slow
def test_probe_stores_what_patch_then_steers_through(tmp_path: Path) -> None:
    """In a copy of the package, since both commands write beside its checkpoints."""
    shutil.copytree(ROOT / "icl_core", tmp_path / "icl_core")
    recipes = tmp_path / "checkpoints" / "recipes"
    recipes.mkdir(parents=True)
    (recipes / "small.toml").write_text(SMALL.format(w_seed=""))
    (recipes / "control.toml").write_text(SMALL.format(w_seed="w_seed = 1"))
    patch = ["patch", "small", "--json", "--tasks", "2", "--k", "3", "--queries", "4"]
    points = ["--points-a", "0,1 1,2 2,3.1", "--points-b", "0,1 1,0 2,-1", "--positions"]
    commands = [
        ["train", "small", "--device", "cpu"],
        ["train", "control", "--device", "cpu"],
        patch,
        ["probe", "small", "--prompts", "64", "--json"],
        patch,
        patch,
        ["patch", "small", "--json", *points],
        ["patch", "control", "--json", "--tasks", "2", "--k", "3", "--queries", "4"],
    ]
    done = python(SEVERAL, tmp_path, json.dumps(commands))
    assert done.returncode == 0, done.stderr
    bare, told, table, again, drawn, fixed = map(json.loads, json.loads(done.stdout)[2:])
    assert "No probes are stored for 'small'" in bare["steer"]

    manifest = json.loads((tmp_path / "checkpoints" / "manifest.json").read_text())
    assert told["model_sha256"] == manifest["small"]["sha256"]
    entry = manifest["small.probes"]
    assert entry["control"] == {"name": "control", "sha256": manifest["control"]["sha256"]}
    assert manifest["small.readouts"]["command"] == entry["command"]
    assert len(told["r2_by_layer"]) == 2
    assert {row["model"] for row in told["rows"]} == {"trained", "random", "fixed"}

    assert [row["replaced"] for row in table["patch"][:3]] == ["context x", "context y", "context"]
    assert len(table["patch"]) == 2 * 5
    assert len(table["ablation"]) == 1 * 3
    assert [row["done"] for row in table["steer"]] == [*KINDS] * 2
    shares = {(row["layer"], row["done"]): row["share"] for row in table["steer"]}
    assert shares[1, "written at y"] == pytest.approx(0, abs=1e-4)
    assert shares[0, "ceiling: all of B"] == pytest.approx(1, abs=1e-4)
    assert again == table
    assert [row["replaced"] for row in drawn["patch"][:6]] == ["x1", "y1", "x2", "y2", "x3", "y3"]
    # The control's Bayes knows w, so it answers B as it answers A.
    assert {row["expected_at_layer_0"] for row in fixed["patch"]} == {None}
    assert all(isinstance(row["expected_at_layer_0"], float) for row in table["patch"])


@pytest.mark.slow
def test_evaluate_prints_a_row_for_each_cell() -> None:
    done = run("evaluate", "playground", "--json", "--tasks", "1")
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    assert len(table["rows"]) == 22 * 6
    wanted = {
        "dim",
        "intercept",
        "sigma",
        "model_error",
        "bayes_error",
        "oracle_ridge_error",
        "excess",
        "excess_low",
        "excess_high",
        "spd_bayes",
    }
    assert wanted <= set(table["rows"][0])
    assert {"command", "seed", "commit", "model_sha256", "drawings"} <= set(table)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "nowhere"], "There is no recipe 'nowhere'"),
        (["evaluate", "nowhere"], "There is no checkpoint 'nowhere'"),
        (["evaluate", "playground", "--tasks", "0"], "at least 1"),
        (["evaluate", "playground", "--tasks", "many"], "at least 1"),
        (["probe", "nowhere"], "There is no checkpoint 'nowhere'"),
        (["probe", "playground", "--control", "nowhere"], "There is no checkpoint 'nowhere'"),
        (["patch", "nowhere"], "There is no checkpoint 'nowhere'"),
        (["patch", "playground", "--dim", "9"], "dim must be one of 1 to 8"),
        (["patch", "paper", "--dim", "2"], "dim must be 8, not 2"),
        (["patch", "paper", "--intercept"], "Tasks under this law never have an intercept"),
        (["patch", "playground", "--sigma", "0.3"], "sigma must be one of 0, 0.1, 0.25, 0.5 or 1"),
        (["patch", "playground", "--k", "41", "--tasks", "1"], "takes at most 40"),
        (["patch", "playground", "--points-a", "0,1"], "both --points-a and --points-b"),
        (["patch", "playground", "--points-a", "0,1", "--points-b", "0;1"], 'written "x,y x,y'),
        (
            ["patch", "playground", "--points-a", "0,1", "--points-b", "0,1 1,1"],
            "as many exemplars",
        ),
        (
            ["patch", "playground", "--tasks", "1", "--write", "1,x"],
            "--write takes 2 finite weights",
        ),
        (["dance"], "invalid choice"),
        ([], "required"),
    ],
)
def test_bad_input_is_a_sentence_and_exit_code_2(words: list[str], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
