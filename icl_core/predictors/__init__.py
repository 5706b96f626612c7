"""The textbook algorithms, behind one interface.

Every predictor has ``name``, ``predict(x, y, queries)`` and ``predict_next(x, y)``
with the shapes of `InContextModel.predict`; the linear ones also have
``weights(x, y)``, one weight vector for every prefix of the prompt.

Ridge, OLS, gradient descent, Newton and exact Bayes differ only in how they
treat the eigenvalues of XᵀX: on a prefix with XᵀX = V diag(λ) Vᵀ and moment
vector b = Xᵀy, each of them is w = V f(λ) Vᵀ b for its own filter f. So one
batched decomposition of all prefixes (`spectrum`) serves them all, and a thousand
steps of gradient descent cost what one does. All of it in float64. A direction
counts as zero only where rounding the numbers given may have made all of it: what
rounding that is follows from their dtype.
"""

from __future__ import annotations

from icl_core.predictors.bayes import Answering, Law
from icl_core.predictors.evidence import EvidenceRidge
from icl_core.predictors.linear import GD, OLS, SGD, LineSearchStep, Newton, Ridge
from icl_core.predictors.neighbours import KNN


def ols() -> OLS:
    """Ordinary least squares, minimum norm below full rank."""
    return OLS()


def ridge(lam: float) -> Ridge:
    """Ridge regression with penalty ``lam`` >= 0 on ‖w‖²."""
    return Ridge(lam)


def evidence_ridge() -> EvidenceRidge:
    """Ridge whose penalty maximises the evidence of the data; see `EvidenceRidge`."""
    return EvidenceRidge()


def gd(steps: int, lr: float | None = None) -> GD:
    """Batch gradient descent from zero; see `GD` for the rate's meaning and default."""
    return GD(steps, lr)


def line_search_step() -> LineSearchStep:
    """One step of gradient descent at the rate that suits the prompt best."""
    return LineSearchStep()


def sgd(lr: float, decay: float = 0.0) -> SGD:
    """One-pass stochastic gradient descent; see `SGD`."""
    return SGD(lr, decay)


def newton(steps: int) -> Newton:
    """Iterative Newton inversion; see `Newton`."""
    return Newton(steps)


def knn(k: int = 3, weighted: bool = False) -> KNN:
    """k nearest neighbours; see `KNN`."""
    return KNN(k, weighted)


def bayes(prior: Law[Answering]) -> Answering:
    """The Bayes-optimal predictor for a prior over tasks, as the prior itself has it."""
    return prior.bayes()
