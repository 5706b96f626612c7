"""A law that is registered at run time, and found by all that asks laws: a pool of four tasks."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from icl_core import load_model, load_prior
from icl_core.__main__ import main
from icl_core.arrays import ArrayLike, as_prompt
from icl_core.checkpoints import load_decoder
from icl_core.evaluation import corners_of, evaluate_corner, evaluate_drawings, load_drawings
from icl_core.interventions.pairs import sample_pairs
from icl_core.interventions.patch import patch_map
from icl_core.predictors.base import LinearPredictor, Predictor
from icl_core.predictors.spectrum import cast_like
from icl_core.priors import Cell, Prior, base, prior_kinds, register
from icl_core.probes.fit import fit_weight_probes, probed_laws
from icl_core.probes.readouts import fit_layer_readouts
from icl_core.prompts import LinearTask, SampledPrompt, TaskTruth, generator, linear_weights
from icl_core.studies.profiles import Member, measure
from icl_core.uploads import read_upload
from tests.core.test_priors import beaten_by
from ui.visitor.networks import Network
from ui.visitor.screen import Screen

KIND = "four tasks"
RECIPE = f"""
steps = 6
batch = 8
warmup = 2
decay = 2
[model]
max_dim = 3
max_exemplars = 6
layers = 1
width = 8
heads = 2
[prior]
kind = "{KIND}"
sigma = 0.5
"""


@dataclass(frozen=True)
class PosteriorMean(LinearPredictor):
    """The mean of a pool's tasks (M, d), each as likely as the prompt's noise makes it."""

    pool: tuple[tuple[float, ...], ...]
    sigma: float
    name: str = "exact Bayes"

    def weights(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `LinearPredictor.weights`."""
        prompt = as_prompt(x, y, dtype=torch.float64)
        pool = torch.tensor(self.pool, dtype=torch.float64)
        missed = (prompt.y[..., None] - prompt.x @ pool.T).square()
        seen = torch.cat([torch.zeros_like(missed[:, :1]), missed.cumsum(1)], dim=1)
        return cast_like(torch.softmax(-seen / (2 * self.sigma**2), dim=-1) @ pool, x)


@dataclass(frozen=True)
class FourTasks(Prior):
    """Every prompt is one of four linear tasks."""

    sigma: float = 0.5
    seed: int = 0

    @property
    def pool(self) -> Tensor:
        """(4, 3)."""
        return torch.randn(4, 3, generator=generator(self.seed))

    @property
    def features(self) -> int:
        """See `Prior.features`."""
        return 3

    @property
    def sigmas(self) -> tuple[float, ...]:
        """See `Prior.sigmas`."""
        return (self.sigma,)

    def describe(self) -> str:
        """See `Prior.describe`."""
        return "one of four linear tasks of 3 features"

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x = self.queries(batch, exemplars, gen)
        task = LinearTask(self.pool[torch.randint(4, (batch,), generator=gen)])
        clean = task.answer(x)
        y = clean + self.sigma * torch.randn(clean.shape, generator=gen)
        dims = torch.full((batch,), 3)
        return SampledPrompt(x, y, task, torch.full((batch,), self.sigma), clean, dims)

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        return torch.randn(batch, count, 3, generator=gen)

    def bayes(self) -> PosteriorMean:
        """See `Prior.bayes`."""
        return PosteriorMean(tuple(map(tuple, self.pool.tolist())), self.sigma)


def by_hand(law: FourTasks, x: np.ndarray, y: np.ndarray, query: np.ndarray) -> float:
    """The posterior mean of the answer to one query, a task and a pair at a time."""
    likely, answers = [], []
    for w in law.pool.double().numpy():
        likelihood = 1.0
        for x_j, y_j in zip(x, y, strict=True):
            likelihood *= math.exp(-((y_j - x_j @ w) ** 2) / (2 * law.sigma**2))
        likely.append(likelihood)
        answers.append(float(query @ w))
    return float(np.dot(likely, answers) / sum(likely))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_KINDS", dict(base._KINDS))
    register(KIND, FourTasks)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a network trained on the new law lies, under the name "small"."""
    (tmp_path / "small.toml").write_text(RECIPE)
    words = ["train", "small.toml", "--runs", "runs", "--into", ".", "--device", "cpu"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["icl_core", *words])
    main()
    return tmp_path


def test_it_is_a_kind_among_others_and_no_rule_beats_its_bayes() -> None:
    assert prior_kinds()[KIND] is FourTasks
    assert beaten_by(FourTasks(), FourTasks().bayes()) == []


def test_a_law_that_took_the_gaussian_bayes_for_its_own_would_be_found_out() -> None:
    prompt = FourTasks().sample(256, 7, generator(0))
    own, gaussian = (
        (rule.predict_next(prompt.x, prompt.y) - prompt.clean).square().mean()
        for rule in (FourTasks().bayes(), base_bayes())
    )
    assert own < 0.6 * gaussian


def base_bayes() -> Predictor:
    """Bayes of the paper's law with the same d and noise."""
    return prior_kinds()["plain"](3, sigma=0.5).bayes()  # type: ignore[call-arg]


def test_a_checkpoint_of_it_says_which_law_it_was_trained_on(folder: Path) -> None:
    assert load_prior("small", folder) == FourTasks(sigma=0.5)
    point = json.loads((folder / "manifest.json").read_text())["small"]["history"][-1]
    assert point["excess"] > 1


