"""A model within a model: what a transformer computes when it learns in context."""

from icl_core import metrics, predictors, trunks
from icl_core.checkpoints import CheckpointError, list_models, load_model, load_prior
from icl_core.limits import OutOfRangeWarning

__all__ = [
    "CheckpointError",
    "OutOfRangeWarning",
    "list_models",
    "load_model",
    "load_prior",
    "metrics",
    "predictors",
    "trunks",
]
