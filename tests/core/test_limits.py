"""In range, or not: the evidence against its definition, the alarm, the errors it foretells."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from torch import Tensor

from icl_core import OutOfRangeWarning, load_model, load_prior
from icl_core.checkpoints import FOLDER, CheckpointError, read_manifest
from icl_core.limits import (
    FAR,
    NOISY,
    STEEP,
    STRONG,
    ExpectedError,
    Finding,
    TrainedLimits,
    few_pairs,
    limits_of,
    log_evidence,
    reach_of,
    read_errors,
)
from icl_core.models.transformer import Transformer
from icl_core.priors import Cell, PlainPrior
from icl_core.priors.mixture import FlagshipPrior
from icl_core.prompts import generator
from icl_core.studies import read_table
from icl_core.studies.limits import CASES, Asked, beyond, cases, own_prompts

LAW = FlagshipPrior(max_dim=4)
LIMITS = TrainedLimits(4, 40, LAW)


def own_of(law: FlagshipPrior, cell: Cell) -> FlagshipPrior:
    return law.given(*cell)


@pytest.mark.parametrize(("k", "d"), [(1, 3), (3, 3), (7, 2), (2, 5)])
def test_the_evidence_is_the_density_of_y(k: int, d: int) -> None:
    """Against SciPy's, whose covariance is formed and factorised, but for the constant."""
    gen = generator(3, k, d)
    x, y = torch.randn(2, k, d, generator=gen).double(), torch.randn(2, k, generator=gen).double()
    levels = torch.tensor([[0.5, 1.0], [1.0, 3.0], [0.1, 0.2]], dtype=torch.float64)
    told = log_evidence(x, y, levels)
    for i, (sigma, tau) in enumerate(levels.tolist()):
        for row in range(2):
            covariance = tau**2 * x[row] @ x[row].T + sigma**2 * torch.eye(k)
            density = multivariate_normal.logpdf(y[row], np.zeros(k), covariance)
            assert float(told[i, row]) == pytest.approx(density + k / 2 * math.log(2 * math.pi))


def test_features_that_are_not_used_and_the_order_of_pairs_change_nothing() -> None:
    x, y = torch.randn(3, 6, 2, generator=generator(4)), 3 * torch.randn(3, 6)
    padded = torch.nn.functional.pad(x, (0, 2))
    for other in (LIMITS.check(padded, y), LIMITS.check(x.flip(1), y.flip(1))):
        for found, expected in zip(other, LIMITS.check(x, y), strict=True):
            torch.testing.assert_close(found, expected)


def test_the_factor_is_rarely_large_under_the_law_itself() -> None:
    """Markov's inequality holds for every law, so for one that nobody calibrated on."""
    for law in (PlainPrior(3), PlainPrior(5, sigma=0.5, tau=2.0), LAW):
        limits, gen = TrainedLimits(5, 40, law), generator(5)
        for k in (1, 4, 12):
            prompt = law.sample(4000, k, gen)
            found = limits.check(prompt.x, prompt.y)
            factor = found.evidence.exp()
            for level in (2.0, 5.0, STRONG):
                assert float((factor > level).double().mean()) <= 1 / level
            assert float((found.reach > 1).double().mean()) <= 0.01


def test_why_and_how_far_a_prompt_is_out() -> None:
    x = torch.randn(1, 10, 1, generator=generator(6))
    steep, wild = LIMITS.check(x, 9 * x[..., 0]), LIMITS.check(x, 6 * torch.randn(1, 10))
    far = LIMITS.check(x, x[..., 0], torch.full((1, 1, 1), 3 * reach_of(LAW)))
    fine = LIMITS.check(x, x[..., 0])
    assert [found.why(0) for found in (steep, wild, far, fine)] == [STEEP, NOISY, FAR, None]
    assert [bool(found.out[0]) for found in (steep, wild, far, fine)] == [True, True, True, False]
    assert far.score(0) == pytest.approx(3)
    steeper = LIMITS.check(x, 12 * x[..., 0])
    assert steeper.score(0) > steep.score(0) == pytest.approx(float(steep.evidence[0]))


def test_a_larger_unit_of_weights_is_a_larger_range() -> None:
    x = torch.randn(1, 10, 1, generator=generator(6))
    wide = TrainedLimits(4, 40, replace(LAW, tau=9.0, sigmas=(0.0, 9.0)))
    assert not wide.check(x, 9 * x[..., 0]).out.any()


def test_nothing_is_out_of_a_law_that_is_not_known_or_of_an_empty_prompt() -> None:
    fixed = TrainedLimits(2, 40, PlainPrior(2, w_seed=1))
    x = torch.randn(2, 5, 2, generator=generator(6))
    assert fixed.check(x, 50 * x[..., 0]).evidence.tolist() == [0.0, 0.0]
    assert LIMITS.check(x[:, :0], x[:, :0, 0]).out.tolist() == [False, False]
    with pytest.raises(ValueError, match="not finite"):
        LIMITS.check(x, x[..., 0] / 0)


# --- the errors to expect -----------------------------------------------------------


def expected(above: float, **other: object) -> ExpectedError:
    told = {"dim": 2, "intercept": True, "few": False, "why": STEEP, **other}
    return ExpectedError(**told, above=above, value=above, low=0.0, high=1e9, prompts=60)  # type: ignore[arg-type]


