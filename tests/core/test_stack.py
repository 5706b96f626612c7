"""Networks trained side by side are those that are trained singly."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from icl_core.__main__ import main
from icl_core.models.transformer import TransformerConfig
from icl_core.priors.linear import PlainPrior
from icl_core.recipes import Recipe
from icl_core.training.stack import Stack
from icl_core.training.trainer import Trainer

# Muon's iteration in bf16 turns rounding into thousandths: AdamW, and a small rate.
ONE = Recipe(
    name="one",
    model=TransformerConfig(max_dim=3, max_exemplars=5, layers=2, width=16, heads=2),
    prior=PlainPrior(3, sigma=0.25),
    steps=12,
    batch=8,
    warmup=4,
    decay=5,
    optimiser="adamw",
    adamw_lr=1e-3,
    snapshots=(7,),
)
NOISY = replace(ONE, name="noisy", seed=5, prior=PlainPrior(3, sigma=1.0))
OTHER = replace(ONE, name="other", seed=6)
ALL = (ONE, NOISY, OTHER)


def singly(recipe: Recipe, folder: Path) -> Trainer:
    trainer = Trainer(recipe, folder / recipe.name, held_out=64)
    trainer.run(report_every=6)
    return trainer


def stacked(folder: Path, until: int | None = None) -> Stack:
    stack = Stack(ALL, folder, held_out=64)
    stack.run(report_every=6, until=until)
    return stack


def assert_equal(stack: Stack, alone: list[Trainer]) -> None:
    for member, single in zip(stack.members, alone, strict=True):
        theirs = single.model.state_dict()
        for name, value in member.model.state_dict().items():
            difference = (value - theirs[name]).abs()
            if name.endswith("qkv.bias"):
                # Softmax does not see the keys' bias: its gradient is rounding, scaled by AdamW.
                difference = torch.cat([difference[:16], difference[32:]])
            assert difference.max() < 1e-5, name


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[Trainer]:
    folder = tmp_path_factory.mktemp("alone")
    return [singly(recipe, folder) for recipe in ALL]


def test_a_stack_is_its_networks_trained_singly(alone: list[Trainer], tmp_path: Path) -> None:
    stack = stacked(tmp_path)
    assert_equal(stack, alone)
    for member, single in zip(stack.members, alone, strict=True):
        mine, theirs = member.progress.history, single.progress.history
        assert [point["step"] for point in mine] == [6, 12]
        for name in ("loss", "excess"):
            assert [p[name] for p in mine] == pytest.approx([p[name] for p in theirs], abs=2e-4)
        kept = load_file(member.kept_path(7))
        assert kept.keys() == member.model.state_dict().keys()
    first, last = stack.members[0].model, stack.members[2].model
    assert (first.read_in.weight - last.read_in.weight).abs().max() > 0.01


def test_a_stack_may_be_taken_up_as_single_runs_and_single_runs_as_a_stack(
    alone: list[Trainer], tmp_path: Path
) -> None:
    stacked(tmp_path, until=6)
    one = singly(ONE, tmp_path)
    assert one.progress.history[0]["step"] == 6
    with pytest.raises(ValueError, match=r"at different steps, \[6, 12\]: train them singly"):
        Stack(ALL, tmp_path, held_out=64)
    (tmp_path / "one").rename(tmp_path / "done")
    Trainer(ONE, tmp_path / "one", held_out=64).run(report_every=6, until=6)
    assert_equal(stacked(tmp_path), alone)


@pytest.mark.parametrize(
    ("recipes", "said"),
    [
        ((ONE, ONE), "need names of their own, not one, one"),
        ((ONE, replace(OTHER, batch=16)), "other and one cannot be trained side by side"),
        ((ONE, replace(OTHER, model=replace(ONE.model, width=32))), "in name, seed and prior only"),
        (
            tuple(replace(r, short=0.5, short_exemplars=2) for r in ALL),
            "short prompts, which come at each",
        ),
    ],
)
def test_networks_that_are_not_alike_are_refused(
    recipes: tuple[Recipe, ...], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=said):
        Stack(recipes, tmp_path)


def test_the_command_trains_seeds_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        "steps = 4\nbatch = 8\nwarmup = 1\ndecay = 2\n"
        "[model]\nmax_dim = 2\nmax_exemplars = 4\nlayers = 1\nwidth = 8\nheads = 2\n"
        '[prior]\nkind = "plain"\ndim = 2\nsigma = 0.25\n'
    )
    places = ["--runs", str(tmp_path), "--into", str(tmp_path), "--device", "cpu"]
    monkeypatch.setattr("sys.argv", ["icl_core", "train", str(recipe), "--seed", "1", "2", *places])
    main()
    stored = [load_file(tmp_path / f"tiny-seed{seed}.safetensors") for seed in (1, 2)]
    assert not torch.equal(stored[0]["positions"], stored[1]["positions"])
