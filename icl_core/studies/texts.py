"""``study texts``: labelled texts, learned in context by layers that never saw a text.

After TART (Bhatia et al. 2023, §4): each text is eight numbers of a frozen model, see
`icl_core.texts`, and a decoder that was trained on synthetic tasks alone reads them with labels of
±1. TART's was trained on logistic regression; ``noise-4-9`` on noisy linear tasks, so that it
answers like ridge. Beside it: that ridge, logistic regression, the nearest example, and the label
that most examples have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.checkpoints import FOLDER, load_model, load_prior, read_manifest
from icl_core.evaluation import Row
from icl_core.metrics import bootstrap_mean
from icl_core.predictors.base import Predictor
from icl_core.predictors.logistic import LogisticBayes
from icl_core.priors import LabelPrior
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import Prompt, generator
from icl_core.studies.profiles import Table, triples
from icl_core.texts import FEATURES, Draws, TextSet, draw, text_sets

NAME, NETWORK = "texts", "noise-4-9"
PROMPTS, SEED = 512, 23_000
KS, QUESTIONS = (8, 16, 32, 40), 32
MODEL, RIDGE, LOGISTIC, NEAREST, MAJORITY = "transformer", "ridge", "logistic", "1-NN", "majority"
MIXED, CEILING, LAW = "random labels", "all texts", "law"
"""The network where the labels of the examples are drawn by lot; logistic regression that has
learned from the four other fifths of the texts; the row of fresh synthetic labels."""
PENALTY = 1.0
"""Of |v|²/2, as scikit-learn has it where it is not told otherwise."""
AT_ONCE = 64


@lru_cache(maxsize=4)
def rules(folder: Path = FOLDER) -> Mapping[str, Predictor]:
    """Who answers beside the network."""
    return {
        RIDGE: load_prior(NETWORK, folder).bayes(),
        LOGISTIC: LogisticBayes((PENALTY**-0.5,), "logistic regression"),
        NEAREST: predictors.knn(1),
        MAJORITY: predictors.knn(max(KS)),
    }


def run_texts(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
) -> Table:
    """A row for each set of texts, and one for synthetic labels (`LabelPrior`); see `measured`.

    ``prompts`` draws of examples for each number of them. ``progress`` is told the share done.
    CheckpointError where the network is missing.
    """
    entry = read_manifest(folder).get(NETWORK, {})
    load_model(NETWORK, folder=folder)
    runs = {NETWORK: {key: entry[key] for key in ("sha256", "prompts")}}
    sets, rows = text_sets(), []
    for place, name in enumerate([*sets, LAW]):
        found = sets.get(name)
        drawn = [drawn_from(found, prompts, k, generator(seed, place, k)) for k in KS]
        rows.append(
            {
                "label": name,
                "texts": None if found is None else len(found.y),
                "runs": runs,
                CEILING: None if found is None else _ceiling(found, seed),
                **measured(drawn, seed, folder),
            }
        )
        progress((place + 1) / (len(sets) + 1))
    return {
        "study": NAME,
        "title": "Texts, learned in context by layers that never saw one",
        "prompts": prompts,
        "seed": seed,
        "questions": QUESTIONS,
        "ks": list(KS),
        "members": rows,
    }


def drawn_from(found: TextSet | None, prompts: int, k: int, gen: torch.Generator) -> Draws:
    """Examples and questions from a set, or from the law of labels where there is none."""
    if found is not None:
        return draw(found, prompts, k, QUESTIONS, gen)
    made = LabelPrior(FEATURES).sample(prompts, k + QUESTIONS, gen)
    places = torch.zeros(prompts, k + QUESTIONS, dtype=torch.long)
    return Draws(Prompt(made.x[:, :k], made.y[:, :k]), made.x[:, k:], made.y[:, k:], places)


def answers(drawn: Draws, folder: Path = FOLDER) -> dict[str, Tensor]:
    """By who answers, the mean labels that they expect: (B, q), from −1 to 1 of those that can."""
    x, y, queries = drawn.prompt.x, drawn.prompt.y, drawn.queries
    told = {who: rule.predict(x, y, queries) for who, rule in rules(folder).items()}
    told[MODEL] = network_answers(x, y, queries, folder)
    lots = 2 * torch.randint(2, y.shape, generator=generator(SEED, *y.shape)).to(y) - 1
    told[MIXED] = network_answers(x, lots, queries, folder)
    return told


def network_answers(x: Tensor, y: Tensor, queries: Tensor, folder: Path = FOLDER) -> Tensor:
    """The network's answers, (B, q)."""
    model = load_model(NETWORK, folder=folder)
    parts = (part.split(AT_ONCE) for part in (x, y, queries))
    return torch.cat([model.predict(*some) for some in zip(*parts, strict=True)])


def hits(told: Tensor, labels: Tensor) -> Tensor:
    """Whether an answer has the sign of its label; an answer of 0 is half a hit."""
    return ((told * labels).sign() + 1) / 2


# --- what is measured ------------------------------------------------------------------------


def measured(drawn: list[Draws], seed: int, folder: Path = FOLDER) -> Table:
    """For draws of each of `KS` examples, shares of right answers.

    accuracy: by who answers; ahead: the network's less each rule's, on the same questions.
    Every figure is [value, low, high] for each number of examples: the interval is over draws of
    examples and questions, of which those from one set share its texts.
    """
    accuracy: dict[str, list[list[float]]] = {}
    ahead: dict[str, list[list[float]]] = {}
    for one in drawn:
        right = {
            who: hits(told, one.labels).double().mean(1)
            for who, told in answers(one, folder).items()
        }
        for who, part in right.items():
            accuracy.setdefault(who, []).append(_mean(part, seed))
            if who in rules(folder):
                ahead.setdefault(who, []).append(_mean(right[MODEL] - part, seed))
    return {"accuracy": accuracy, "ahead": ahead}


def _mean(values: Tensor, seed: int) -> list[float]:
    """(B,) -> [value, low, high]."""
    return triples(bootstrap_mean(values[:, None], seed=seed))[0]


FOLDS = 5


def _ceiling(found: TextSet, seed: int) -> list[float]:
    """Right answers of logistic regression on each fifth of a set after the four others."""
    order = torch.randperm(len(found.y), generator=generator(seed))
    right = torch.empty(len(found.y), dtype=torch.float64)
    for fold in range(FOLDS):
        asked = order[fold::FOLDS]
        rest = torch.ones(len(found.y), dtype=torch.bool)
        rest[asked] = False
        told = rules()[LOGISTIC].predict(
            found.x[None, rest], found.y[None, rest], found.x[None, asked]
        )
        right[asked] = hits(told[0], found.y[asked]).double()
    return _mean(right, seed)


def texts_rows(table: Table) -> list[Row]:
    """A line for each set and number of examples, for a shell."""
    return [
        {
            "texts": row["label"],
            "k": k,
            **{who: bounds[place][0] for who, bounds in row["accuracy"].items()},
            "ahead of logistic": row["ahead"][LOGISTIC][place][0],
            "from": row["ahead"][LOGISTIC][place][1],
            "to": row["ahead"][LOGISTIC][place][2],
        }
        for row in table["members"]
        for place, k in enumerate(table["ks"])
    ]


def texts_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study, row by row."""
    for mine, theirs in zip(new["members"], old["members"], strict=True):
        for part in ("accuracy", "ahead"):
            for who, bounds in mine[part].items():
                yield from zip(bounds, theirs[part][who], strict=True)
