"""The command line, as a newcomer types it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from icl_core.checkpoints import load_model

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


def run(*words):
    command = [sys.executable, "-m", "icl_core", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_train_stores_weights_and_their_manifest_entry(tmp_path):
    (tmp_path / "small.toml").write_text(RECIPE)
    done = run(
        "train", tmp_path / "small.toml", "--runs", tmp_path, "--into", tmp_path, "--device", "cpu"
    )
    assert done.returncode == 0, done.stderr
    assert load_model("small", folder=tmp_path).config.width == 8
    entry = json.loads((tmp_path / "manifest.json").read_text())["small"]
    assert entry["prompts"] == 24
    assert entry["recipe"]["prior"]["sigma"] == 0.5


def test_a_seed_on_the_command_line_makes_another_model(tmp_path):
    (tmp_path / "small.toml").write_text(RECIPE)
    words = ["--runs", tmp_path, "--into", tmp_path, "--device", "cpu", "--seed", "7"]
    assert run("train", tmp_path / "small.toml", *words).returncode == 0
    assert (tmp_path / "small-seed7.safetensors").exists()


def test_evaluate_prints_a_row_for_each_cell():
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
        (["dance"], "invalid choice"),
        ([], "required"),
    ],
)
def test_bad_input_is_a_sentence_and_exit_code_2(words, said):
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
