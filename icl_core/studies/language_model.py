"""``study language-model``: a real language model on linear tasks written as text.

SmolLM2-135M-Instruct, the small model of the optional extra, asked at temperature 0 to go on
with pairs of numbers (after Vacareanu et al. 2024 and Requeima et al. 2024), beside the
textbook's learners on the same rounded numbers. Replies that are no number stay out, and the
share that are one stands beside every error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from icl_core import predictors
from icl_core.checkpoints import (
    FOLDER,
    CheckpointError,
    load_decoder,
    read_manifest,
    write_atomically,
)
from icl_core.evaluation import Row
from icl_core.language.endpoint import MOST_TOKENS, EndpointError, Reply
from icl_core.language.formats import FORMATS, Format, rounded
from icl_core.language.learner import Told, ask_all, texts, values_of
from icl_core.language.local import NAME as MODEL
from icl_core.language.local import LocalServer, digest, weights_file
from icl_core.language.replies import read_number
from icl_core.metrics import bootstrap_mean, bootstrap_ratio
from icl_core.models.base import InContextModel
from icl_core.predictors.base import Predictor
from icl_core.priors import PlainPrior
from icl_core.progress import ProgressCallback, silent
from icl_core.prompts import generator
from icl_core.studies.profiles import Table, short, triples

NAME, NETWORK = "language-model", "playground"
PROMPTS, SEED = 64, 5000
SHARES = {1: 1, 2: 2, 3: 4}
"""By number of features, one prompt of how many is asked: more features are longer to read."""
KS, QUESTIONS, SIGMA = (2, 5, 10, 20, 40), 2, 0.25
RUNS = FOLDER.parent / "runs" / NAME
"""Where replies are kept, by prompts and model, so that a study which was stopped goes on."""

PACE = 0.0131
"""Seconds for a character that was not read before, its answer among them, over nine prompts of all
kinds on a core that was shared."""

RULES: Mapping[str, Predictor] = {
    "ridge": predictors.ridge(SIGMA**2),
    "OLS": predictors.ols(),
    "GD": predictors.gd(1),
    "1-NN": predictors.knn(1),
    "3-NN": predictors.knn(3),
    "mean": predictors.knn(max(KS)),
}
"""Ridge with the penalty that makes it exact Bayes under this law; one step of gradient descent;
and, as neighbours who are all of the examples, their mean."""
RIVALS = (*RULES, "zero", "transformer")
"""Who else answers: the rules, always 0, and the lab's own network."""


class Prompt(NamedTuple):
    """The numbers of one task as the text says them, and the truth.

    x: (40, d), y: (40,), queries: (2, d), clean: (2,), the answers without noise.
    """

    x: Tensor
    y: Tensor
    queries: Tensor
    clean: Tensor


def prompt_of(dim: int, number: int, seed: int) -> Prompt:
    """A task of the law, the same whichever format and however many prompts there are."""
    law = PlainPrior(dim, sigma=SIGMA)
    drawn = law.sample(1, max(KS) + QUESTIONS, generator(seed, dim, number))
    x, y = rounded(drawn.x[0]), rounded(drawn.y[0])
    queries = x[max(KS) :]
    clean = drawn.task.answer(queries[None].float())[0].double()
    return Prompt(x[: max(KS)], y[: max(KS)], queries, clean)


def run_language_model(
    *,
    prompts: int = PROMPTS,
    seed: int = SEED,
    folder: Path = FOLDER,
    progress: ProgressCallback = silent,
    runs: Path = RUNS,
) -> Table:
    """A row for each number of features and each format; see `measured`.

    ``prompts`` tasks of one feature and fewer of more (`SHARES`), each in every format.
    ``progress`` is told the share done; what is asked stays in ``runs``. CheckpointError where
    the language model is not installed or fails.
    """
    path = weights_file()
    if path is None:
        raise CheckpointError(
            "There is no language model on this machine. Install it with: make demo LM=1"
        )
    manifest = read_manifest(folder)
    network = load_decoder(NETWORK, folder=folder)
    steps = order(prompts)
    told: dict[tuple[int, str], list[list[Told]]] = {(dim, form.name): [] for _, dim, form in steps}
    with LocalServer(timeout=600.0) as server:
        for done, (i, dim, form) in enumerate(steps):
            asked = texts_of(form, prompt_of(dim, i, seed))
            try:
                told[dim, form.name].append(kept(server, digest(path), asked, runs))
            except EndpointError as error:
                raise CheckpointError(str(error)) from None
            progress((done + 1) / len(steps))
    runs_of = {NETWORK: {key: manifest[NETWORK][key] for key in ("sha256", "prompts")}}
    return {
        "study": NAME,
        "title": "A real language model on linear tasks, written as text",
        "model": {"name": MODEL, "file": path.name, "sha256": digest(path)},
        "prompts": prompts,
        "seed": seed,
        "sigma": SIGMA,
        "questions": QUESTIONS,
        "ks": list(KS),
        "members": [
            {
                "label": f"d = {dim}, {name}",
                "dim": dim,
                "format": name,
                "prompts": len(found),
                "runs": runs_of,
                **measured(
                    [prompt_of(dim, i, seed) for i in range(len(found))], found, network, seed
                ),
            }
            for (dim, name), found in told.items()
        ],
    }


