"""The trainer: it learns, it can be killed, and it can be shared among processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from icl_core.__main__ import main
from icl_core.models.transformer import TransformerConfig
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import LinearTask, SampledPrompt, generator
from icl_core.recipes import Recipe, Tail, load_recipe
from icl_core.training.trainer import Trainer, TrainingProgress, initial_model, loss_weights
from tests.support.known import weights_of
from tests.support.server import ROOT
from tests.support.trainings import own_environment

TOML = """\
steps = 14
batch = 8
warmup = 4
decay = 5
muon_lr = 0.02
seed = 3

[model]
max_dim = 3
max_exemplars = 5
layers = 2
width = 16
heads = 2

[prior]
"""
PLAIN = 'kind = "plain"\ndim = 3\nsigma = 0.25\n'
FLAGSHIP = 'kind = "flagship"\nmax_dim = 3\n'

TINY = Recipe(
    name="tiny",
    model=TransformerConfig(max_dim=3, max_exemplars=5, layers=2, width=16, heads=2),
    prior=PlainPrior(3, sigma=0.25),
    steps=14,
    batch=8,
    warmup=4,
    decay=5,
    seed=3,
)


def write_recipe(folder: Path, prior: str = PLAIN, **changes: str) -> Path:
    for name in changes:
        assert f"\n{name} = " in f"\n{TOML}"
    lines = [
        f"{name} = {changes[name]}" if (name := line.split(" = ")[0]) in changes else line
        for line in (TOML + prior).splitlines()
    ]
    path = folder / "tiny.toml"
    path.write_text("\n".join(lines))
    return path


def finished(recipe: Recipe, folder: Path) -> Trainer:
    trainer = Trainer(recipe, folder)
    trainer.run()
    return trainer


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def assert_same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def run_python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own, one thread, with the project on its path."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=own_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def torchrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    return run_python(*launcher, "-m", "icl_core", "train", *arguments, "--device", "cpu")


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """The tiny recipe, start to end, undisturbed."""
    return finished(TINY, tmp_path_factory.mktemp("whole"))


# --- the loss --------------------------------------------------------------


@pytest.mark.parametrize("kind", ["visible", "uniform"])
def test_the_weight_of_an_error_depends_only_on_what_the_model_sees(kind: str) -> None:
    prompt = FlagshipPrior(max_dim=3).sample(6, 5, generator(0))
    hidden = replace(
        prompt,
        y=3 * prompt.y + 1,
        task=LinearTask(-weights_of(prompt.task)),
        sigma=prompt.sigma + 1,
        clean=prompt.clean + 5,
    )
    assert torch.equal(loss_weights(prompt, kind), loss_weights(hidden, kind))


def test_visible_weights_are_one_over_the_unseen_directions_and_a_half() -> None:
    zeros, task = torch.zeros(2, 5), LinearTask(torch.zeros(2, 3))
    dims = torch.tensor([1, 3])
    prompt = SampledPrompt(torch.zeros(2, 5, 3), zeros, task, zeros[:, 0], zeros, dims)
    expected = [[1 / 1.5, 2, 2, 2, 2], [1 / 3.5, 1 / 2.5, 1 / 1.5, 2, 2]]
    torch.testing.assert_close(loss_weights(prompt, "visible"), torch.tensor(expected))


def test_uniform_weights_are_ones() -> None:
    prompt = FlagshipPrior(max_dim=3).sample(6, 5, generator(0))
    assert torch.equal(loss_weights(prompt, "uniform"), torch.ones(6, 5))


# --- what is measured --------------------------------------------------------


def test_with_w_fixed_a_run_reports_the_distance_to_bayes_and_no_ratio(tmp_path: Path) -> None:
    recipe = Recipe(
        name="fixed",
        model=TransformerConfig(max_dim=2, max_exemplars=4, layers=1, width=8, heads=2),
        prior=PlainPrior(2, sigma=0.5, w_seed=1),
        steps=3,
        batch=4,
        warmup=1,
        decay=1,
    )
    trainer = Trainer(recipe, tmp_path)
    trainer.run(report_every=1)
    for point in trainer.progress.history:
        assert "excess" not in point
        assert point["spd_bayes"] > 0
    validation = trainer.validation
    predicted = trainer.model.predict_next(validation.x[:, :-1], validation.y[:, :-1])
    expected = (predicted - validation.clean[:, :-1]).square()[:, 1:].mean()
    assert trainer.progress.history[-1]["spd_bayes"] == pytest.approx(float(expected), rel=0.1)


# --- learning --------------------------------------------------------------


@pytest.mark.slow
def test_the_error_falls_on_an_easy_task(tmp_path: Path) -> None:
    recipe = Recipe(
        name="easy",
        model=TransformerConfig(max_dim=1, max_exemplars=6, layers=2, width=32, heads=2),
        prior=PlainPrior(1, sigma=0.1),
        steps=250,
        batch=32,
        warmup=20,
        decay=100,
    )
    trainer = Trainer(recipe, tmp_path)
    before = trainer.excess()
    losses = [trainer.step().item() for _ in range(250)]
    assert sum(losses[-25:]) < 0.4 * sum(losses[:25])
    assert trainer.excess() - 1 < 0.3 * (before - 1)


def test_the_seed_decides_the_run(whole_run: Trainer, tmp_path: Path) -> None:
    assert_same(weights(finished(TINY, tmp_path / "again")), weights(whole_run))
    other = weights(finished(replace(TINY, seed=4), tmp_path / "other"))
    assert not torch.equal(other["read_in.weight"], whole_run.model.read_in.weight)


def test_bf16_follows_fp32_roughly(whole_run: Trainer, tmp_path: Path) -> None:
    rounded = finished(replace(TINY, precision="bf16"), tmp_path)
    assert rounded.model.read_in.weight.dtype == torch.float32
    assert rounded.excess() == pytest.approx(whole_run.excess(), rel=0.2)
    assert rounded.excess() != whole_run.excess()


def test_a_run_reports_where_it_is(tmp_path: Path) -> None:
    steps: list[int] = []
    trainer = Trainer(TINY, tmp_path)
    trainer.run(report_every=5, report=lambda progress: steps.append(progress.step))
    assert steps == [5, 10, 14]
    assert [point["step"] for point in trainer.progress.history] == steps
    assert trainer.progress.history[-1]["excess"] == pytest.approx(trainer.excess(), abs=1e-5)


# --- killed and resumed ----------------------------------------------------


def test_a_run_in_two_parts_is_the_run_in_one(whole_run: Trainer, tmp_path: Path) -> None:
    Trainer(TINY, tmp_path).run(until=6)
    resumed = Trainer(TINY, tmp_path)
    assert resumed.progress.step == 6
    resumed.run()
    assert_same(weights(resumed), weights(whole_run))


@pytest.mark.slow
def test_a_run_killed_between_step_and_snapshot_ends_with_the_same_weights(
    whole_run: Trainer, tmp_path: Path
) -> None:
    """SIGKILL while step 9 is done and only step 8 is saved."""
    script = textwrap.dedent("""
        import sys, time, pathlib, torch
        from icl_core.recipes import load_recipe
        from icl_core.training.trainer import Trainer

        def stop_at_nine(progress):
            if progress.step == 9:
                print("nine", flush=True)
                time.sleep(3600)

        torch.set_num_threads(1)
        trainer = Trainer(load_recipe(sys.argv[1]), pathlib.Path(sys.argv[2]))
        trainer.run(report_every=1, snapshot_seconds=0, report=stop_at_nine)
    """)
    run = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(write_recipe(tmp_path)), str(run)],
        cwd=ROOT,
        env=own_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        reached = child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    assert reached == "nine\n"
    assert child.returncode == -signal.SIGKILL
    resumed = Trainer(TINY, run)
    assert resumed.progress.step == 8
    resumed.run()
    assert_same(weights(resumed), weights(whole_run))


def test_half_a_snapshot_beside_a_whole_one_does_no_harm(
    whole_run: Trainer, tmp_path: Path
) -> None:
    Trainer(TINY, tmp_path).run(until=6)
    (tmp_path / "snapshot.part").write_bytes(b"cut sho")
    assert_same(weights(finished(TINY, tmp_path)), weights(whole_run))
    assert not (tmp_path / "snapshot.part").exists()


def test_a_finished_run_does_not_go_on(whole_run: Trainer) -> None:
    again = Trainer(TINY, whole_run.folder)
    again.run()
    assert again.progress == whole_run.progress
    assert_same(weights(again), weights(whole_run))


def test_the_curve_so_far_survives(tmp_path: Path) -> None:
    Trainer(TINY, tmp_path).run(until=6, report_every=2)
    trainer = Trainer(TINY, tmp_path)
    trainer.run(report_every=2)
    assert [point["step"] for point in trainer.progress.history] == [2, 4, 6, 8, 10, 12, 14]
    seconds = [point["seconds"] for point in trainer.progress.history]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"batch": 16},
        {"muon_lr": 0.01},
        {"loss": "uniform"},
        {"optimiser": "adamw"},
        {"prior": PlainPrior(3, sigma=0.5)},
        {"prior": FlagshipPrior(max_dim=3)},
        {"model": TransformerConfig(max_dim=3, max_exemplars=5, layers=3, width=16, heads=2)},
    ],
    ids=str,
)
def test_the_snapshot_of_another_recipe_is_refused(
    whole_run: Trainer, change: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="belongs to another recipe") as caught:
        Trainer(replace(TINY, **change), whole_run.folder)
    assert "snapshot.safetensors" in str(caught.value)


def test_a_run_may_be_lengthened(whole_run: Trainer, tmp_path: Path) -> None:
    Trainer(TINY, tmp_path).run(until=9)
    longer = replace(TINY, steps=20, decay=8)
    resumed = finished(longer, tmp_path)
    assert resumed.progress.step == 20
    assert_same(weights(resumed), weights(finished(longer, tmp_path / "fresh")))


def test_a_finished_run_may_go_on_with_a_tail(tmp_path: Path) -> None:
    finished(TINY, tmp_path)
    tailed = replace(TINY, tails=(Tail(steps=3, rate=0.2, exemplars=2, short=0.5),))
    resumed = finished(tailed, tmp_path)
    assert resumed.progress.step == 17
    assert_same(weights(resumed), weights(finished(tailed, tmp_path / "fresh")))


def test_the_tail_mixes_short_prompts_with_long_ones(tmp_path: Path) -> None:
    tail = Tail(steps=60, rate=0.2, exemplars=2, short=0.5)
    trainer = Trainer(replace(TINY, tails=(tail,)), tmp_path)
    lengths = [trainer.batch(step).y.shape[1] for step in range(74)]
    assert set(lengths[:14]) == {6}
    assert set(lengths[14:]) == {3, 6}
    assert 15 <= lengths[14:].count(3) <= 45


def test_a_run_mixes_short_prompts_with_long_ones(tmp_path: Path) -> None:
    recipe = replace(TINY, steps=60, short=0.5, short_exemplars=2)
    lengths = [Trainer(recipe, tmp_path).batch(step).y.shape[1] for step in range(60)]
    assert set(lengths) == {3, 6}
    assert 15 <= lengths.count(3) <= 45


def test_a_run_ends_in_float32(whole_run: Trainer, tmp_path: Path) -> None:
    all_fp32 = finished(replace(TINY, precision="bf16", fp32_share=1.0), tmp_path / "all")
    assert_same(weights(all_fp32), weights(whole_run))
    halves = Trainer(replace(TINY, precision="bf16", fp32_share=0.5), tmp_path / "halves")
    whole = Trainer(replace(TINY, precision="bf16"), tmp_path / "none")
    for trainer in (halves, whole):
        trainer.run(until=7)
    assert_same(weights(halves), weights(whole))
    for trainer in (halves, whole):
        trainer.run()
    assert not torch.equal(weights(halves)["read_in.weight"], weights(whole)["read_in.weight"])


def test_a_run_until_step_zero_takes_no_step(tmp_path: Path) -> None:
    trainer = Trainer(TINY, tmp_path)
    trainer.run(until=0)
    assert trainer.progress == TrainingProgress()


def test_a_snapshot_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "snapshot.safetensors").write_bytes(b"cut sho")
    with pytest.raises(ValueError, match=r"snapshot\.safetensors"):
        Trainer(TINY, tmp_path)


# --- the optimiser -----------------------------------------------------------


def test_adamw_alone_moves_every_weight_and_can_be_picked_up(tmp_path: Path) -> None:
    recipe = replace(TINY, optimiser="adamw")
    trainer = Trainer(recipe, tmp_path / "killed")
    assert list(trainer.optimisers) == ["adamw"]
    before = weights(trainer)
    trainer.run(until=6)
    for name, value in weights(trainer).items():
        assert not torch.equal(value, before[name]), name
    resumed = finished(recipe, tmp_path / "killed")
    assert_same(weights(resumed), weights(finished(recipe, tmp_path / "whole")))


def test_the_two_optimisers_part_ways(whole_run: Trainer, tmp_path: Path) -> None:
    other = weights(finished(replace(TINY, optimiser="adamw"), tmp_path))
    name = "blocks.0.attention.out.weight"
    assert not torch.allclose(other[name], weights(whole_run)[name])


def test_the_network_before_the_first_step_is_the_seeds_and_leaves_no_trace() -> None:
    state = torch.random.get_rng_state()
    first = initial_model(TINY)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert_same(dict(first.state_dict()), dict(initial_model(TINY).state_dict()))
    other = initial_model(replace(TINY, seed=4))
    assert not torch.equal(first.positions, other.positions)


# --- several processes -----------------------------------------------------


def assert_alone_and_in_two_processes_agree(prior_text: str, prior: Any, folder: Path) -> None:
    """Three steps, small for Muon: its bf16 iteration turns rounding into thousandths."""
    path = write_recipe(folder, prior_text, steps="3", warmup="1", decay="1", muon_lr="1e-3")
    done = torchrun(str(path), "--runs", str(folder), "--into", str(folder))
    assert done.returncode == 0, done.stderr
    recipe = replace(TINY, prior=prior, steps=3, warmup=1, decay=1, muon_lr=1e-3)
    assert load_recipe(str(path)) == recipe
    alone, shared = (
        weights(finished(recipe, folder / "alone")),
        load_file(folder / "tiny.safetensors"),
    )
    assert alone.keys() == shared.keys()
    for name, value in alone.items():
        difference = (value - shared[name]).abs()
        if name.endswith("qkv.bias"):
            # Softmax does not see the keys' bias: its gradient is rounding, scaled up by AdamW.
            difference = torch.cat([difference[:16], difference[32:]])
        assert difference.max() < 2e-4, name


@pytest.mark.slow
def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    assert_alone_and_in_two_processes_agree(PLAIN, PlainPrior(3, sigma=0.25), tmp_path)


@pytest.mark.slow
def test_two_processes_train_as_one_does_when_errors_weigh_differently(tmp_path: Path) -> None:
    assert_alone_and_in_two_processes_agree(FLAGSHIP, FlagshipPrior(max_dim=3), tmp_path)


@pytest.mark.slow
def test_a_batch_that_does_not_divide_is_refused(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, batch="7")
    done = torchrun(str(path), "--runs", str(tmp_path), "--into", str(tmp_path))
    assert done.returncode != 0
    assert "error: A batch of 7 does not divide among 2 processes." in done.stderr


# --- the command line ------------------------------------------------------


def test_the_command_trains_and_stores_what_the_trainer_does(
    whole_run: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = ["--runs", str(tmp_path / "runs"), "--into", str(tmp_path / "weights")]
    recipe = str(write_recipe(tmp_path))
    monkeypatch.setattr(sys, "argv", ["icl_core", "train", recipe, *folders, "--device", "cpu"])
    main()
    assert_same(weights(Trainer(TINY, tmp_path / "runs" / "tiny")), weights(whole_run))
    assert_same(load_file(tmp_path / "weights" / "tiny.safetensors"), weights(whole_run))


def refused(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> SystemExit:
    monkeypatch.setattr(sys, "argv", ["icl_core", *arguments])
    with pytest.raises(SystemExit) as caught:
        main()
    return caught.value


def test_bad_input_ends_in_one_sentence_and_code_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = refused(monkeypatch, "train", "nowhere")
    assert ended.code == 2
    assert capsys.readouterr().err.startswith("error: There is no recipe 'nowhere'.")


@pytest.mark.parametrize("arguments", [[], ["train"], ["fly"]])
def test_a_command_that_makes_no_sense_gets_the_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert refused(monkeypatch, *arguments).code == 2
    assert "usage: python -m icl_core" in capsys.readouterr().err
