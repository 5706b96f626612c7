"""The decoder: the whole network, top to bottom.

A prompt ``x1 y1 x2 y2 …`` becomes one token per ``x`` and one per ``y``, as in
Akyürek et al. (2023, §4): an x-token carries ``[0, x]``, a y-token ``[y, 0]``,
both in R^(max_dim + 1). The decoder is causal, so the output at the x-token of
pair j is a prediction of y_j from the pairs before it: every prompt of k pairs
trains k predictions at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from icl_core.arrays import ArrayLike, CheckedPrompt, Limits, as_prompt, like_input
from icl_core.models.base import NO_EDITS, Edit, Edits, Inspection, Trace, unchanged


@dataclass(frozen=True)
class TransformerConfig:
    """Shape of the decoder. ``max_dim`` counts features, a constant one included."""

    max_dim: int = 8
    max_exemplars: int = 40
    layers: int = 8
    width: int = 128
    heads: int = 4
    mlp_ratio: int = 4

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}.")
        if self.width % self.heads:
            raise ValueError(f"width {self.width} does not divide into {self.heads} heads.")

    @property
    def max_tokens(self) -> int:
        """Tokens of the longest prompt: every pair, and one query after them."""
        return 2 * self.max_exemplars + 1

    @property
    def weights(self) -> int:
        """How many numbers are learned, biases, gains and positions included."""
        w, inner = self.width, self.mlp_ratio * self.width
        block = 4 * w * w + 2 * w * inner + inner + 9 * w
        return (self.max_dim + 2 + self.max_tokens + 3) * w + 1 + self.layers * block


Watch = Callable[[Tensor, Tensor | None], None]
"""Called with the residual stream and the attention that led to it (none at first)."""


class Attention(nn.Module):
    """Multi-head softmax attention with an additive mask."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(
        self, h: Tensor, mask: Tensor, index: int = 0, edit: Edit = unchanged
    ) -> tuple[Tensor, Tensor]:
        """h: (B, T, width), mask: (T, T) of 0 and −∞ -> the same, and who read whom.

        ``edit`` may change what the heads of block ``index`` have gathered.
        """
        batch, tokens, width = h.shape
        qkv = self.qkv(h).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        # Written out because the trace needs the pattern, and because the bf16
        # backward of the fused kernel is seven times slower on a CPU.
        scores = (q * (width // self.heads) ** -0.5) @ k.transpose(-1, -2)
        pattern = torch.softmax(scores + mask.to(scores.dtype), dim=-1)
        mixed = edit(index, (pattern @ v).transpose(1, 2))
        return self.out(mixed.reshape(batch, tokens, width)), pattern


class Block(nn.Module):
    """Pre-LN block: attention, then a GELU MLP, each added to the residual stream."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.width)
        self.attention = Attention(config)
        self.mlp_norm = nn.LayerNorm(config.width)
        self.mlp = nn.Sequential(
            nn.Linear(config.width, config.mlp_ratio * config.width),
            nn.GELU(),
            nn.Linear(config.mlp_ratio * config.width, config.width),
        )

    def forward(
        self, h: Tensor, mask: Tensor, index: int = 0, edits: Edits = NO_EDITS
    ) -> tuple[Tensor, Tensor]:
        """As `Attention.forward`, with the residual stream going through."""
        mixed, pattern = self.attention(self.attention_norm(h), mask, index, edits.heads)
        h = h + mixed
        return h + edits.mlp(index, self.mlp(self.mlp_norm(h))), pattern


class Transformer(nn.Module):
    """A causal decoder that maps a prompt to a prediction at every x-token."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config = config
        self._limits: Limits = config
        self.read_in = nn.Linear(config.max_dim + 1, config.width)
        self.positions = nn.Parameter(torch.empty(config.max_tokens, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.final_norm = nn.LayerNorm(config.width)
        self.read_out = nn.Linear(config.width, 1)
        self._initialise()

    def _initialise(self) -> None:
        """Variance-preserving weights, zero biases, small positions."""
        nn.init.normal_(self.positions, std=0.1)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2 and name != "positions":
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)
            # The branches shrink with depth, as in GPT-2.
            if name.endswith(("attention.out.weight", "mlp.2.weight")):
                parameter.data.mul_((2 * self.config.layers) ** -0.5)

    @property
    def size(self) -> float:
        """Number of weights, in millions."""
        return self.config.weights / 1e6

    @property
    def limits(self) -> Limits:
        """The largest prompts that it takes, and what it was trained on, once that is known."""
        return self._limits

    @limits.setter
    def limits(self, known: Limits) -> None:
        self._limits = known

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.positions.device

    @property
    def layers(self) -> int:
        """Number of blocks."""
        return self.config.layers

    @property
    def heads(self) -> int:
        """Attention heads of each block."""
        return self.config.heads

    @property
    def width(self) -> int:
        """Numbers in the residual stream of a token."""
        return self.config.width

    # --- from numbers to tokens -------------------------------------------

    def _pad(self, x: Tensor) -> Tensor:
        """Features (…, d) padded with zeros to (…, max_dim)."""
        free = self.config.max_dim - x.shape[-1]
        if free < 0:
            raise ValueError(
                f"x has {x.shape[-1]} features; this model takes at most {self.config.max_dim}."
            )
        return nn.functional.pad(x, (0, free))

    def _x_tokens(self, x: Tensor) -> Tensor:
        return nn.functional.pad(self._pad(x), (1, 0))

    def _y_tokens(self, y: Tensor) -> Tensor:
        return nn.functional.pad(y.unsqueeze(-1), (0, self.config.max_dim))

    def _interleave(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, k, d), (B, k) -> (B, 2k, max_dim + 1)."""
        pairs = torch.stack([self._x_tokens(x), self._y_tokens(y)], dim=2)
        return pairs.flatten(1, 2)

    # --- from tokens to predictions ---------------------------------------

    def _causal_mask(self, tokens: int) -> Tensor:
        blocked = torch.full((tokens, tokens), float("-inf"), device=self.device)
        return blocked.triu(1)

    def _decode(
        self,
        tokens: Tensor,
        positions: Tensor,
        mask: Tensor,
        watch: Watch | None = None,
        edits: Edits = NO_EDITS,
    ) -> Tensor:
        """Run the blocks; `watch` is shown the stream, as edited, before them and after each."""
        h = edits.stream(0, self.read_in(tokens) + self.positions[positions])
        if watch:
            watch(h, None)
        for index, block in enumerate(self.blocks):
            h, pattern = block(h, mask, index, edits)
            h = edits.stream(index + 1, h)
            if watch:
                watch(h, pattern)
        return h

    def answer_of(self, h: Tensor) -> Tensor:
        """What is read out of last states: (…, width) -> (…)."""
        return self.read_out(self.final_norm(h)).squeeze(-1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Predict every y from the pairs before it.

        x: (B, k, d), y: (B, k) -> (B, k). The last y is never read.
        """
        tokens = self._interleave(x, y)[:, :-1]
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        h = self._decode(tokens, positions, self._causal_mask(tokens.shape[1]))
        return self.answer_of(h[:, 0::2])

    def _decode_queries(
        self,
        x: Tensor,
        y: Tensor,
        queries: Tensor,
        after: Tensor | None = None,
        watch: Watch | None = None,
        edits: Edits = NO_EDITS,
    ) -> Tensor:
        """One pass over the exemplars and all queries at once: tokens x1 y1 … xk yk, queries.

        A query stands at the position after the exemplars it may see (the first
        ``after``, or all) and sees those and itself, so it is answered as if it
        were alone.
        """
        pairs, count = x.shape[1], queries.shape[1]
        if after is None:
            after = torch.full((count,), pairs, device=x.device)
        prefix = 2 * pairs
        tokens = torch.cat([self._interleave(x, y), self._x_tokens(queries)], dim=1)
        positions = torch.cat([torch.arange(prefix, device=x.device), 2 * after])
        mask = self._causal_mask(prefix + count)
        unseen = torch.arange(prefix, device=x.device) >= 2 * after[:, None]
        mask[prefix:, :prefix].masked_fill_(unseen, float("-inf"))
        mask[prefix:, prefix:].fill_(float("-inf")).fill_diagonal_(0.0)
        return self._decode(tokens, positions, mask, watch, edits)

    # --- the public surface -------------------------------------------------

    @torch.inference_mode()
    def predict(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike,
        after: Sequence[int] | None = None,
        edits: Edits = NO_EDITS,
    ) -> ArrayLike:
        """Predict y at each query from the same exemplars.

        x: (B, k, d), y: (B, k), queries: (B, q, d) -> (B, q), with d up to
        ``config.max_dim`` and 0 <= k <= ``config.max_exemplars``. ``after``, q
        whole numbers, lets query i see only the first ``after[i]`` exemplars.
        ``edits`` intervenes on the way, on the tokens x1 y1 … xk yk and then the
        queries; where it adds rows, their answers follow those of the prompts.
        NumPy in, NumPy out; torch in, torch out. Raises ValueError for other
        shapes and for numbers that are not finite.
        """
        prompt = as_prompt(x, y, queries, config=self.config, device=self.device)
        limit = None if after is None else self._check_after(after, prompt)
        told = self.answers(prompt.x, prompt.y, prompt.queries, limit, edits)
        return like_input(told, x)

    def answers(
        self,
        x: Tensor,
        y: Tensor,
        queries: Tensor,
        after: Tensor | None = None,
        edits: Edits = NO_EDITS,
    ) -> Tensor:
        """As `predict`, unchecked, and differentiable in what the edits bring."""
        h = self._decode_queries(x, y, queries, after, edits=edits)
        return self.answer_of(h[:, 2 * x.shape[1] :])

    def _check_after(self, after: Sequence[int], prompt: CheckedPrompt) -> Tensor:
        limit = torch.as_tensor(after, dtype=torch.long, device=self.device)
        pairs, count = prompt.x.shape[1], prompt.queries.shape[1]
        if limit.shape != (count,) or bool(((limit < 0) | (limit > pairs)).any()):
            raise ValueError(f"after must hold {count} whole numbers between 0 and {pairs}.")
        return limit

    @torch.inference_mode()
    def predict_next(self, x: ArrayLike, y: ArrayLike) -> ArrayLike:
        """Predict each y from the pairs before it.

        x: (B, k, d), y: (B, k) -> (B, k); entry j has seen the first j pairs. The
        last y is never read, so k may be ``config.max_exemplars`` + 1. Raises
        ValueError as `predict` does.
        """
        prompt = as_prompt(x, y, config=self.config, unread=1, device=self.device)
        answer = self(prompt.x, prompt.y) if prompt.x.shape[1] else prompt.y
        return like_input(answer, x)

    @torch.inference_mode()
    def trace(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike | None = None,
        edits: Edits = NO_EDITS,
    ) -> Trace:
        """Hidden states and attention on a prompt of k >= 1 pairs (2k tokens).

        x: (B, k, d), y: (B, k). Tokens alternate x1 y1 x2 y2 …; see `Trace` for
        the shapes. With ``queries`` (B, q, d) they follow as q more tokens, each of which
        reads the pairs and itself. ``edits`` as in `predict`; they must keep the rows.
        Raises ValueError as `predict` does, and for k = 0.
        """
        prompt = as_prompt(x, y, queries, config=self.config, device=self.device)
        if not prompt.x.shape[1]:
            raise ValueError("A trace needs at least one exemplar.")
        hidden: list[Tensor] = []
        attention: list[Tensor] = []

        def keep(h: Tensor, pattern: Tensor | None) -> None:
            hidden.append(h)
            if pattern is not None:
                attention.append(pattern)

        self._decode_queries(prompt.x, prompt.y, prompt.queries, watch=keep, edits=edits)
        return Trace(torch.stack(hidden), torch.stack(attention))

    @torch.inference_mode()
    def next_states(self, x: Tensor, y: Tensor) -> Tensor:
        """The residual stream at every x-token: (layers + 1, B, k, width).

        x: (B, k, d), y: (B, k), k up to ``config.max_exemplars`` + 1, since the
        last y is never read.
        """
        tokens = self._interleave(x, y)[:, :-1]
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        states: list[Tensor] = []
        mask = self._causal_mask(tokens.shape[1])
        self._decode(tokens, positions, mask, lambda h, _: states.append(h[:, 0::2]))
        return torch.stack(states)

    @torch.inference_mode()
    def inspect(
        self,
        x: ArrayLike,
        y: ArrayLike,
        queries: ArrayLike,
        after: Sequence[int] | None = None,
    ) -> Inspection:
        """All that a page needs of one prompt, from one pass; arguments as in `predict`."""
        prompt = as_prompt(x, y, queries, config=self.config, device=self.device)
        limit = None if after is None else self._check_after(after, prompt)
        prefix = 2 * prompt.x.shape[1]
        states: list[Tensor] = []
        h = self._decode_queries(
            prompt.x, prompt.y, prompt.queries, limit, watch=lambda h, _: states.append(h)
        )
        told, hidden = self.answer_of(h), torch.stack(states)
        answers, following = told[:, prefix:], told[:, 0:prefix:2]
        return Inspection(answers, following, hidden[:, :, prefix:], hidden[:, :, :prefix])
