"""The probe of which family of curves hidden states tell, and its stored table."""

from __future__ import annotations

import torch
from sklearn.linear_model import LogisticRegression

from icl_core.checkpoints import load_decoder
from icl_core.prompts import generator
from icl_core.studies import compare, is_current, read_table
from icl_core.studies.families import (
    KS,
    NETWORK,
    PENALTY,
    Seen,
    families_rows,
    fitted,
    layer_row,
    named_by,
)


def test_the_probe_is_scikit_learn_s_logistic_regression() -> None:
    gen = generator(3)
    family = torch.randint(3, (90,), generator=gen)
    middle = torch.randn(3, 2, 4, generator=gen)
    states = torch.randn(2, 90, 2, 4, generator=gen) + middle[family]
    fresh = torch.randn(2, 50, 2, 4, generator=gen)
    named = named_by(fitted(Seen(states, family), 3), fresh)
    # Ours holds the constant too, so it goes in as one feature more.
    theirs = LogisticRegression(C=1 / (2 * PENALTY * 90), fit_intercept=False, tol=1e-8)
    for layer in range(2):
        for k in range(2):
            features, asked = (
                torch.nn.functional.pad(part[layer, :, k], (0, 1), value=1.0).numpy()
                for part in (states, fresh)
            )
            expected = theirs.fit(features, family.numpy()).predict(asked)
            assert float((named[layer, :, k].numpy() == expected).mean()) >= 0.96


def test_shares_are_of_the_prompts() -> None:
    family, believed = torch.tensor([0, 1, 2, 1]), torch.tensor([[0], [1], [1], [0]])
    told = {"trained": torch.tensor([[0], [1], [1], [2]])}
    row = layer_row(told, family, believed, 1)
    assert row["right"]["trained"][0][0] == 0.5
    assert row["as_bayes"]["trained"][0][0] == 0.75
    many = {"trained": (torch.arange(300) % 7 == 0)[:, None].long()}
    zeros, ones = torch.zeros(300).long(), torch.zeros(300, 1).long()
    first, same, other = (layer_row(many, zeros, ones, seed)["right"] for seed in (1, 1, 2))
    assert first == same != other, "the intervals are resampled with the seed that is asked for"


def test_the_stored_table_is_current_and_bayes_is_its_ceiling() -> None:
    table = read_table("families")
    assert is_current(table)
    assert table["command"] == "python -m icl_core study families"
    assert len(table["members"]) == load_decoder(NETWORK).config.layers + 1
    assert compare(table, table).largest == 0
    assert len(families_rows(table)) == 2 * len(table["members"]) + 1
    for i, _ in enumerate(KS):
        for row in table["members"]:
            for bounds in row["right"].values():
                assert bounds[i][1] <= table["bayes"][i][2], row["label"]


def test_the_trained_network_tells_more_than_the_random_one() -> None:
    table = read_table("families")
    best = max(row["right"]["trained"][-1] for row in table["members"])
    control = max(row["right"]["random"][-1] for row in table["members"])
    assert best[1] > control[2]
    assert control[1] > 1 / len(table["families"]), "the control is no dead probe"
