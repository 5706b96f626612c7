"""Fit a network's readouts in a process of its own: ``python -m icl_core.probes.apart``.

Read from standard input: a line of JSON, ``{"recipe", "prompts", "seed"}``, and the weights
as safetensors. Written to standard output: the share done, a line each time, then an empty
line and the readouts as safetensors. It takes one thread, and ends when nobody reads.
"""

from __future__ import annotations

import json
import sys

from safetensors.torch import load, save

from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import fit_layer_readouts
from icl_core.recipes import recipe_from_dict
from icl_core.training.watched import limit

SECONDS, MEMORY = 120, 1_500_000_000
"""Of processor time, and bytes of address space: of which torch alone takes 0.7 GB."""


def main() -> None:
    """Fit, and say how far it is."""
    limit(SECONDS, MEMORY)
    asked = json.loads(sys.stdin.buffer.readline())
    recipe, prompts = recipe_from_dict(asked["recipe"]), asked["prompts"]
    model = Transformer(recipe.model)
    model.load_state_dict(load(sys.stdin.buffer.read()))
    done = 0

    def report(more: int) -> None:
        nonlocal done
        done += more
        print(min(1.0, done / (1.25 * prompts)), flush=True)  # a quarter more to score them

    readouts = fit_layer_readouts(
        model.eval().requires_grad_(False),
        recipe.prior,
        prompts=prompts,
        seed=asked["seed"],
        progress=report,
    )
    print(flush=True)
    sys.stdout.buffer.write(save({key: part.contiguous() for key, part in vars(readouts).items()}))


if __name__ == "__main__":
    main()
