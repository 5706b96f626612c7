"""A predictive band of a network's own: a head on its frozen states that says how sure it is.

The head reads the states of every layer at the query and gives a probability to each of some
buckets, as prior-fitted networks do (Müller et al., 2022, §3: the Riemann distribution, whose
outer buckets have half-normal tails). The buckets are of the true answer's distance from the
network's own answer; their edges are quantiles of that distance on prompts of the law. Only the
head is trained, by the log-likelihood of the true answer without its noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from icl_core.checkpoints import (
    FOLDER,
    CheckpointError,
    load_decoder,
    load_prior,
    read_manifest,
    read_tensors,
)
from icl_core.models.transformer import Transformer
from icl_core.priors import Prior
from icl_core.probes.readouts import normalised
from icl_core.prompts import SampledPrompt, generator
from icl_core.training.trainer import Loop, TrainingProgress

BUCKETS, HIDDEN = 128, 256
BATCH, AT_ONCE = 8, 8
"""Prompts of a step, and how many are looked into together."""
RATE, WARM_UP = 2e-3, 100
"""Adam's highest rate, and the steps that it takes to get there."""
REMEMBERED = 0.99
"""How much of the running mean of the weights a step leaves: the mean is what is stored."""
CALIBRATION_STREAM, TRAINING_STREAM, INITIAL_STREAM = 0, 1, 2
CALIBRATION_PROMPTS = 512


class Buckets(NamedTuple):
    """Probabilities of where the true answers lie.

    log_mass: (…, buckets); centre: (…), the network's answers, from which the edges,
    (buckets − 1,) and rising, are counted; tail: scale of the half-normal tails.
    """

    log_mass: Tensor
    centre: Tensor
    edges: Tensor
    tail: Tensor

    def quantiles(self, *levels: float) -> Tensor:
        """Where the truth lies below with each of these chances: (len(levels), …)."""
        mass = self.log_mass.exp()
        below = mass.cumsum(-1)
        found = []
        for level in levels:
            # The last sum may be a rounding below 1.
            place = (below < level).sum(-1, keepdim=True).clamp(max=mass.shape[-1] - 1)
            own = mass.gather(-1, place)
            share = ((level - below.gather(-1, place) + own) / own).clamp(1e-6, 1 - 1e-6)
            found.append(self.centre + self._within(place[..., 0], share[..., 0]))
        return torch.stack(found)

    def _within(self, place: Tensor, share: Tensor) -> Tensor:
        """How far from the centre a share of a bucket's mass ends: evenly but in the tails."""
        last = len(self.edges)
        low = self.edges[(place - 1).clamp(min=0)]
        high = self.edges[place.clamp(max=last - 1)]
        even = low + share * (high - low)
        under = self.edges[0] - self.tail * torch.special.ndtri(1 - share / 2)
        over = self.edges[-1] + self.tail * torch.special.ndtri((1 + share) / 2)
        return torch.where(place == 0, under, torch.where(place == last, over, even))

    def log_of(self, truth: Tensor) -> Tensor:
        """Log of the mass of the bucket that holds each true answer: (…)."""
        return self.log_mass.gather(-1, bucket_of(truth - self.centre, self.edges)[..., None])[
            ..., 0
        ]


def bucket_of(distance: Tensor, edges: Tensor) -> Tensor:
    """The place of the bucket of each distance from the centre."""
    return torch.bucketize(distance.contiguous(), edges, right=True)


class BandHead(nn.Module):
    """States of every layer at a query -> probabilities of buckets around the network's answer.

    One hidden layer on the states side by side, each normalised as for a readout. ``seen``,
    (pairs, buckets), counts how often each bucket held the truth after k exemplars in the
    training: as a rule of its own it knows the network's errors by k, and nothing of the prompt.
    """

    edges: Tensor
    tail: Tensor
    seen: Tensor

    def __init__(self, layers: int, width: int, pairs: int, buckets: int = BUCKETS):
        super().__init__()
        self.inward = nn.Linear((layers + 1) * width, HIDDEN)
        self.outward = nn.Linear(HIDDEN, buckets)
        self.register_buffer("edges", torch.zeros(buckets - 1))
        self.register_buffer("tail", torch.ones(()))
        self.register_buffer("seen", torch.zeros(pairs, buckets))
        nn.init.zeros_(self.outward.weight)

    def forward(self, states: Tensor) -> Tensor:
        """(layers + 1, B, q, width) -> log probabilities (B, q, buckets)."""
        beside = normalised(states).movedim(0, -2).flatten(-2)
        scores: Tensor = self.outward(nn.functional.gelu(self.inward(beside)))
        return torch.log_softmax(scores, dim=-1)

    @torch.inference_mode()
    def believed(self, states: Tensor, answers: Tensor) -> Buckets:
        """What is believed at queries from their states and the answers to them, (B, q)."""
        return Buckets(self(states.float()), answers.float(), self.edges, self.tail)

    def by_k(self, after: Tensor) -> Tensor:
        """Log probabilities by the number of exemplars alone: (…) -> (…, buckets)."""
        counts = self.seen + 1 / self.seen.shape[1]
        return (counts / counts.sum(-1, keepdim=True)).log()[after]


