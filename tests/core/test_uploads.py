"""Weights from strangers: what does not fit is refused in a sentence, whatever it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from icl_core import CheckpointError, uploads
from icl_core.checkpoints import pack, read_manifest, sha256
from icl_core.models.transformer import TransformerConfig
from icl_core.priors.mixture import FlagshipPrior
from icl_core.recipes import Recipe, recipe_from_dict
from icl_core.training.trainer import TrainingProgress, initial_model, run_note
from icl_core.uploads import MOST_MANIFEST_BYTES, MOST_WEIGHT_BYTES, Upload, read_upload

RECIPE = Recipe(
    name="mine",
    model=TransformerConfig(max_dim=2, max_exemplars=4, layers=1, width=8, heads=2),
    prior=FlagshipPrior(max_dim=2, dim=2, intercept=True, sigmas=(0.25,)),
    steps=50,
    warmup=5,
    decay=10,
    optimiser="adamw",
)
TENSORS = dict(initial_model(RECIPE).state_dict())
GOOD, ENTRY = pack("mine", TENSORS, run_note(RECIPE, TrainingProgress(50, 3.0), "here"))


def upload(weights: bytes = GOOD, **changes: Any) -> Upload:
    return read_upload(weights, json.dumps({"mine": {**ENTRY, **changes}}).encode())


def vouched(tensors: dict[str, torch.Tensor], **changes: Any) -> Upload:
    """The same entry, made to vouch for other tensors."""
    data, entry = pack("mine", tensors, {})
    return upload(data, bytes=entry["bytes"], sha256=entry["sha256"], **changes)


def refusal(**changes: Any) -> str:
    with pytest.raises(CheckpointError) as caught:
        upload(**changes)
    return str(caught.value)


def is_a_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text and len(text) < 600 and text[0].isupper()


def test_what_was_downloaded_comes_back() -> None:
    found = upload()
    assert found.name == "mine"
    assert found.recipe.prior == RECIPE.prior
    for name, value in TENSORS.items():
        assert torch.equal(found.model.state_dict()[name], value)
    assert not found.model.training


def test_an_entry_without_a_name_is_as_good() -> None:
    found = read_upload(GOOD, json.dumps(ENTRY).encode())
    assert torch.equal(found.model.positions, TENSORS["positions"])


def test_half_precision_is_accepted() -> None:
    found = vouched({name: value.half() for name, value in TENSORS.items()})
    assert found.model.positions.dtype == torch.float32


def with_tensor(name: str, value: torch.Tensor) -> dict[str, torch.Tensor]:
    return {**TENSORS, name: value}


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        (with_tensor("positions", torch.full((9, 8), torch.nan)), "not finite"),
        (with_tensor("positions", torch.zeros(9, 7)), r"shape \(9, 7\).*asks for \(9, 8\)"),
        (with_tensor("positions", torch.zeros(9, 8, dtype=torch.int32)), "float32 and float16"),
        (with_tensor("more", torch.zeros(1)), "more than the network has: more"),
        ({k: v for k, v in TENSORS.items() if k != "positions"}, "lack positions"),
        ({k: v * 1e30 for k, v in TENSORS.items()}, "not finite"),
    ],
    ids=["nan", "shape", "type", "extra", "missing", "overflow"],
)
def test_tensors_that_do_not_fit_are_refused(tensors: dict[str, torch.Tensor], said: str) -> None:
    with pytest.raises(CheckpointError, match=said) as caught:
        vouched(tensors)
    assert is_a_sentence(str(caught.value))


def test_weights_that_the_entry_does_not_vouch_for_are_refused() -> None:
    assert "do not match" in refusal(weights=save({"positions": torch.zeros(1)}))


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(CheckpointError, match="at most 5,000,000"):
        read_upload(bytes(MOST_WEIGHT_BYTES + 1), b"{}")
    with pytest.raises(CheckpointError, match="at most 200,000"):
        read_upload(GOOD, b" " * (MOST_MANIFEST_BYTES + 1))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("width", value) for value in (0, 512, 10**12, 7.5, "64", None, True, [8])),
        ("layers", 10**9),
        ("max_exemplars", 41),
        ("max_dim", 9),
        ("heads", 3),
        ("mlp_ratio", 10**6),
        ("doors", 1),
    ],
)
def test_an_architecture_beyond_the_limits_is_refused(key: str, value: Any) -> None:
    assert is_a_sentence(refusal(architecture={**ENTRY["architecture"], key: value}))


RECIPE_CHANGES: list[dict[str, Any]] = [
    {"steps": 10**18, "snapshots": [1.5]},
    {"steps": 10**18, "snapshots": [10**18]},
    {"prior": {"kind": "plain", "dim": 10**9}},
    {"prior": {"kind": "plain", "dim": 1.5}},
    {"prior": {"kind": "plain", "dim": 2, "w_seed": "x"}},
    {"prior": {"kind": "flagship", "max_dim": 2, "sigmas": "abc"}},
    {"prior": {"kind": "flagship", "max_dim": 2, "sigmas": [1e300]}},
    {"prior": {"kind": "flagship", "max_dim": 2, "tau": 1e39}},
    {"prior": {"kind": "flagship", "max_dim": 2, "dim": [2]}},
    {"prior": []},
    {"model": {**ENTRY["architecture"], "layers": 2}},
    {"name": 3, "optimiser": "sgd"},
    {"tails": [{"steps": 1}]},
]


@pytest.mark.parametrize("change", RECIPE_CHANGES, ids=str)
def test_a_recipe_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    assert is_a_sentence(refusal(recipe={**ENTRY["recipe"], **change}))


@pytest.mark.parametrize(
    "manifest",
    [
        *(b"", b"\xff\xfe", b"[]", b"3", b"{}", b'{"a": 1}', b"[" * 100_000),
        b'{"architecture": {}}',
        b'{"a": {"architecture": {}}, "b": {"architecture": {}}}',
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_no_manifest_entry_is_refused(manifest: bytes) -> None:
    with pytest.raises(CheckpointError) as caught:
        read_upload(GOOD, manifest)
    assert is_a_sentence(str(caught.value))


def judged(weights: bytes, manifest: bytes) -> None:
    """Accepted, or refused in a sentence: nothing else may happen."""
    said = None
    try:
        read_upload(weights, manifest)
    except CheckpointError as trouble:
        said = str(trouble)
    assert said is None or is_a_sentence(said), said


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_damaged_weights_are_accepted_or_refused_in_a_sentence(data: st.DataObject) -> None:
    """Vouched for as they are, so that the damage reaches the parser."""
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        # Two thirds in the header, where there is more to break.
        end = data.draw(st.sampled_from([200, 2000, len(GOOD)]))
        damaged[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(0, len(GOOD)) | st.just(len(GOOD))) :]
    entry = {**ENTRY, "bytes": len(damaged), "sha256": sha256(bytes(damaged))}
    judged(bytes(damaged), json.dumps(entry).encode())


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 10**6))
def test_a_damaged_manifest_is_accepted_or_refused_in_a_sentence(
    place: int, value: int, cut: int
) -> None:
    damaged = bytearray(json.dumps({"mine": ENTRY}).encode())
    damaged[place % len(damaged)] = value
    if cut % 3 == 0:
        del damaged[cut % len(damaged) :]
    judged(GOOD, bytes(damaged))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(["recipe", "prior", "model", "architecture", "entry"]), st.data(), json_values
)
def test_an_entry_with_any_value_in_it_is_accepted_or_refused_in_a_sentence(
    where: str, data: st.DataObject, value: Any
) -> None:
    entry = json.loads(json.dumps(ENTRY))
    tables = {
        "entry": entry,
        "architecture": entry["architecture"],
        "recipe": entry["recipe"],
        "prior": entry["recipe"]["prior"],
        "model": entry["recipe"]["model"],
    }
    table = tables[where]
    table[data.draw(st.sampled_from(sorted(table)))] = value
    judged(GOOD, json.dumps(entry).encode())


def test_the_recipe_of_another_network_is_refused() -> None:
    other = replace(RECIPE, model=replace(RECIPE.model, layers=2))
    assert "another architecture" in refusal(recipe=other.as_dict())


def with_prior(**changes: Any) -> dict[str, Any]:
    """The entry's recipe, its law changed."""
    return {**ENTRY["recipe"], "prior": {**ENTRY["recipe"]["prior"], **changes}}


