"""What the training data decide: what the page says of a shift, and of the stored figures."""

from __future__ import annotations

import copy

import pytest

from icl_core.metrics import Interval
from icl_core.priors import ShiftedPrior
from icl_core.priors.shifted import PLAIN
from icl_core.priors.switches import SWITCHES
from icl_core.studies.shift import LEARNERS, UPBRINGINGS
from tests.support.known import known
from tests.support.pages import opened
from ui.pages import SHIFT
from ui.shift import charts, words
from ui.shift.figures import STUDY
from ui.shift.numbers import Average, average, exemplars, member, one_prompt, plain_law
from ui.shift.settings import CODEC, GROUPS, NETWORKS, Shift, field_of

FAR = Shift()
"""The page as it opens: x three times as large."""
SMALL = "shift-narrow"


# --- the switchboard ---------------------------------------------------------------------------


def test_every_switch_has_its_names_its_words_and_its_strength() -> None:
    assert {*words.SWITCH} == {PLAIN, *SWITCHES}
    assert words.EXPLAINS.keys() == SWITCHES.keys()
    assert words.UPBRINGINGS.keys() == words.SAYS.keys() == UPBRINGINGS.keys()
    for switch, known_ in SWITCHES.items():
        assert FAR.strength(switch) in known_.strengths
        assert FAR.strength(switch) != known_.home
        told = [words.strength(switch, value) for value in known_.strengths]
        assert len(set(told)) == len(told)


def test_switches_of_all_three_kinds_go_together() -> None:
    state = Shift(inputs="x-skew", tasks="w-sparse", noise="e-level")
    law = state.law(plain_law("playground"))
    assert (law.dim, law.sigma) == (8, 0.5)
    assert (law.inputs, law.tasks, law.noise) == ("x-skew", "w-sparse", "e-level")
    assert law.inputs_strength == state.x_skew
    assert Shift(inputs=PLAIN).law(plain_law(SMALL)) == ShiftedPrior(2)


def test_a_prompt_stays_the_same_while_its_strength_moves() -> None:
    base = plain_law(SMALL)
    near, far = (
        one_prompt(SMALL, base.switched("x-scale", strength), seed=4) for strength in (1.0, 3.0)
    )
    assert near.x.tolist() == near.plain.tolist()
    assert far.x.flatten().tolist() == pytest.approx((3 * near.x).flatten().tolist())
    assert far.truth == pytest.approx(3 * near.truth, rel=1e-5)
    assert far.told.keys() == {*LEARNERS}
    assert exemplars(base.switched("q-orthogonal", 1.0)) == 1
    assert exemplars(base) == 4


def test_whose_fault_it_is() -> None:
    base = plain_law("noise-1-4")
    larger = average("noise-1-4", base.switched("x-scale", 3.0))
    assert known(larger.network).low > 10
    assert known(larger.upbringing).value == pytest.approx(1, abs=1e-3)
    sparse = average("noise-1-4", base.switched("w-sparse", 0.25))
    assert known(sparse.upbringing).low > 2
    assert known(sparse.network).high < 1.5
    assert average("noise-1-4", base.switched("w-sparse", 0.25)) == sparse


def told(network: float | None, upbringing: float | None, is_known: bool = True) -> str:
    def sure(value: float | None) -> Interval | None:
        return None if value is None else Interval(value, 0.99 * value, 1.01 * value)

    return words.verdict(Average({}, sure(network), sure(upbringing), is_known))


def test_the_verdict_says_whose_fault_it_is() -> None:
    assert "network's own fault" in told(4.0, 1.0)
    assert "hardly to blame" in told(4.0, 1.0)
    assert "upbringing's fault" in told(1.1, 3.0)
    assert "what its training prescribes" in told(1.1, 3.0)
    assert "better than what its training prescribes" in told(0.6, 3.0)
    assert "Nobody knows Bayes of this law" in told(1.0, None, is_known=False)
    assert "Bayes makes no error here" in told(None, None)
    assert "Bayes of this law makes no error" in told(1.0, None)


