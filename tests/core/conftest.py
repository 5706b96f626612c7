"""What every test of the science engine shares: one thread, seeded Hypothesis, a small model."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, settings

from icl_core.models.transformer import Transformer, TransformerConfig

torch.set_num_threads(1)
settings.register_profile(
    "core",
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("core")


@pytest.fixture(scope="session")
def model() -> Transformer:
    """A small decoder with random weights, biases and norms included."""
    torch.manual_seed(3)
    config = TransformerConfig(max_dim=4, max_exemplars=6, layers=3, width=24, heads=3, mlp_ratio=2)
    decoder = Transformer(config)
    for parameter in decoder.parameters():
        parameter.data.add_(0.2 * torch.randn_like(parameter))
    return decoder.eval().requires_grad_(False)
