"""What exact Bayes believes of the points on the pad, and whose curve the network's is like."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from icl_core.predictors.processes import Posterior
from icl_core.predictors.trained_net import TrainedNet
from icl_core.priors import CurvePrior
from icl_core.probes.band import BandHead
from ui.answers.payload import rounded
from ui.answers.solve import Answer, Payload, Solved, finite, solve
from ui.curves.functions import curve_task
from ui.curves.learners import learners
from ui.curves.settings import BAYES, NET, ON_DEMAND, Curves
from ui.visitor.methods import NETWORK
from ui.visitor.networks import Network
from ui.visitor.screen import Screen
from ui.work.compute_thread import on_compute_thread

GRID = 61
"""Abscissae of a curve: the wiggliest of the law is straight between them to 1.5 px."""
WIDE, NARROW = (0.05, 0.95), (0.25, 0.75)
"""The ends of the 90 % band and of the 50 % band."""
ENDS = (WIDE[0], NARROW[0], NARROW[1], WIDE[1])


class Belief(NamedTuple):
    """What is believed of the prompt.

    shares: (families, k + 1), how likely each family is after each exemplar; noise:
    (levels,), each level at the end; off: (families,), the root mean squared distance over
    the plane of the network's curve from the best curve of each family; off_bayes: from
    exact Bayes.
    """

    shares: Tensor
    noise: Tensor
    off: Tensor
    off_bayes: float

    @property
    def last(self) -> list[float]:
        """How likely each family is in the end."""
        return self.shares[:, -1].tolist()


def answered(
    shown: Screen, network: Network, state: Curves, law: CurvePrior, moving: bool = False
) -> tuple[Solved, Payload, Belief]:
    """Answers, bands and belief.

    Who is asked on demand is left out where it is not ticked; and the net, which has to be
    trained on the prompt, while a point is ``moving``.
    """
    solved, band, found = _followed(shown, network, state, law)
    if NET in state.show and not moving:
        solved.answers[NET] = _trained(solved)
    return solved, band, found


def _trained(solved: Solved) -> Answer:
    """The net's answer, a tenth of a second's work and so not for the thread that all wait for."""
    net, x, y = TrainedNet(), solved.task.x, solved.task.y
    told = net.predict(x, y, solved.queries)[0]
    return Answer(finite(told), finite(net.predict_next(x, y)[0]))


@on_compute_thread
def _followed(
    shown: Screen, network: Network, state: Curves, law: CurvePrior
) -> tuple[Solved, Payload, Belief]:
    """Everything that follows a finger, in one visit to the thread."""
    with torch.inference_mode():
        solved = solve(
            shown,
            network.model,
            law,
            network.readouts,
            out=[one for one in ON_DEMAND if one not in state.show or one == NET],
            who=learners(state),
            task=curve_task(shown, state.source, law),
            grid=GRID,
        )
        return solved, *believed(solved)


def believed(solved: Solved) -> tuple[Payload, Belief]:
    """The bands of exact Bayes as the pad draws them, and what it believes."""
    whole = solved.answers[BAYES].posterior
    assert whole is not None, "Exact Bayes of curves is a mixture of processes."
    found = whole.at(slice(-1))
    ends = found.quantiles(*ENDS)[:, 0]
    each = found.after[0]
    band = _band(BAYES, ends)
    network = solved.answers[NETWORK].at_queries[:-1]
    off = (of_each_family(found)[0] - network).square().mean(-1).sqrt()
    off_bayes = float((found.mean[0] - network).square().mean().sqrt())
    return band, Belief(each.sum(2).T, each[-1].sum(0), off, off_bayes)


def _band(method: str, ends: Tensor) -> Payload:
    """As the pad draws it, wide and then narrow; ends: (4, q), as `ENDS`."""
    low, least, most, high = (rounded(end) for end in ends)
    return {"method": method, "edges": [[low, high], [least, most]]}


@on_compute_thread
def own_band(solved: Solved, head: BandHead) -> Payload:
    """Where the network's own head believes the truth to lie, as the pad draws it."""
    told = solved.answers[NETWORK]
    assert told.states is not None, "A decoder on the plane shows its states."
    believed_in = head.believed(told.states[:, :, :-1], told.at_queries[None, :-1])
    return _band(NETWORK, believed_in.quantiles(*ENDS)[:, 0])


def of_each_family(found: Posterior) -> Tensor:
    """The best curve of each family, its noise still in doubt: (B, families, q)."""
    within = found.shares / found.shares.sum(2, keepdim=True).clamp(min=1e-300)
    return (within.unsqueeze(-1) * found.means).sum(2)