@pytest.mark.parametrize(
    "recipe",
    [
        with_prior(sigmas=[0.1] * 40_000),
        with_prior(sigmas=[[0.1]]),
        with_prior(sigmas=["0.1"]),
        with_prior(sigmas=[1e300]),
        with_prior(dim=1.0),
        with_prior(dim=True),
        with_prior(intercept=1),
        with_prior(tau=True),
        with_prior(tau=10**400),
        with_prior(w_seed=1.5),
        with_prior(w_seed=10**30),
        with_prior(max_dim=2.0),
        {**ENTRY["recipe"], "snapshots": list(range(1, 2000))},
        {**ENTRY["recipe"], "steps": True},
        {**ENTRY["recipe"], "seed": 10**30},
        {**ENTRY["recipe"], "name": 7},
        {**ENTRY["recipe"], "tails": [[[[[[]]]]]]},
    ],
)
def test_a_law_of_other_kinds_or_of_long_lists_is_refused(recipe: dict[str, Any]) -> None:
    """40,000 levels of noise passed, and took 2.2 GB at the first answer."""
    with pytest.raises(CheckpointError) as refused:
        upload(recipe=recipe)
    assert len(str(refused.value)) < 400


def test_every_stored_recipe_would_pass() -> None:
    """The bounds are no narrower than what this project trains."""
    for entry in read_manifest().values():
        if isinstance(entry.get("recipe"), dict):
            recipe = recipe_from_dict({"name": "stored", **entry["recipe"]})
            uploads._hold_lists_short(entry["recipe"])
            uploads._hold_to_its_contract(recipe, "recipe")
            uploads._hold_to_its_contract(recipe.prior, "law")
