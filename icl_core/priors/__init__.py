"""Priors: laws of tasks, one file each, and the registry that knows them by kind."""

from icl_core.priors.base import (
    Cell,
    Prior,
    prior_from_dict,
    prior_kinds,
    prior_to_dict,
    register,
)
from icl_core.priors.classes import QuadraticPrior, ReluPrior, SparsePrior, TreePrior
from icl_core.priors.curves import CurvePrior
from icl_core.priors.labels import LabelPrior
from icl_core.priors.linear import PlainPrior
from icl_core.priors.mixture import SIGMAS, FlagshipPrior
from icl_core.priors.pool import PoolPrior
from icl_core.priors.scaled import ScaledPrior
from icl_core.priors.shifted import ShiftedPrior
from icl_core.priors.trunk import TrunkPrior

register("plain", PlainPrior)
register("flagship", FlagshipPrior)
register("pool", PoolPrior)
register("curves", CurvePrior)
register("sparse", SparsePrior)
register("quadratic", QuadraticPrior)
register("relu", ReluPrior)
register("tree", TreePrior)
register("scaled", ScaledPrior)
register("shifted", ShiftedPrior)
register("trunk", TrunkPrior)
register("labels", LabelPrior)

__all__ = [
    "SIGMAS",
    "Cell",
    "CurvePrior",
    "FlagshipPrior",
    "LabelPrior",
    "PlainPrior",
    "PoolPrior",
    "Prior",
    "QuadraticPrior",
    "ReluPrior",
    "ScaledPrior",
    "ShiftedPrior",
    "SparsePrior",
    "TreePrior",
    "TrunkPrior",
    "prior_from_dict",
    "prior_kinds",
    "prior_to_dict",
    "register",
]
