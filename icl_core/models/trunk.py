"""A trunk Φ that never learned in context, and a decoder that reads pairs (Φ(x), y)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor, nn

from icl_core.models.transformer import Transformer, TransformerConfig


class MLP(nn.Module):
    """Two hidden layers of tanh units, and a linear answer that only its training needs.

    ``spread`` is the standard deviation of the weights over the square root of the inputs; the
    kinks of the first layer lie up to ``reach`` from zero.
    """

    def __init__(self, inputs: int, width: int, spread: float, reach: float):
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.second = nn.Linear(width, width)
        self.answer = nn.Linear(width, 1)
        for layer in (self.first, self.second, self.answer):
            nn.init.normal_(layer.weight, std=spread * layer.in_features**-0.5)
            nn.init.zeros_(layer.bias)
        nn.init.uniform_(self.first.bias, -spread * reach, spread * reach)

    def forward(self, x: Tensor) -> Tensor:
        """The last hidden layer: x (n, inputs) -> (n, width)."""
        return torch.tanh(self.second(torch.tanh(self.first(x))))


class DecoderStates(nn.Module):
    """The residual stream of a decoder at a lone x-token, after some block."""

    def __init__(self, decoder: Transformer, layer: int):
        super().__init__()
        self.decoder, self.layer = decoder, layer

    def forward(self, x: Tensor) -> Tensor:
        """x (n, 1) -> (n, width). No x sees another: each is a prompt without examples.

        Each distinct x is asked about once: a batch of prompts repeats many.
        """
        distinct, places = x[:, 0].unique(return_inverse=True)
        decoder = self.decoder
        h = decoder.read_in(decoder._x_tokens(distinct[:, None, None])) + decoder.positions[:1]
        mask = torch.zeros(1, 1, device=x.device)
        for index, block in enumerate(decoder.blocks[: self.layer]):
            h, _ = block(h, mask, index)
        return h[places, 0]


class Trunk(nn.Module):
    """Φ: the largest principal components of a body's activations, each of variance 1.

    The recipe of TART (Bhatia et al. 2023, §4): frozen activations, their principal
    components, whitened. body: (n, d) -> (n, h); mean: (h,); turn: (h, m).
    """

    mean: Tensor
    turn: Tensor

    def __init__(self, body: nn.Module, inputs: int, mean: Tensor, turn: Tensor):
        super().__init__()
        self.body, self.inputs = body, inputs
        self.register_buffer("mean", mean)
        self.register_buffer("turn", turn)

    @property
    def outputs(self) -> int:
        """How many features Φ(x) has."""
        return self.turn.shape[1]

    def forward(self, x: Tensor) -> Tensor:
        """x (…, d) -> (…, m). ValueError for an x of another number of features."""
        if x.shape[-1] != self.inputs:
            raise ValueError(f"x has {x.shape[-1]} features; this trunk takes {self.inputs}.")
        told = (self.body(x.flatten(0, -2).to(self.mean.dtype)) - self.mean) @ self.turn
        return told.reshape(*x.shape[:-1], self.outputs).to(x.dtype)


@torch.no_grad()
def whitened(body: nn.Module, x: Tensor, outputs: int) -> Trunk:
    """The trunk of a body on the inputs x (n, d): its first components, each of variance 1."""
    told = body(x).double()
    mean = told.mean(0)
    _, sizes, right = torch.linalg.svd(told - mean, full_matrices=False)
    turn = right[:outputs].T / sizes[:outputs] * (len(x) - 1) ** 0.5
    return Trunk(body, x.shape[1], mean.float(), turn.float().contiguous())


def fingerprint(trunk: nn.Module) -> str:
    """Hex digest of all numbers of a module, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(trunk.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


class OnTrunk(Transformer):
    """A decoder of max_dim features that are Φ(x); asked about x.

    ``frozen``: whether training leaves the trunk as it is.
    """

    def __init__(self, config: TransformerConfig, trunk: Trunk, *, frozen: bool = True):
        super().__init__(config)
        self.trunk = trunk.requires_grad_(not frozen)
        self.frozen = frozen

    def _x_tokens(self, x: Tensor) -> Tensor:
        return super()._x_tokens(self.trunk(x))

    @property
    def added(self) -> dict[str, Tensor]:
        """The tensors that were trained: all but those of a frozen trunk."""
        return {name: value for name, value in self.state_dict().items() if name not in self.kept}

    @property
    def kept(self) -> dict[str, Tensor]:
        """The tensors of the trunk, where it is frozen."""
        if not self.frozen:
            return {}
        return {f"trunk.{name}": value for name, value in self.trunk.state_dict().items()}


# --- the registry -----------------------------------------------------------------

_makers: dict[str, Callable[[], Trunk]] = {}


def register_trunk(name: str, maker: Callable[[], Trunk]) -> None:
    """Make a trunk known to laws and recipes. ValueError where another has that name."""
    if name in _makers:
        raise ValueError(f"There is a trunk {name!r} already.")
    _makers[name] = maker


def trunk_names() -> tuple[str, ...]:
    """The names of all trunks."""
    return tuple(_makers)


@lru_cache(maxsize=8)
def trunk(name: str) -> Trunk:
    """A frozen trunk, one for all who ask. ValueError where there is none of this name."""
    if name not in _makers:
        raise ValueError(f"There is no trunk {name!r}. Known: {', '.join(_makers)}.")
    return _makers[name]().eval().requires_grad_(False)