def cost_of(prompts: int, seed: int = SEED, runs: Path = RUNS) -> str:
    """What a study of so many prompts costs, in a sentence: requests, tokens, minutes.

    Of tokens it says the most, one a character, and counts what the server has not just read.
    """
    path, fresh, requests, known = weights_file(), 0, 0, 0
    for i, dim, form in order(prompts):
        asked = texts_of(form, prompt_of(dim, i, seed))
        requests += len(asked)
        if path is not None and _file_of(asked, digest(path), runs).is_file():
            known += len(asked)
        else:
            fresh += unread(asked)
    return (
        f"{requests:,} requests to {MODEL} on this machine, {known:,} of them answered before; at "
        f"most {fresh:,} tokens to read and {MOST_TOKENS * (requests - known):,} to write; about "
        f"{max(1, round(PACE * fresh / 60))} minutes on one free core."
    )


def unread(asked: Sequence[str]) -> int:
    """Characters of texts that are not the beginning of the text before."""
    pairs = (zip(*two, strict=False) for two in pairwise(asked))
    alike = (takewhile(lambda letters: letters[0] == letters[1], pair) for pair in pairs)
    return sum(map(len, asked)) - sum(len(list(part)) for part in alike)


def order(prompts: int) -> list[tuple[int, int, Format]]:
    """What is asked, (number of the prompt, its features, its format), prompt by prompt.

    So a study that is stopped has about as much of every kind.
    """
    return [
        (i // share, dim, form)
        for i in range(prompts)
        for dim, share in SHARES.items()
        for form in FORMATS.values()
        if i % share == 0
    ]


def texts_of(form: Format, prompt: Prompt) -> list[str]:
    """Every question after each of `KS`, those that begin alike side by side."""
    return [text for k in KS for text in texts(form, prompt.x[:k], prompt.y[:k], prompt.queries)]


def kept(server: LocalServer, sha256: str, asked: Sequence[str], runs: Path) -> list[Told]:
    """The replies to a prompt's questions: from the file of an earlier run, or asked now."""
    path = _file_of(asked, sha256, runs)
    if path.is_file():
        replies = [Reply(text, cut) for text, cut in json.loads(path.read_text("utf-8"))]
        return [
            Told(text, reply, read_number(reply.text, reply.cut))
            for text, reply in zip(asked, replies, strict=True)
        ]
    found = list(ask_all(server.endpoint(), asked))
    write_atomically(path, json.dumps([one.reply for one in found]).encode())
    return found


def _file_of(asked: Sequence[str], sha256: str, runs: Path) -> Path:
    said = json.dumps([MODEL, sha256, list(asked)]).encode()
    return runs / f"{hashlib.sha256(said).hexdigest()[:32]}.json"


# --- what is measured ------------------------------------------------------------------------


def measured(
    prompts: Sequence[Prompt],
    told: Sequence[Sequence[Told]],
    network: InContextModel,
    seed: int,
) -> Table:
    """Errors and distances of one number of features in one format, after each of `KS`.

    valid: the share of replies that are a number; copied: the share of those that repeat a y of
    the prompt to the last digit; error: by who answers, "model" and `RIVALS`, the squared error
    against the answer without noise; distance: by rival, the squared difference of its answer
    and the model's; all over the questions to which the model gave a number, means over a
    prompt's questions and then over prompts, [value, low, high]; nearest: the rival at the
    least distance over all k, and its distance over ridge's and over that of the second.
    """
    answers = torch.stack([values_of(one) for one in told]).reshape(len(prompts), len(KS), -1)
    rivals = {who: torch.stack(parts) for who, parts in _rivals(prompts, network).items()}
    clean = torch.stack([one.clean for one in prompts])[:, None].expand_as(answers)
    copies = torch.stack([_copied(one, row) for one, row in zip(prompts, answers, strict=True)])
    answered = ~answers.isnan()
    by_who = {"model": answers, **rivals}
    far = {who: _per_prompt((part - answers).square(), answered) for who, part in rivals.items()}
    return {
        "valid": triples(bootstrap_mean(answered.double().mean(2), seed=seed)),
        "copied": _means(_per_prompt(copies.double(), answered), seed),
        "error": {
            who: _means(_per_prompt((part - clean).square(), answered), seed)
            for who, part in by_who.items()
        },
        "distance": {who: _means(part, seed) for who, part in far.items()},
        "nearest": _nearest(far, seed),
    }


def _rivals(prompts: Sequence[Prompt], network: InContextModel) -> dict[str, list[Tensor]]:
    """By rival, each prompt's answers (K, q), on the rounded numbers."""
    found: dict[str, list[Tensor]] = {who: [] for who in RIVALS}
    for one in prompts:
        rows: dict[str, list[Tensor]] = {who: [] for who in RIVALS}
        for k in KS:
            x, y, queries = one.x[None, :k], one.y[None, :k], one.queries[None]
            for who, rule in RULES.items():
                rows[who].append(rule.predict(x, y, queries)[0])
            rows["zero"].append(torch.zeros(len(one.queries), dtype=torch.float64))
            rows["transformer"].append(
                network.predict(x.float(), y.float(), queries.float())[0].double()
            )
        for who, parts in rows.items():
            found[who].append(torch.stack(parts))
    return found


def _copied(prompt: Prompt, answers: Tensor) -> Tensor:
    """(K, q): whether an answer is one of the y that it had seen."""
    return torch.stack(
        [
            (row[:, None] - prompt.y[None, :k]).abs().lt(1e-9).any(1)
            for k, row in zip(KS, answers, strict=True)
        ]
    )


def _per_prompt(values: Tensor, answered: Tensor) -> Tensor:
    """(B, K, q) -> (B, K): the mean over the questions answered, NaN where none was."""
    return values.where(answered, torch.nan).nanmean(2)


def _means(values: Tensor, seed: int) -> list[list[float] | None]:
    """(B, K) -> [value, low, high] for each k over the prompts that have one, or None."""
    found: list[list[float] | None] = []
    for column in values.unbind(1):
        there = column[~column.isnan()]
        found.append(triples(bootstrap_mean(there[:, None], seed=seed))[0] if len(there) else None)
    return found


def _nearest(far: Mapping[str, Tensor], seed: int) -> Table | None:
    """The rival at the least mean distance over all k, and that over ridge's and the next one's."""
    whole = {who: part.nanmean(1) for who, part in far.items()}
    there = ~whole["ridge"].isnan()
    if not bool(there.any()):
        return None
    means = {who: float(part[there].mean()) for who, part in whole.items()}
    first, second = sorted(means, key=means.__getitem__)[:2]
    ratio = bootstrap_ratio(whole[first][there], whole["ridge"][there], seed=seed)
    margin = bootstrap_ratio(whole[first][there], whole[second][there], seed=seed)
    return {
        "rule": first,
        "second": second,
        "over_ridge": [short(value) for value in ratio],
        "over_second": [short(value) for value in margin],
    }


def language_model_rows(table: Table) -> list[Row]:
    """A line for each number of features and format, for a shell: errors after ten examples."""
    at = table["ks"].index(10)
    return [
        {
            "prompts": row["label"],
            "valid": row["valid"][at][0],
            "copied": row["copied"][at] and row["copied"][at][0],
            "nearest": row["nearest"] and row["nearest"]["rule"],
            **{
                f"error of {who}": row["error"][who][at] and row["error"][who][at][0]
                for who in ("model", "ridge", "1-NN", "mean", "zero")
            },
        }
        for row in table["members"]
    ]


def language_model_intervals(new: Table, old: Table) -> Iterator[tuple[list[float], list[float]]]:
    """Every [value, low, high] of two tables of this study, row by row."""
    theirs = {row["label"]: row for row in old["members"]}
    for row in new["members"]:
        other = theirs[row["label"]]
        pairs = [(row["valid"], other["valid"]), (row["copied"], other["copied"])]
        for part in ("error", "distance"):
            pairs += [(bounds, other[part][who]) for who, bounds in row[part].items()]
        for mine, yours in pairs:
            both = zip(mine, yours, strict=True)
            yield from ((a, b) for a, b in both if a is not None and b is not None)
