"""Who answers on the page's pad."""

from __future__ import annotations

from dataclasses import replace

from icl_core import predictors
from icl_core.checkpoints import load_decoder
from icl_core.models.with_constant import WithConstant
from icl_core.predictors.features import PolynomialFit
from icl_core.predictors.kernels import RBF, Kernel, Periodic
from icl_core.predictors.processes import ProcessMixture, kernel_ridge
from icl_core.predictors.trained_net import TrainedNet
from ui.curves.settings import (
    BAYES,
    KERNEL,
    LINE_NETWORK,
    NEIGHBOURS,
    NET,
    POLYNOMIAL,
    PROCESS,
    Curves,
)
from ui.visitor.methods import NETWORK, Method, style_of
from ui.visitor.networks import SHIPPED


def learners(state: Curves) -> tuple[Method, ...]:
    """The methods of the pad, the page's network first."""
    process = ProcessMixture((kernel_of(state),), (state.noise,), "Gaussian process")
    ridge = kernel_ridge(RBF(state.ridge_length), state.penalty)
    return (
        Method(
            NETWORK,
            replace(style_of(NETWORK), label="Curve network", says="was trained on curves"),
            make=None,
            kind="network",
        ),
        Method(
            BAYES,
            replace(style_of("bayes"), says="weighs all seven families and four noise levels"),
            make=lambda _, law: law.bayes(),
        ),
        Method(
            LINE_NETWORK,
            replace(
                style_of("gd"),
                label="Line network",
                dash="",
                says="the playground's, which has only ever seen lines",
            ),
            make=lambda _, __: WithConstant(load_decoder(SHIPPED)),
            kind="network",
            straight=True,  # to 0.23 px, at worst over 182 prompts of 0 to 40 points
        ),
        Method(
            PROCESS,
            replace(style_of("ridge"), label="One process", says="one kernel: set it below"),
            make=lambda _, __: process,
        ),
        Method(
            KERNEL,
            replace(style_of("ols"), label="Kernel ridge", says="smooth, pulled to zero"),
            make=lambda _, __: ridge,
        ),
        Method(
            NEIGHBOURS,
            replace(style_of("knn"), says="mean of the nearest points"),
            make=lambda _, __: predictors.knn(state.neighbours),
            fine=True,
        ),
        Method(
            POLYNOMIAL,
            replace(style_of("newton"), label="Polynomial", says="least squares of its degree"),
            make=lambda _, __: PolynomialFit(state.degree),
        ),
        Method(
            NET,
            replace(
                style_of("sgd"),
                label="Trained net",
                says="32 units, trained on these points alone when you let go",
            ),
            make=lambda _, __: TrainedNet(),
        ),
    )


def kernel_of(state: Curves) -> Kernel:
    """The kernel of the one process: smooth, or repeating where it has a period."""
    if state.period > 0:
        return Periodic(max(state.period, 0.2), state.size**2, state.length)
    return RBF(state.length, state.size**2)
