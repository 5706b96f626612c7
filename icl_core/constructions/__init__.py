"""The theorems as weights that run.

`linear_attention` holds gradient descent as attention without softmax (von Oswald et
al., 2023) and the best single layer (Ahn et al., 2023); `trained` trains the same
layers and compares; `slots` and `programs` hold SGD and ridge regression as causal
decoders (Akyürek et al., 2023, Theorems 1 and 2). Everything is float64 on the CPU.
"""

from icl_core.constructions.linear_attention import (
    GAUSSIAN,
    UNIFORM,
    LinearTransformer,
    ahn_preconditioner,
    best_rate,
    gd_transformer,
    gd_weights,
    one_step_loss,
    preconditioned_weights,
    rate_of,
)
from icl_core.constructions.programs import (
    Cost,
    Program,
    Run,
    Step,
    complexity_table,
    sgd_program,
    sherman_morrison_program,
    token_names,
)
from icl_core.constructions.slots import Layer, Layout, Slot, division_error, product_error
from icl_core.constructions.trained import (
    Agreement,
    Training,
    agreement,
    best_construction,
    held_out_tasks,
    interpolate,
    merged,
    path,
    train,
)

__all__ = [
    "GAUSSIAN",
    "UNIFORM",
    "Agreement",
    "Cost",
    "Layer",
    "Layout",
    "LinearTransformer",
    "Program",
    "Run",
    "Slot",
    "Step",
    "Training",
    "agreement",
    "ahn_preconditioner",
    "best_construction",
    "best_rate",
    "complexity_table",
    "division_error",
    "gd_transformer",
    "gd_weights",
    "held_out_tasks",
    "interpolate",
    "merged",
    "one_step_loss",
    "path",
    "preconditioned_weights",
    "product_error",
    "rate_of",
    "sgd_program",
    "sherman_morrison_program",
    "token_names",
    "train",
]
