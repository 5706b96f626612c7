"""The way from the prompt to the answer: what is drawn is what the network does."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
import torch

from icl_core.models.transformer import Transformer
from icl_core.probes.readouts import LayerReadouts, load_layer_readouts
from tests.support.rendered import Open, component_of
from ui.answers.solve import Solved, solve
from ui.inside.heads import chosen_heads, edits_of
from ui.inside.settings import CODEC, Inside
from ui.mechanism import door, words
from ui.mechanism.numbers import head_kinds, picture, stored_heads
from ui.visitor.screen import Screen, to_link

EIGHT = Screen(points=None, d=8, intercept=False, k=20)


@pytest.fixture(scope="module")
def readouts() -> LayerReadouts:
    return load_layer_readouts("playground")


def drawn(model: Transformer, readouts: LayerReadouts, screen: Screen, **inside: Any) -> Any:
    solved, chosen = solve(screen, model), Inside(**inside)
    off = chosen_heads(model, chosen.heads) if chosen.heads_do == "off" else None
    edits = edits_of(solved, model, chosen)
    return picture(solved, model, readouts, "playground", edits=edits, off=off)


def test_arcs_and_maps_are_the_attention_of_the_network(
    model: Transformer, readouts: LayerReadouts
) -> None:
    screen = Screen()
    made, solved = drawn(model, readouts, screen), solve(screen, model)
    k = made["k"]
    x = torch.cat([solved.task.x, solved.queries[:, -1:]], dim=1)
    y = torch.cat([solved.task.y, torch.zeros(1, 1)], dim=1)
    # The query as one more exemplar: nothing before it sees what comes after.
    expected = model.trace(x, y).attention[:, 0, :, : 2 * k + 1, : 2 * k + 1]
    np.testing.assert_allclose(made["reads"], expected[..., -1, :], atol=1e-3)
    np.testing.assert_allclose(made["own"], expected.diagonal(-1, -2, -1)[..., 0::2], atol=1e-3)
    maps = np.frombuffer(base64.b64decode(made["maps"]), np.uint8).reshape(expected.shape)
    np.testing.assert_allclose(maps / 255, expected, atol=1 / 255)


@pytest.mark.parametrize("screen", [Screen(), EIGHT], ids=["plane", "eight"])
def test_the_readouts_are_those_of_the_pad_and_end_in_the_answer(
    model: Transformer, readouts: LayerReadouts, screen: Screen
) -> None:
    made = drawn(model, readouts, screen)
    layers = solve(screen, model, readouts=readouts).layers
    assert layers is not None
    assert len(made["there"]) == len(made["said"]) == model.layers + 1
    assert made["there"][-1] > 0.95 > 0.5 > made["there"][0]
    if screen.is_plane:
        np.testing.assert_allclose(made["curves"], layers.read[:, :-1], atol=2e-3)
        assert made["told"][-1] == pytest.approx(made["answer"], abs=0.1)
    else:
        assert made["curves"] is made["told"] is made["query"] is None


def test_pairing_heads_are_those_of_the_study_and_without_them_the_line_breaks(
    model: Transformer, readouts: LayerReadouts
) -> None:
    stored = stored_heads("playground", 2)
    assert stored
    whole = drawn(model, readouts, Screen())
    for layer, head in stored:
        assert whole["heads"][layer][head]["kind"] == "pairs"
        assert whole["heads"][layer][head]["share"] > 0.5
    without = drawn(model, readouts, Screen(), heads=whole["pairing"])
    assert {without["heads"][layer][head]["kind"] for layer, head in stored} == {"off"}
    line, other = np.array(whole["curves"][-1]), np.array(without["curves"][-1])
    assert np.sqrt(np.mean((line - other) ** 2)) > 0.3
    # As many other heads of the same layers hardly move it.
    others = "-".join(f"{layer + 1}.{(head + 1) % 4 + 1}" for layer, head in sorted(stored))
    null = np.array(drawn(model, readouts, Screen(), heads=others)["curves"][-1])
    assert np.mean((line - null) ** 2) < 0.3 * np.mean((line - other) ** 2)


def test_with_other_x_in_the_pairing_heads_the_answer_is_that_of_the_edited_network(
    model: Transformer, readouts: LayerReadouts
) -> None:
    whole = drawn(model, readouts, Screen())
    swapped = drawn(model, readouts, Screen(), heads=whole["pairing"], heads_do="swap")
    assert abs(swapped["answer"] - whole["answer"]) > 0.3
    assert swapped["told"][-1] == pytest.approx(swapped["answer"], abs=0.15)


def test_a_head_is_named_for_what_it_reads() -> None:
    pairs, tokens = 2, 5
    attention = torch.full((1, 4, tokens, tokens), 1 / tokens).tril()
    attention[0, 0, [1, 3], [0, 2]] = 1.0
    attention[0, 1, -1] = torch.tensor([0.0, 0.5, 0.0, 0.5, 0.0])
    attention[0, 2, -1] = torch.tensor([0.5, 0.0, 0.5, 0.0, 0.0])
    attention[0, :3, 1:4:2] *= torch.tensor([1.0, 0.5, 0.5])[:, None, None]
    kinds = [head.kind for head in head_kinds(attention, pairs, None)[0]]
    assert kinds == ["pairs", "collects", "reads x", "broad"]
    off = torch.tensor([[False, True, False, False]])
    assert head_kinds(attention, pairs, [(0, 3)], off)[0][1].kind == "off"
    assert head_kinds(attention, pairs, [(0, 3)])[0][3].kind == "pairs"


def test_a_network_that_the_study_does_not_know_has_no_stored_heads() -> None:
    assert stored_heads("nobody", 2) is None
    assert stored_heads("control", 2) == []


@pytest.mark.slow
def test_it_is_on_the_page_and_shares_the_boards_choice(open_page: Open) -> None:
    here = CODEC.to_link(Inside(heads="2.2"))
    page = open_page("inside", **to_link(Screen()), **here)
    assert not page.exception
    shown, board = component_of(page, "mechanism"), component_of(page, "heads_board")
    assert shown["chosen"] == board["heads"] == "2.2"
    assert shown["heads"][1][1]["kind"] == "off"
    assert shown["changed"] == board["said"]
    assert [line["name"] for line in shown["beside"]] == ["intact"]
    assert words.acts(3)["off"] == shown["acts"]["off"] == "Pairing heads off"
    bare = open_page("inside", **to_link(Screen(points=())))
    assert component_of(bare, "mechanism") is None
    assert any("no pair yet" in said.value for said in bare.info)


@pytest.mark.parametrize(
    ("where", "pad", "short"), [("home", "home_pad", True), ("playground", "pad", False)]
)
def test_behind_a_door_nothing_is_computed_until_it_is_opened(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, where: str, pad: str, short: bool
) -> None:
    asked: list[Screen] = []

    def counted(solved: Solved, *rest: Any, **more: Any) -> Any:
        asked.append(solved.screen)
        return picture(solved, *rest, **more)

    monkeypatch.setattr(door, "picture", counted)
    page = open_page(where)
    assert not page.exception
    assert component_of(page, "mechanism") is None
    assert not asked
    page.session_state[f"{pad}_mechanism"] = True
    page = page.run()
    assert not page.exception
    shown = component_of(page, "mechanism")
    assert asked == [Screen(show=asked[0].show)]
    assert (shown["plays"], shown["short"], shown["acts"]) == (True, short, {})
    assert shown["beside"][0]["name"] == "intact"
    assert component_of(open_page(where, th="mechanism"), "mechanism") is None
