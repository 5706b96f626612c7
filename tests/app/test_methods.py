"""A method registered at run time is on the pad, in links, in teachers' parts and in fuzzing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from icl_core.arrays import PromptLimits
from icl_core.models.transformer import Transformer
from icl_core.predictors.base import Predictor
from icl_core.probes.readouts import LayerReadouts
from tests.support.pages import codecs
from tests.support.rendered import Open, pad_of
from tests.support.strategies import assert_sound, screens
from tests.support.toys import LOOK, SHIFT, TOY, ShiftedMean
from ui.answers.payload import answer, pad_payload
from ui.answers.solve import FINER, GRID, STEPS_GRID, solve
from ui.playground.averages import compute_curves, known_curves
from ui.visitor import methods, teaching
from ui.visitor.methods import Method
from ui.visitor.screen import EXAMPLE, MethodSettings, Screen, apply, from_link, to_link

MEAN = float(np.mean([y for _, y in EXAMPLE]))


@pytest.fixture
def toy() -> Iterator[Method]:
    yield methods.register(TOY)
    methods.unregister(TOY)


def test_it_answers_on_the_pad_with_its_own_numbers(
    toy: Method, model: Transformer, readouts: LayerReadouts
) -> None:
    said = answer(Screen(settings=MethodSettings(toy_shift=-1.25)), model, readouts)
    assert said["curves"]["toy"] == pytest.approx([MEAN - 1.25] * GRID, abs=1e-4)
    assert said["at_query"]["toy"] == pytest.approx(MEAN - 1.25, abs=1e-3)
    ys = np.array([y for _, y in EXAMPLE])
    told = np.array([ys[:k].mean() if k else 0.0 for k in range(len(ys))]) - 1.25
    np.testing.assert_allclose(said["errors"]["rows"]["toy"], (told - ys) ** 2, rtol=1e-3)
    assert said["details"]["toy"] == "shifted by -1.25 over 7 points"
    assert said["screen"]["toy_shift"] == said["used"]["toy_shift"] == -1.25


def test_the_pad_is_told_how_to_draw_it_and_what_can_be_set(toy: Method, open_page: Open) -> None:
    pad = pad_of(open_page("playground", m="transformer.toy", ty="1.5"))
    row = pad["look"]["methods"][-1]
    assert (row["id"], row["label"], row["marker"]) == ("toy", "Toy", LOOK.marker)
    (setting,) = row["settings"]
    assert (setting["low"], setting["high"], setting["step"]) == (-2, 2, 0.25)
    assert pad["screen"]["show"] == ["transformer", "toy"]
    assert pad["at_query"]["toy"] == pytest.approx(MEAN + 1.5, abs=1e-3)


def test_its_setting_is_in_the_link_within_its_bounds(toy: Method) -> None:
    screen = Screen(show=("transformer", "toy"), settings=MethodSettings(toy_shift=0.75))
    assert to_link(screen) == {"m": "transformer.toy", "ty": "0.75"}
    assert from_link(to_link(screen)) == (screen, [])
    assert to_link(Screen()) == {}
    clamped, troubles = apply(screen, {"toy_shift": 9})
    assert clamped.settings["toy_shift"] == 2
    assert troubles == ["Toy shift was moved to 2, the nearest value accepted"]
    assert from_link({"ty": "much"})[1] == ["Toy shift is not a number"]


def test_without_it_its_link_still_opens() -> None:
    screen, troubles = from_link({"m": "transformer.toy", "ty": "0.75"})
    assert screen == Screen(show=("transformer",))
    assert troubles == ["methods names a method that does not exist"]


def test_a_teacher_can_leave_it_out(toy: Method, model: Transformer) -> None:
    assert teaching.parts()["Who answers"]["toy"] == "Toy"
    told = teaching.Teaching(hidden=("toy",))
    assert teaching.CODEC.from_link(teaching.CODEC.to_link(told)) == (told, [])
    solved = solve(Screen(), model, out=told.hidden)
    assert "toy" not in solved.answers
    assert "toy" not in pad_payload(solved, told.hidden)["curves"]


def test_the_fuzzing_knows_it(toy: Method) -> None:
    assert "ty" in {row.key for row in codecs()["prompt"].table}
    seen = set()

    @settings(max_examples=60)
    @given(screens)
    def try_screen(screen: Screen) -> None:
        assert_sound(screen)
        seen.add(("toy" in screen.show, screen.settings["toy_shift"] != SHIFT.default))

    try_screen()
    assert (True, True) in seen


def test_it_has_averages_on_fresh_tasks(toy: Method) -> None:
    screen = Screen(show=("toy",), settings=MethodSettings(toy_shift=0.0))
    compute_curves(screen, lambda _: None)
    curves = known_curves(screen)
    assert curves is not None
    assert curves["toy"].mean[0] > curves["toy"].mean[-1]
    assert known_curves(replace(screen, settings=MethodSettings(toy_shift=1.0))) is None


def test_a_line_with_steps_comes_on_the_finer_grid(model: Transformer) -> None:
    stepped = replace(TOY, fine=True)
    methods.register(stepped)
    try:
        told = solve(Screen(), model).answers["toy"]
    finally:
        methods.unregister(stepped)
    assert told.fine is not None
    assert len(told.fine) == STEPS_GRID
    assert torch.equal(told.fine[::FINER], told.at_queries[:-1])


# --- several networks on a page ----------------------------------------------------------


class Small:
    """A network that reads at most 5 points: the mean of them."""

    limits = PromptLimits(2, 5)
    device = torch.device("cpu")
    predict = ShiftedMean(0.0).predict
    predict_next = ShiftedMean(0.0).predict_next


def test_a_page_holds_several_networks(model: Transformer) -> None:
    other = Transformer(model.config).eval().requires_grad_(False)
    second = Method("second", LOOK, make=lambda *_: other, kind="network")
    methods.register(second)
    try:
        on_plane = solve(Screen(), model)
        off_plane = solve(Screen(points=None, d=2, intercept=False, k=3), model)
    finally:
        methods.unregister(second)
    x, y = on_plane.task.x, on_plane.task.y
    for name, network in (("transformer", model), ("second", other)):
        wanted = network.predict(x, y, on_plane.queries)[0].double()
        torch.testing.assert_close(on_plane.answers[name].at_queries, wanted, rtol=1e-4, atol=1e-4)
        told = pad_payload(off_plane)["weights"]
        assert {name, "gd"} <= told["paths"].keys()
        assert 0 <= told["fits"][name] <= 1
    assert on_plane.network is on_plane.answers["transformer"]


def test_a_network_that_cannot_read_the_prompt_is_silent(model: Transformer) -> None:
    small = methods.register(Method("small", LOOK, make=lambda *_: Small(), kind="network"))
    try:
        assert "small" not in answer(Screen(), model, None)["curves"]
        few = answer(Screen(points=EXAMPLE[:5]), model, None)["curves"]["small"]
    finally:
        methods.unregister(small)
    mean = float(np.mean([y for _, y in EXAMPLE[:5]]))
    assert few == pytest.approx([mean] * GRID, abs=1e-4)


# --- what the register refuses --------------------------------------------------------------


@pytest.mark.parametrize(
    "method",
    [
        replace(TOY, id="ridge"),
        replace(TOY, id="truth"),
        replace(TOY, id="layers"),
        replace(TOY, id="two words"),
        *(
            replace(TOY, settings=(replace(SHIFT, id=name),))
            for name in ("steps", "points", "settings")
        ),
        *(
            replace(TOY, settings=(replace(SHIFT, key=key),))
            for key in ("gs", "p", "ver", "th", "es")
        ),
    ],
)
def test_a_name_that_means_something_else_is_refused(method: Method) -> None:
    before = (methods.ids(), tuple(methods.settings()))
    with pytest.raises(ValueError, match=r"already|cannot be called|is '.*' on"):
        methods.register(method)
    assert (methods.ids(), tuple(methods.settings())) == before


def test_every_rule_of_the_table_is_a_predictor_with_a_name() -> None:
    from icl_core.priors import FlagshipPrior

    for method in methods.rules():
        assert method.make is not None
        made = method.make(method.resolved(Screen().settings, 0.25), FlagshipPrior())
        assert isinstance(made, Predictor), method.id
        assert made.name
