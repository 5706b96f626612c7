"""``study bands``: how sure the network of curves is, beside how sure exact Bayes is.

The network's band is that of its head (`icl_core.probes.band`), the floor the mixture that exact
Bayes believes in. Of each: how often the true curve lies within its 50 % and its 90 % band, and
the log-likelihood of the true curve, as masses of the head's own buckets. The control knows how
often each bucket held the truth after k exemplars, and nothing of the prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from icl_core.checkpoints import FOLDER, CheckpointError, load_decoder, load_prior, read_manifest
from icl_core.evaluation import Row
from icl_core.metrics import bootstrap_mean
from icl_core.models.transformer import Transformer
from icl_core.predictors.processes import Posterior, ProcessMixture
from icl_core.priors import Prior
from icl_core.probes.band import BandHead, Buckets, bucket_of, load_band, looked_into
from icl_core.progress import ProgressCallback, part_of, silent
from icl_core.prompts import SampledPrompt, generator
from icl_core.studies.curves import ALL, LEAST_NOISE, NETWORK, NOISY
from icl_core.studies.profiles import Table, triples

NAME = "bands"
PROMPTS, SEED = 1024, 9900
KS = (0, 1, 2, 4, 8, 16, 32, 40)
BATCH = 64
BANDS: Mapping[str, tuple[float, float]] = {"50": (0.25, 0.75), "90": (0.05, 0.95)}
"""The chances at the ends of each band."""
WHO = ("network", "bayes", "by k")
LEAST = 1e-12
"""Below this no mass is told from another: Bayes' without noise is all in one bucket."""