def test_the_error_is_that_of_the_prompts_most_like_it() -> None:
    stored = (expected(3.0), expected(30.0), expected(3.1, few=True), expected(3.2, dim=1))
    limits = replace(LIMITS, errors=(*stored, expected(3.3, why=NOISY)))
    x = torch.ones(1, 12, 2)

    def found(evidence: float, noisy: bool = False) -> Finding:
        return Finding(torch.tensor([evidence]), torch.tensor([noisy]), torch.tensor([0.5]))

    assert limits.expected(x, found(20.0)) == stored[0]
    assert limits.expected(x, found(50.0)) == stored[1]
    assert limits.expected(x[:, : few_pairs(2)], found(20.0)) == stored[2]
    assert limits.expected(x[..., :1], found(20.0)) == stored[3]
    assert limits.expected(x, found(20.0, noisy=True)) == limits.errors[-1]
    assert limits.expected(x, found(0.0)) is None
    assert LIMITS.expected(x, found(20.0)) is None


def test_a_model_warns_only_where_it_is_asked_to(model: Transformer) -> None:
    x = torch.randn(2, 12, 1, generator=generator(6))
    y, asked = 9 * x[..., 0], x[:, :1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = load_model("playground").predict(x, y, asked)
        watched = load_model("playground", warn=True)
        watched.predict(x, x[..., 0], asked)
    with pytest.warns(OutOfRangeWarning, match="2 prompts are unlike .* expect errors") as told:
        torch.testing.assert_close(watched.predict(x, y, asked), quiet)
    assert told[0].filename == __file__
    with pytest.warns(OutOfRangeWarning, match="The prompt is unlike"):
        watched.predict_next(x[:1].numpy(), y[:1].numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        last = x[..., 0].clone()
        last[:, -1] = 1e4  # is never read
        watched.predict_next(x, last)
    assert watched.limits == load_model("playground").limits
    assert watched.device == torch.device("cpu")
    assert limits_of(model, LAW).law is LAW


def test_without_a_law_there_is_nothing_to_warn_by(tmp_path: Path) -> None:
    entry = read_manifest()["depth-1"]
    (tmp_path / entry["file"]).write_bytes((FOLDER / entry["file"]).read_bytes())
    bare = {key: value for key, value in entry.items() if key != "recipe"}
    (tmp_path / "manifest.json").write_text(json.dumps({"bare": bare}))
    assert load_model("bare", folder=tmp_path).limits.max_dim == 8
    with pytest.raises(CheckpointError, match="no law"):
        load_model("bare", folder=tmp_path, warn=True)


def test_errors_are_those_of_these_weights(tmp_path: Path) -> None:
    sha = read_manifest()["playground"]["sha256"]
    stored = read_errors("playground", sha, FOLDER)
    assert stored
    assert load_model("playground").limits.errors == stored  # type: ignore[attr-defined]
    assert read_errors("playground", "another", FOLDER) == ()
    assert read_errors("playground", sha, tmp_path) == ()


# --- the flagship's alarm, on prompts that are not those of the table ----------------

CELLS_ON_THE_PAD = (Cell(1, False), Cell(2, True))


@pytest.mark.parametrize("cell", CELLS_ON_THE_PAD)
def test_the_alarm_on_the_pad(cell: Cell) -> None:
    """At most 2 % false, at least 98 % of what it must not miss, from 5 examples on."""
    law, limits = load_prior("playground"), load_model("playground").limits
    assert isinstance(limits, TrainedLimits)
    own = law.given(*cell)
    for k in (5, 10, 20):
        gen = generator(91, cell.dim, k)
        inside = own_prompts(own, 2000, k, gen)
        assert float(limits.check(*inside[:3]).out.double().mean()) <= 0.02
        for asked in cases(own, 1000, k, gen).values():
            assert float(limits.check(*asked[:3]).out.double().mean()) >= 0.98


def test_the_stored_table_keeps_to_the_bounds() -> None:
    table = read_table("limits")
    pad = [row for row in table["members"] if (row["dim"], row["intercept"]) in CELLS_ON_THE_PAD]
    assert len(pad) == len(CELLS_ON_THE_PAD)
    assert max(low for row in table["members"] for _, low, _ in row["false"].values()) <= 0.02
    shares = {
        (row["dim"], name): row["alarms"][name]["k = 10"][0]
        for row in pad
        for name in CASES
        if name in row["alarms"]
    }
    assert len(shares) == 5
    assert min(shares.values()) >= 0.98


@pytest.mark.slow
def test_four_in_five_fresh_prompts_have_the_errors_that_are_foretold() -> None:
    model, law = load_model("playground"), load_prior("playground")
    limits = limits_of(model, law)
    inside: list[bool] = []
    for k in (5, 10, 20):
        for asked in beyond(law.given(2, True), 96, k, generator(92, k)):
            inside += _foretold(model, limits, asked)
    assert len(inside) > 400
    assert 0.72 <= sum(inside) / len(inside) <= 0.88


def _foretold(model: object, limits: TrainedLimits, asked: Asked) -> list[bool]:
    finding = limits.check(*asked[:3])
    errors: Tensor = asked.errors(model)  # type: ignore[arg-type]
    told = [limits.expected(asked.x, finding, row) for row in range(len(errors))]
    return [
        one.low <= error <= one.high
        for one, error in zip(told, errors.tolist(), strict=True)
        if one is not None
    ]