def test_evaluate_compares_with_its_bayes_which_is_the_discrete_posterior_mean(
    folder: Path,
) -> None:
    law = load_prior("small", folder)
    assert isinstance(law, FourTasks)
    (corner,) = corners_of(law)
    assert corner.cell == Cell(3, intercept=False)
    (row,) = evaluate_corner(load_model("small", folder=folder), corner, 16, seed=4)
    prompt = law.sample(16, 7, generator(4)).to("cpu")
    x, y = prompt.x.double().numpy(), prompt.y.double().numpy()
    expected = np.array(
        [[by_hand(law, x[b, :j], y[b, :j], x[b, j]) for j in range(7)] for b in range(16)]
    )
    found = law.bayes().predict_next(prompt.x.double(), prompt.y.double()).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-9)
    clean = prompt.clean.double().numpy()
    error = ((expected - clean)[:, 1:] ** 2).mean()
    assert row["bayes_error"] == pytest.approx(error, rel=1e-5)
    assert (row["dim"], row["sigma"], row["inputs"]) == (3, 0.5, "plain")
    assert row["excess"] > 1
    assert evaluate_drawings(load_model("small", folder=folder), law, load_drawings()) == []


def test_readouts_probes_patches_and_studies_take_it(folder: Path) -> None:
    model, law = load_decoder("small", folder=folder), load_prior("small", folder)
    readouts = fit_layer_readouts(model, law, prompts=64, seed=0)
    assert readouts.bayes_r2[2].isfinite().all()
    assert readouts.bayes_r2[:2].isnan().all()
    assert list(probed_laws(law)) == [None]
    probes = fit_weight_probes(model, model, law, prompts=32, seed=0)
    assert probes.linear.r2.isfinite().all()
    pair = sample_pairs(law, 4, 5, 3, seed=0)
    found = patch_map(model, pair, law)
    torch.testing.assert_close(found.bayes_a, law.bayes().predict(pair.x_a, pair.y_a, pair.queries))
    measured = measure(Member("small", 0.0, ("small",)), (1, 4), 8, 0, folder)
    assert measured.dim == 3
    assert measured.spd["exact Bayes"].isfinite().all()


def test_the_page_fits_its_screen_to_it_and_takes_its_weights_from_strangers(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    told = json.dumps({"small": manifest["small"]}).encode()
    taken = read_upload((folder / "small.safetensors").read_bytes(), told)
    network = Network(taken.model, taken.recipe.prior, None)
    shown = network.fit(Screen())
    assert (shown.d, shown.has_intercept, shown.sigma) == (3, False, 0.5)
    assert network.reads == "d = 3 without an intercept"


# --- a law that is not linear ------------------------------------------------------------


@dataclass(frozen=True)
class Bends:
    """Tasks y = |x − bend|. bend: (B,)."""

    bend: Tensor

    def answer(self, x: Tensor) -> Tensor:
        """See `TaskTruth.answer`."""
        return (x[..., 0] - self.bend[:, None]).abs()

    def to(self, device: torch.device | str) -> Bends:
        """See `TaskTruth.to`."""
        return Bends(self.bend.to(device))

    def __getitem__(self, rows: slice) -> Bends:
        """See `TaskTruth.__getitem__`."""
        return Bends(self.bend[rows])


@dataclass(frozen=True)
class OneBend(Predictor):
    """Bayes where every task is the same: its truth."""

    name: str = "exact Bayes"

    def predict(self, x: ArrayLike, y: ArrayLike, queries: ArrayLike) -> ArrayLike:
        """See `Predictor.predict`."""
        asked = as_prompt(x, y, queries).queries
        return cast_like(Bends(torch.zeros(len(asked))).answer(asked), x)

    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """See `Predictor.predict_next`."""
        return self.predict(x, y, x)


@dataclass(frozen=True)
class Corners(Prior):
    """Every task is y = |x|, without noise."""

    kind = "corners"

    @property
    def features(self) -> int:
        """See `Prior.features`."""
        return 1

    def describe(self) -> str:
        """See `Prior.describe`."""
        return "y = |x|"

    def sample(self, batch: int, exemplars: int, gen: torch.Generator) -> SampledPrompt:
        """See `Prior.sample`."""
        x, task = self.queries(batch, exemplars, gen), Bends(torch.zeros(batch))
        clean = task.answer(x)
        ones = torch.ones(batch)
        return SampledPrompt(x, clean, task, 0 * ones, clean, ones.long())

    def queries(self, batch: int, count: int, gen: torch.Generator) -> Tensor:
        """See `Prior.queries`."""
        return torch.randn(batch, count, 1, generator=gen)

    def bayes(self) -> OneBend:
        """See `Prior.bayes`."""
        return OneBend()


def test_a_law_without_weights_is_evaluated_and_only_what_reads_weights_declines(
    folder: Path,
) -> None:
    law, model = Corners(), load_decoder("small", folder=folder)
    (row,) = evaluate_corner(model, corners_of(law)[0], 8, seed=0)
    assert row["bayes_error"] == 0
    assert row["excess"] is None
    assert row["spd_bayes"] == pytest.approx(row["model_error"])
    assert row["spd_bayes"] > 0
    pair = sample_pairs(law, 2, 3, 4, seed=0)
    truth: TaskTruth | None = pair.task_a
    assert truth is not None
    torch.testing.assert_close(pair.target, pair.queries[..., 0].abs())
    assert linear_weights(truth) is None
    assert torch.equal(truth[:1].answer(pair.queries[:1]), truth.answer(pair.queries)[:1])
    with pytest.raises(ValueError, match="Under the law 'corners' there are no weights"):
        fit_weight_probes(model, model, law, prompts=32, seed=0)