class BandFit(Loop):
    """The training of a head on one network; resumed from ``snapshot`` where that is there.

    ``prompts`` of the law are seen, each with a query after every k. Only the head changes. No
    step depends on how many follow: a run may be lengthened or cut short.
    """

    model: BandHead

    def __init__(
        self, network: Transformer, law: Prior, *, prompts: int, seed: int, snapshot: Path
    ):
        self.network, self.law, self.seed, self.snapshot = network, law, seed, snapshot
        self.steps = -(-prompts // BATCH)
        self.pairs = network.limits.max_exemplars + 1
        self.progress = TrainingProgress()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(generator(seed, INITIAL_STREAM).initial_seed())
            self.model = BandHead(network.layers, network.width, self.pairs)
        self.optimisers = {"adam": torch.optim.Adam(self.model.parameters(), lr=RATE)}
        self.mean = {name: part.detach().clone() for name, part in self.model.named_parameters()}
        if snapshot.exists():
            kept = torch.load(snapshot, weights_only=True)
            self.model.load_state_dict(kept["head"])
            self.mean = kept["mean"]
            self.optimisers["adam"].load_state_dict(kept["adam"])
            self.progress = TrainingProgress(**kept["progress"])
        else:
            self.model.edges, self.model.tail = self._calibrated()

    def _calibrated(self) -> tuple[Tensor, Tensor]:
        """Edges at quantiles of the distance, and the scale of what lies beyond the last.

        A prompt's query after k exemplars counts 1/(k + 1): of the few with few exemplars there
        would be hardly an edge else, and they are the ones that are far off.
        """
        found = []
        for start in range(0, CALIBRATION_PROMPTS, BATCH):
            gen = generator(self.seed, CALIBRATION_STREAM, start)
            prompt = self.law.sample(BATCH, self.pairs, gen)
            found.append((prompt.clean - self.network.predict_next(prompt.x, prompt.y)).abs())
        off = torch.cat(found)
        weight = (1 / torch.arange(1, self.pairs + 1)).expand_as(off).flatten()
        off, order = off.flatten().sort()
        below = weight[order].cumsum(0) / weight.sum()
        half = BUCKETS // 2
        wanted = torch.arange(1, half) / half
        positive = off[torch.searchsorted(below, wanted)]
        edges = torch.cat([-positive.flip(0), torch.zeros(1), positive])
        return edges, (off[off > edges[-1]] - edges[-1]).square().mean().sqrt()

    def loss(self) -> Tensor:
        """The mean negative log of the mass of the buckets that hold the truth."""
        gen = generator(self.seed, TRAINING_STREAM, self.progress.step)
        prompt = self.law.sample(BATCH, self.pairs, gen)
        states, answers = looked_into(self.network, prompt)
        place = bucket_of(prompt.clean - answers, self.model.edges)
        self.model.seen += nn.functional.one_hot(place, BUCKETS).sum(0)
        told = self.model(states)
        return nn.functional.nll_loss(told.flatten(0, 1), place.flatten())

    def update(self) -> None:
        """As in any loop, and a step of the running mean, which at first remembers less."""
        super().update()
        step = self.progress.step
        new = 1 - min(REMEMBERED, step / (step + 9))
        for name, part in self.model.named_parameters():
            self.mean[name].lerp_(part.detach(), new)

    def rate(self, step: int) -> float:
        """Up in `WARM_UP` steps, then down as one over the root of the steps."""
        return min((step + 1) / WARM_UP, math.sqrt(WARM_UP / (step + 1)))

    def head(self) -> BandHead:
        """The head with the mean of its weights along the way."""
        found = deepcopy(self.model)
        found.load_state_dict({**found.state_dict(), **self.mean})
        return found.eval().requires_grad_(False)

    @property
    def last_step(self) -> int:
        """As many as the prompts need."""
        return self.steps

    def save(self) -> None:
        """Keep the head, Adam's state and the progress; the old file stays until that is done."""
        self.snapshot.parent.mkdir(parents=True, exist_ok=True)
        part = self.snapshot.with_suffix(".part")
        kept = {
            "head": self.model.state_dict(),
            "mean": self.mean,
            "adam": self.optimisers["adam"].state_dict(),
            "progress": asdict(self.progress),
        }
        torch.save(kept, part)
        part.replace(self.snapshot)


def looked_into(network: Transformer, prompt: SampledPrompt) -> tuple[Tensor, Tensor]:
    """The states (layers + 1, B, k, width) where each y is predicted, and the answers (B, k)."""
    parts = [
        network.next_states(x, y)
        for x, y in zip(prompt.x.split(AT_ONCE), prompt.y.split(AT_ONCE), strict=True)
    ]
    with torch.no_grad():
        states = torch.cat(parts, dim=1).clone()
        return states, network.answer_of(states[-1])


def fit_band(
    name: str,
    *,
    prompts: int,
    seed: int,
    snapshot: Path,
    folder: Path = FOLDER,
    report: Callable[[TrainingProgress], None] = lambda _: None,
) -> BandHead:
    """Train the band of a checkpoint on its own law, or go on where it was stopped."""
    fit = BandFit(
        load_decoder(name, folder=folder),
        load_prior(name, folder),
        prompts=prompts,
        seed=seed,
        snapshot=snapshot,
    )
    fit.run(report=report)
    return fit.head()


@lru_cache(maxsize=4)
def load_band(name: str, folder: Path = FOLDER) -> BandHead:
    """The stored band of a checkpoint.

    Raises CheckpointError where there is none, or where it was fitted to other weights than the
    ones shipped.
    """
    manifest, key = read_manifest(folder), f"{name}.band"
    if key not in manifest:
        raise CheckpointError(
            f"No band is stored for {name!r}. Fit it: python -m icl_core band {name}"
        )
    if manifest[key].get("model_sha256") != manifest.get(name, {}).get("sha256"):
        raise CheckpointError(
            f"The band of {name!r} belongs to other weights. "
            f"Fit it again: python -m icl_core band {name}"
        )
    tensors = read_tensors(key, folder)
    shape = manifest[name]["architecture"]
    head = BandHead(shape["layers"], shape["width"], len(tensors["seen"]))
    head.load_state_dict({part: values.float() for part, values in tensors.items()})
    return head.eval().requires_grad_(False)
