"""Causal tests of one prompt and of fresh prompts like it, computed in the background."""

from __future__ import annotations

from dataclasses import dataclass, replace

from icl_core.interventions.ablation import AblationMap, ablation_map
from icl_core.interventions.pairs import sample_pairs
from icl_core.interventions.patch import PatchMap, patch_map, position_map
from icl_core.models.base import EditableModel
from icl_core.priors import Prior
from icl_core.progress import ProgressCallback
from ui.answers.task import prior_of
from ui.inside.numbers import pair_of
from ui.visitor.screen import Screen
from ui.work.bounded_cache import BoundedCache

FRESH, SEED = 64, 11
Key = tuple[object, ...]


@dataclass(frozen=True)
class Causal:
    """The tests' results.

    here: token kinds on this prompt; places: each of its tokens; fresh: token kinds
    on `FRESH` pairs of tasks like it; ablated: heads and MLPs on this prompt,
    against the truth or, without one, exact Bayes.
    """

    here: PatchMap
    places: PatchMap
    fresh: PatchMap
    ablated: AblationMap


_results: BoundedCache[Key, Causal] = BoundedCache(64)


def causal_key(screen: Screen, model: str, other: int) -> Key:
    """Two screens with the same key have the same results."""
    plain = Screen()
    prompt = replace(
        screen, query=plain.query, show=plain.show, layer=None, settings=plain.settings
    )
    return (prompt, model, other)


def known(key: Key) -> Causal | None:
    """The results, if they are there."""
    return _results.get(key)


def run_tests(
    key: Key,
    model: EditableModel,
    law: Prior,
    screen: Screen,
    other: int,
    progress: ProgressCallback,
) -> None:
    """Compute and remember. ``law`` is what the model was trained on.

    ``progress`` is told the share done and may raise to stop.
    """
    pair = pair_of(screen, other)
    here = patch_map(model, pair, law)
    places = position_map(model, pair, law, lambda share: progress(0.1 * share))
    target = pair.target
    if target is None:
        target = law.bayes().predict(pair.x_a, pair.y_a, pair.queries)
    ablated = ablation_map(model, pair.x_a, pair.y_a, pair.queries, target)
    pairs = sample_pairs(prior_of(screen), FRESH, pair.y_a.shape[1], 16, SEED)
    fresh = patch_map(model, pairs, law, lambda share: progress(0.15 + 0.85 * share))
    _results.put(key, Causal(here, places, fresh, ablated))