def run_bands(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for every noise level, for those that are not small, and for each; see `measured`.

    ``prompts`` of every noise level, their families drawn as in training. ``progress`` is told
    the share done. CheckpointError where the network or its band is missing.
    """
    manifest = read_manifest(folder)
    if NETWORK not in manifest:
        raise CheckpointError(f"There is no checkpoint {NETWORK!r} in {folder.name}.")
    model, law = load_decoder(NETWORK, folder=folder), load_prior(NETWORK, folder)
    head = load_band(NETWORK, folder)
    told = {}
    for i, sigma in enumerate(law.sigmas):
        drawn = law.given(sigma=sigma).sample(prompts, max(KS) + 1, generator(seed, i))
        done = part_of(progress, i, len(law.sigmas))
        told[sigma] = judged(model, head, law, drawn, done)
    groups = {
        ALL: law.sigmas,
        NOISY: tuple(sigma for sigma in law.sigmas if sigma >= LEAST_NOISE),
        **{f"{sigma:g}": (sigma,) for sigma in law.sigmas},
    }
    runs = {
        name: {key: manifest[name][key] for key in ("sha256", "prompts")}
        for name in (NETWORK, f"{NETWORK}.band")
    }
    return {
        "study": NAME,
        "title": "How sure the network of curves is, beside exact Bayes",
        "prompts": prompts,
        "seed": seed,
        "ks": list(KS),
        "members": [
            {
                "label": noise,
                "runs": runs,
                **measured(
                    {
                        key: torch.cat([told[sigma][key] for sigma in sigmas])
                        for key in told[sigmas[0]]
                    },
                    seed,
                ),
            }
            for noise, sigmas in groups.items()
        ],
    }


Judged = dict[str, Tensor]
"""By "WHO 50", "WHO 90" (whether the truth lies within) and "WHO log": (B, ks), float64."""


def judged(
    model: Transformer,
    head: BandHead,
    law: Prior,
    drawn: SampledPrompt,
    progress: ProgressCallback = silent,
) -> Judged:
    """What everybody believed of the next answer after each of `KS`, and whether it held."""
    parts: list[Judged] = []
    for start in range(0, len(drawn.x), BATCH):
        prompt = drawn[slice(start, start + BATCH)]
        states, answers = looked_into(model, prompt)
        at, truth = list(KS), prompt.clean[:, list(KS)]
        own = head.believed(states[:, :, at], answers[:, at])
        by_k = own._replace(log_mass=head.by_k(torch.tensor(at)).expand_as(own.log_mass))
        parts.append(
            {
                **_held("network", own, truth),
                **_held("by k", by_k, truth),
                **_held_by_bayes(law, prompt, own),
            }
        )
        progress((start + len(prompt.x)) / len(drawn.x))
    return {key: torch.cat([part[key] for part in parts]) for key in parts[0]}


def _held(who: str, told: Buckets, truth: Tensor) -> Judged:
    found = {f"{who} log": told.log_of(truth).double()}
    for name, ends in BANDS.items():
        low, high = told.quantiles(*ends)
        found[f"{who} {name}"] = ((low <= truth) & (truth <= high)).double()
    return found


def _held_by_bayes(law: Prior, prompt: SampledPrompt, told: Buckets) -> Judged:
    rule = law.bayes()
    assert isinstance(rule, ProcessMixture)
    columns: dict[str, list[Tensor]] = {}
    for place, k in enumerate(KS):
        found = rule.posterior(prompt.x[:, :k], prompt.y[:, :k], prompt.x[:, k : k + 1])
        truth = prompt.clean[:, k].double()
        columns.setdefault("bayes log", []).append(
            _mass(found, truth, told.centre[:, place].double(), told.edges.double())
        )
        for name, ends in BANDS.items():
            low, high = found.quantiles(*ends)[..., 0]
            within = ((low <= truth) & (truth <= high)).double()
            columns.setdefault(f"bayes {name}", []).append(within)
    return {key: torch.stack(values, dim=1) for key, values in columns.items()}


def _mass(found: Posterior, truth: Tensor, centre: Tensor, edges: Tensor) -> Tensor:
    """Log of what a posterior gives to the bucket that holds the truth: (B,)."""
    ends = torch.cat([edges[:1] - torch.inf, edges, edges[-1:] + torch.inf])
    place = bucket_of((truth - centre).to(edges.dtype), edges)
    narrow = found.deviations[..., 0].clamp(min=torch.finfo(torch.float64).tiny)
    low, high = (
        torch.special.ndtr(
            ((centre + ends[place + i])[:, None, None] - found.means[..., 0]) / narrow
        )
        for i in (0, 1)
    )
    return (found.shares * (high - low)).sum((1, 2)).clamp(min=LEAST).log()


def measured(told: Judged, seed: int) -> Table:
    """How often the bands hold the truth, and how far the log-likelihood is behind Bayes'.

    within: by band and by who, after each of `KS`; behind: by who but Bayes, in nats; and both
    over all of `KS` as "within_all" and "behind_all". Every figure is [value, low, high], over
    prompts.
    """
    behind = {who: told["bayes log"] - told[f"{who} log"] for who in WHO if who != "bayes"}
    within = {band: {who: told[f"{who} {band}"] for who in WHO} for band in BANDS}

    def over(values: Tensor) -> list[list[float]]:
        return triples(bootstrap_mean(values, seed=seed))

    def pooled(values: Tensor) -> list[float]:
        return over(values.mean(1, keepdim=True))[0]

    return {
        "within": {b: {who: over(v) for who, v in part.items()} for b, part in within.items()},
        "within_all": {
            b: {who: pooled(v) for who, v in part.items()} for b, part in within.items()
        },
        "behind": {who: over(values) for who, values in behind.items()},
        "behind_all": {who: pooled(values) for who, values in behind.items()},
    }


# --- for a shell, and to compare -----------------------------------------------------------


def bands_rows(table: Table) -> list[Row]:
    """A line for each noise level and who is asked, over all k."""
    return [
        {
            "noise": row["label"],
            "who": who,
            **{f"within {band} %": row["within_all"][band][who][0] for band in BANDS},
            "nats behind Bayes": row["behind_all"].get(who, [0.0])[0],
        }
        for row in table["members"]
        for who in WHO
    ]


def bands_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of both tables, row by row."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for who, bounds in mine["behind"].items():
            yield from zip(bounds, theirs["behind"][who], strict=True)
        for band, part in mine["within"].items():
            for who, bounds in part.items():
                yield from zip(bounds, theirs["within"][band][who], strict=True)