def test_without_noise_bayes_makes_no_error_and_there_is_no_ratio() -> None:
    found = average("noise-0", plain_law("noise-0"))
    assert found.network is None
    assert found.errors["network"].value > 100 * found.errors["trained"].value


def test_where_the_excess_doubles_in_words() -> None:
    assert words.far_words("x-scale", [2.0, 1.8, 2.2]) == "× 2 (× 1.8–× 2.2)"
    assert words.far_words("x-scale", [2.0, 1.8, None]) == "× 2 (× 1.8–beyond × 12)"
    assert words.far_words("w-cap", [None, None, None]) == "not up to 15°"
    assert words.far_words("w-cap", [None, 20.0, None]).endswith("(perhaps from 20°)")


# --- the stored study --------------------------------------------------------------------------


def test_the_map_has_every_switch_with_home_at_0() -> None:
    row = STUDY.table["members"][0]
    (heat,) = charts.heat(row, "excess", dark=False).data
    assert list(heat.y) == [words.SWITCH[switch] for switch in SWITCHES]
    home = list(heat.x).index("0")
    for line, switch in zip(heat.text, SWITCHES, strict=True):
        at = row["switches"][switch]["at"]
        place = SWITCHES[switch].strengths.index(SWITCHES[switch].home)
        assert line[home] == charts.short(at[place]["excess"][0])
        assert sum(text != "" for text in line) == len(at)


def test_cells_fit_a_phone() -> None:
    shown = [charts.short(value) for value in (0.62, 1.04, 9.94, 25.4, 947.0, 3849.0)]
    assert shown == ["0.6", "1.0", "9.9", "25", "947", "4k"]


# --- the page ----------------------------------------------------------------------------------


def test_the_page_says_whose_fault_it_is_and_where_its_figures_come_from() -> None:
    page = opened(SHIFT)
    assert not page.exception
    assert any("network's own fault" in one.value for one in page.markdown)
    assert any("study shift" in code.value for code in page.code)
    assert not page.warning
    assert not page.error
    assert page.select_slider[0].value == 3.0


def test_a_link_brings_back_network_switches_and_strengths() -> None:
    link = {"hn": SMALL, "hsi": "plain", "hst": "w-cap", "hwca": "60.0", "hsn": "e-tails"}
    page = opened(SHIFT, **link)
    assert not page.exception
    expected = Shift(SMALL, PLAIN, "w-cap", "e-tails", w_cap=60.0)
    assert page.session_state["shift"] == expected
    assert dict(page.query_params) == CODEC.to_link(expected)
    assert any("Nobody knows Bayes" in one.value for one in page.markdown)
    assert [slider.value for slider in page.select_slider] == [60.0, 0.3]


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"hn": "nobody"}, "network is none of noise-1-4"),
        ({"hxsc": "2.9"}, "was moved to 3; known are"),
        ({"hsi": "w-cap"}, "inputs is none of plain, x-scale"),
    ],
)
def test_what_a_link_may_not_say_is_told(link: dict[str, str], sentence: str) -> None:
    page = opened(SHIFT, **link)
    assert not page.exception
    assert any(sentence in info.value for info in page.info)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_of_the_list_can_be_asked(network: str) -> None:
    law = plain_law(network)
    assert law.dim in (2, 8)
    assert {field_of(switch) for known_ in GROUPS.values() for switch in known_} <= vars(FAR).keys()


@pytest.mark.parametrize(
    ("wide", "said"), [([1.18, 0.97, 1.40], "is not shown"), ([1.5, 1.3, 1.7], "costs, since")]
)
def test_a_cost_is_claimed_only_where_the_intervals_part(wide: list[float], said: str) -> None:
    table = copy.deepcopy(STUDY.table)
    at = SWITCHES["x-scale"].strengths.index(1.0)
    for label, bounds in (("narrow", [1.06, 0.94, 1.18]), ("wide", wide)):
        member(table, label)["switches"]["x-scale"]["at"][at]["whole"] = bounds
    told = words.said_of_range(table)
    assert said in told
    assert "one run of 384,000 prompts" in told
