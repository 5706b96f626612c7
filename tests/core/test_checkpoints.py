"""Weights that cannot be trusted are refused in one sentence that names the file."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from icl_core import CheckpointError, list_models, load_model
from icl_core.checkpoints import load_decoder, read_manifest, read_tensors, write_entry
from icl_core.models.transformer import Transformer, TransformerConfig

TINY = TransformerConfig(max_dim=2, max_exemplars=4, layers=1, width=8, heads=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one tiny checkpoint, "tiny"."""
    torch.manual_seed(0)
    state = Transformer(TINY).state_dict()
    write_entry("tiny", dict(state), {"architecture": vars(TINY)}, tmp_path)
    return tmp_path


def test_stored_weights_come_back(folder: Path) -> None:
    torch.manual_seed(0)
    for name, tensor in Transformer(TINY).state_dict().items():
        assert torch.equal(load_decoder("tiny", folder=folder).state_dict()[name], tensor)


def test_a_loaded_model_is_in_eval_mode_and_shared(folder: Path) -> None:
    model = load_decoder("tiny", folder=folder)
    assert not model.training
    assert model is load_model("tiny", folder=folder)
    assert list_models(folder) == ["tiny"]


def test_unknown_name(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint 'huge'\. Known: tiny"):
        load_model("huge", folder=folder)


def test_missing_file(folder: Path) -> None:
    (folder / "tiny.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors is missing.*Restore"):
        load_model("tiny", folder=folder)


def test_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"manifest\.json is missing.*Restore"):
        load_model("tiny", folder=tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "\x00", '{"tiny": 1}'])
def test_broken_manifest(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"manifest\.json"):
        load_model("tiny", folder=folder)


def test_cut_short(folder: Path) -> None:
    path = folder / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match=r"tiny\.safetensors.*cut short.*Restore"):
        load_model("tiny", folder=folder)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_any_changed_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, place: int, flip: int
) -> None:
    folder = tmp_path_factory.mktemp("checkpoints")
    write_entry("one", {"w": torch.arange(64.0)}, {}, folder)
    path = folder / "one.safetensors"
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= flip
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="sha256"):
        read_tensors("one", folder)


def test_weights_of_another_shape(folder: Path) -> None:
    manifest = read_manifest(folder)
    manifest["tiny"]["architecture"]["width"] = 16
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="does not fit the architecture"):
        load_model("tiny", folder=folder)


def test_device_is_read_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICL_DEVICE", "quantum")
    with pytest.raises(ValueError, match="auto, cpu or cuda"):
        load_model("tiny", folder=folder)


def test_every_shipped_checkpoint_loads_and_predicts() -> None:
    for name in list_models():
        model = load_model(name)
        x = np.random.default_rng(0).normal(size=(2, 3, model.limits.max_dim))
        assert np.isfinite(model.predict(x, x[:, :, 0], x)).all()


def test_every_entry_says_what_it_is() -> None:
    for name, entry in read_manifest().items():
        assert {"file", "bytes", "sha256", "commit"} <= set(entry), name
        if "architecture" in entry:
            wanted = {"recipe", "prompts", "wall_seconds", "machine", "evaluation"}
            assert wanted <= set(entry), name
            assert entry["evaluation"]["model_sha256"] == entry["sha256"], name


def test_a_network_that_the_trainer_did_not_make_says_what_made_it() -> None:
    manifest = read_manifest()
    beside = [name for name in list_models() if "made_by" in manifest[name]]
    assert {"playground", "noise-0", "noise-4-9", "depth-8", "depth-8-seed3"} <= set(beside)
    for name in beside:
        entry = manifest[name]
        assert "not its bits" in entry["made_by"]
        assert entry["prompts"] == entry["recipe"]["steps"] * entry["recipe"]["batch"]
        assert entry["machine"].startswith("NVIDIA")
    for name in set(list_models()) - set(beside):
        assert len(manifest[name]["commit"]) == 40, name


def test_seeds_of_a_rung_are_different_networks_of_one_recipe() -> None:
    manifest = read_manifest()
    for depth in (1, 2, 3, 4, 6, 8):
        names = [f"depth-{depth}", f"depth-{depth}-seed2", f"depth-{depth}-seed3"]
        assert len({manifest[name]["sha256"] for name in names}) == 3
        recipes = [{**manifest[name]["recipe"], "name": "", "seed": 0} for name in names]
        assert recipes[0] == recipes[1] == recipes[2]
