"""The net that is trained on each prompt, against autograd and an optimiser of PyTorch's own."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from icl_core.predictors.trained_net import TrainedNet
from icl_core.prompts import generator


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_it_learns_what_pytorch_s_own_layers_and_adam_learn(activation: str) -> None:
    gen = generator(3)
    x, y = torch.randn(1, 9, 3, generator=gen), torch.randn(1, 9, generator=gen)
    queries = torch.randn(1, 5, 3, generator=gen)
    ours = TrainedNet(hidden=12, steps=40, rate=0.05, activation=activation, seed=4)
    inward, outward = torch.nn.Linear(3, 12), torch.nn.Linear(12, 1)
    start = torch.randn(4, 12, generator=generator(4)) * 2 / math.sqrt(3)
    with torch.no_grad():
        inward.weight.copy_(start[:3].T)
        inward.bias.copy_(start[3])
        outward.weight.zero_()
        outward.bias.zero_()
    between = torch.nn.Tanh() if activation == "tanh" else torch.nn.ReLU()
    net = torch.nn.Sequential(inward, between, outward)
    adam = torch.optim.Adam(net.parameters(), lr=0.05)
    for step in range(40):
        adam.param_groups[0]["lr"] = 0.05 * (1 + math.cos(math.pi * step / 40)) / 2
        adam.zero_grad()
        (0.5 * (net(x[0])[:, 0] - y[0]).square().mean()).backward()
        adam.step()
    expected = net(queries[0])[:, 0].detach()
    torch.testing.assert_close(ours.predict(x, y, queries)[0], expected, atol=1e-4, rtol=1e-3)


def test_every_prefix_has_a_net_of_its_own_and_none_knows_nothing() -> None:
    gen = generator(5)
    x, y = torch.randn(2, 6, 1, generator=gen), torch.randn(2, 6, generator=gen)
    net = TrainedNet(hidden=8, steps=30)
    following = net.predict_next(x, y)
    assert torch.equal(following[:, 0], torch.zeros(2))
    for k in (1, 3, 5):
        alone = net.predict(x[:, :k], y[:, :k], x[:, k : k + 1])[:, 0]
        torch.testing.assert_close(following[:, k], alone, atol=1e-4, rtol=1e-3)
    assert torch.equal(net.predict_next(x, y), following), "the same seed, the same net"
    assert net.predict_next(x[:, :0], y[:, :0]).shape == (2, 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hidden": 0}, "hidden must be a whole number of at least 1, not 0"),
        ({"rate": math.nan}, "rate must be a finite number"),
        ({"activation": "sine"}, 'activation must be "tanh" or "relu"'),
    ],
)
def test_what_it_cannot_be_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TrainedNet(**wrong)
