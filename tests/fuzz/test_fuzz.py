"""Whatever comes in, a visitor gets a sentence: no traceback, no hang, nothing lost."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from icl_core import CheckpointError, load_model
from icl_core.__main__ import main
from icl_core.checkpoints import read_manifest, read_tensors, sha256, update_entry, write_entry
from icl_core.models.transformer import Transformer, TransformerConfig
from serving.said import answered
from tests.support.fuzzing import inputs, tried
from tests.support.pages import by_hand, codecs, link_keys, opened
from ui.construction import session as construction_session
from ui.construction import settings as construction
from ui.pages import all_pages
from ui.visitor import screen, session
from ui.visitor.fields import Codec
from ui.visitor.page_registry import PageSpec
from ui.visitor.page_registry import page as page_named
from ui.visitor.screen import EXAMPLE, Screen

ROOT = Path(__file__).resolve().parents[2]
CODECS = codecs()
every_page = pytest.mark.parametrize("name", [page.name for page in all_pages()])

ODD = (
    "nan inf -inf 1e999 -1 0 1 2 99999999999999999999 auto sampled null true [] {} %00 ∞ ٣ 0x10 "
    "1_0 <script>alert(1)</script> ../../etc/passwd '; {{7*7}} $(id) \x00"
)
odd_words = st.sampled_from(ODD.split(" "))
text = odd_words | st.text(max_size=60) | st.floats().map(repr) | st.integers().map(str)
packed = st.binary(max_size=400).map(lambda data: base64.urlsafe_b64encode(data).decode())
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=50) | st.dictionaries(text, inner, max_size=5),
    max_leaves=30,
)


def keys(codec: Codec[Any]) -> st.SearchStrategy[str]:
    """The keys that the codec's links have."""
    return st.sampled_from([row.key for row in codec.table])


def sound(codec: Codec[Any], state: Any, troubles: list[str]) -> None:
    """A state that can be written and read back, and sentences about the rest."""
    assert codec.from_link(codec.to_link(state)) == (state, [])
    assert all(trouble and "\n" not in trouble for trouble in troubles)


# --- the answer service -----------------------------------------------------------------


def test_any_body_gets_an_answer_or_a_sentence() -> None:
    """Bytes, JSON of any shape, and questions with parts that are anything."""
    names = st.sampled_from([row.name for row in screen.CODEC.table])
    changes = st.dictionaries(names, values, max_size=6)
    links = st.dictionaries(text, text | packed, max_size=6)
    pages = st.sampled_from(["home", "playground", "lesson", "teach"]) | values
    questions = st.fixed_dictionaries(
        {}, optional={"page": pages, "link": links | values, "changes": changes | values}
    )
    bodies = st.binary(max_size=200) | (values | questions).map(lambda v: json.dumps(v).encode())

    @inputs(1500)
    @given(bodies)
    def try_body(body: bytes) -> None:
        tried("questions")
        said = answered(body, pack=False)
        content = json.loads(said.body)
        assert said.status in (200, 400, 422)
        if said.status == 200:
            assert content["version"] == 1
        else:
            assert list(content) == ["error"]
            assert content["error"].endswith(".")
            assert "\n" not in content["error"]

    try_body()


# --- links ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CODECS)
def test_any_link_gives_a_sound_screen(name: str) -> None:
    codec = CODECS[name]

    @inputs(1200)
    @given(st.dictionaries(keys(codec), text | packed, min_size=1))
    def try_link(link: dict[str, str]) -> None:
        tried("links")
        sound(codec, *codec.from_link(link))

    try_link()


@every_page
def test_any_link_gives_a_page(name: str) -> None:
    spec = page_named(name)

    @inputs(80)
    @given(st.dictionaries(st.sampled_from(link_keys(spec)), text | packed, min_size=1))
    def try_page(link: dict[str, str]) -> None:
        tried("pages opened by a link")
        page = opened(spec, **link)
        assert not page.exception, page.exception[0].value
        assert page.title or page.subheader or page.header

    try_page()


@pytest.mark.parametrize("name", CODECS)
def test_any_change_leaves_a_sound_state(name: str) -> None:
    codec = CODECS[name]
    fields = st.sampled_from([row.name for row in codec.table] + ["other"])

    @inputs(600)
    @given(st.dictionaries(fields, values, min_size=1))
    def try_change(changes: dict[str, Any]) -> None:
        tried("changes of settings")
        sound(codec, *codec.apply(codec.plain, changes))

    try_change()


# --- messages from the components ----------------------------------------------------------


def held(**more: object) -> dict[str, Any]:
    """A session that has drawn something."""
    state: dict[str, Any] = {
        session.SCREEN: Screen(points=EXAMPLE[:3]),
        session.SEQ: 0,
        session.SETTLED: False,
        session.NOTICE: None,
        session.PAGE: "construction",
        "construction": construction.ConstructionSettings(),
        "construction_notice": None,
    }
    return {**state, **more}


changes = st.dictionaries(
    st.sampled_from([row.name for row in screen.CODEC.table] + ["link", "step", "other"]), values
)


def messages_with(changes: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Messages of about the right shape, and others."""
    numbered = {"seq": st.integers(0, 99), "final": values, "changes": changes}
    return st.fixed_dictionaries(numbered) | values


def page_messages(page: PageSpec) -> st.SearchStrategy[Any]:
    """Messages that name the fields of the prompt, of the page and of the components."""
    fields = [*screen.CODEC.table, *page.rows().values()]
    names = [*(row.name for row in fields), "link", "step", "at", "guess", "commit", "other"]
    return messages_with(st.dictionaries(st.sampled_from(names), values))


messages = messages_with(changes)


@every_page
def test_any_message_to_a_page_leaves_a_page(name: str) -> None:
    with by_hand() as hand:
        spec = page_named(name)
        page = opened(spec)
        # Of every component on the page, and of one that is not there.
        keys = [*sorted(hand.callbacks), "none"]

        @inputs(80)
        @given(st.sampled_from(keys), page_messages(spec))
        def try_message(key: str, message: object) -> None:
            tried("messages to a page")
            hand.send(key, message)
            page.run()
            assert not page.exception, page.exception[0].value
            sound(screen.CODEC, page.session_state[session.SCREEN], [])
            if spec.codec is not None and name in page.session_state:
                sound(spec.codec, page.session_state[name], [])

        try_message()


@inputs(2500)
@given(messages)
def test_any_message_of_the_pad_leaves_a_sound_screen(message: object) -> None:
    tried("messages of the pad")
    state = held(pad={"message": message})
    with patch.object(streamlit, "session_state", state):
        session.take_message("pad")
    sound(screen.CODEC, state[session.SCREEN], [])
    touched = isinstance(message, dict) and message.get("changes")
    if not touched:
        assert state[session.SCREEN].points == EXAMPLE[:3]


@inputs(1200)
@given(messages)
def test_any_message_of_the_stepper_leaves_a_sound_page(message: object) -> None:
    tried("messages of the stepper")
    state = held(stepper={"message": message})
    with patch.object(streamlit, "session_state", state):
        construction_session.take_message("stepper")
    sound(construction.CODEC, state["construction"], [])
    assert state[session.SCREEN].points == EXAMPLE[:3]


@inputs(1200)
@given(st.lists(st.lists(st.floats() | text | values, max_size=3), max_size=200) | packed | values)
def test_any_list_of_points_is_taken_as_far_as_it_can_be_read(points: object) -> None:
    tried("lists of points")
    before = Screen(points=EXAMPLE[:3], sigma=0.5)
    after, troubles = screen.apply(before, {"points": points})
    sound(screen.CODEC, after, troubles)
    assert after.sigma == before.sigma
    if troubles == ["points are not a list of points"]:
        assert after.points == before.points


# --- the command line ------------------------------------------------------------------------


def say(*words: str) -> tuple[object, str]:
    """Exit code and stderr of a command that must fail, or be harmless."""
    said = io.StringIO()
    quiet = contextlib.redirect_stdout(io.StringIO())
    with patch.object(sys, "argv", ["icl_core", *words]), contextlib.redirect_stderr(said), quiet:
        try:
            main()
        except SystemExit as end:
            return end.code, said.getvalue()
    return 0, said.getvalue()


# An argument cannot hold a NUL: the system ends it there.
arguments = text.filter(lambda word: "\x00" not in word)
commands = st.sampled_from(["train", "evaluate", "probe", "patch"]) | arguments
OPTIONS = "seed runs tasks json dim k points-a points-b write sigma x"
options = st.sampled_from([f"--{name}" for name in OPTIONS.split()])


@inputs(1000)
@given(commands, st.lists(options | arguments, max_size=6))
def test_any_command_line_ends_in_a_sentence(command: str, words: list[str]) -> None:
    tried("command lines")
    code, said = say(command, *words, "--no-such-option")
    assert code in (0, 2), said
    assert said or code == 0


@inputs(400)
@given(st.sampled_from(["train", "evaluate", "probe", "patch"]), arguments)
def test_any_name_ends_in_a_sentence(command: str, name: str) -> None:
    tried("names")
    if (ROOT / "checkpoints" / "recipes" / f"{name}.toml").exists():
        return
    code, said = say(command, "--", name)
    assert code == 2, said
    assert "Traceback" not in said


@inputs(300)
@given(arguments, arguments, arguments)
def test_any_points_end_in_a_sentence(a: str, b: str, weights: str) -> None:
    tried("points on the command line")
    words = ["patch", "playground", f"--points-a={a} x", f"--points-b={b}", f"--write={weights}"]
    code, said = say(*words)
    assert code == 2, said


# --- what lies on the disk -------------------------------------------------------------------

TINY = TransformerConfig(max_dim=2, max_exemplars=4, layers=1, width=8, heads=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one tiny checkpoint."""
    place = tmp_path_factory.mktemp("checkpoints")
    write_entry("tiny", Transformer(TINY).state_dict(), {"architecture": vars(TINY)}, place)
    return place


def load(folder: Path) -> None:
    """Load the tiny checkpoint afresh: it works, or a sentence says why not."""
    from icl_core import checkpoints

    checkpoints._load.cache_clear()
    with contextlib.suppress(CheckpointError):
        load_model("tiny", folder=folder)


@inputs(1200)
@given(st.data())
def test_any_manifest_gives_a_sentence_or_a_model(folder: Path, data: st.DataObject) -> None:
    tried("manifests")
    path = folder / "manifest.json"
    kept = path.read_bytes()
    whole = json.loads(kept)
    entry = whole["tiny"]
    kind = data.draw(st.sampled_from(["bytes", "cut", "value", "architecture", "entry"]))
    if kind == "bytes":
        path.write_bytes(data.draw(st.binary(max_size=300)))
    elif kind == "cut":
        path.write_bytes(kept[: data.draw(st.integers(0, len(kept)))])
    elif kind == "entry":
        path.write_text(json.dumps({"tiny": data.draw(values)}))
    else:
        part = entry["architecture"] if kind == "architecture" else entry
        # Numbers that a config would take stay small: a large net is slow, not bad.
        part[data.draw(st.sampled_from(sorted(part)))] = data.draw(
            st.none() | st.integers(-9, 99) | st.floats() | text | st.lists(st.integers())
        )
        path.write_text(json.dumps(whole))
    try:
        load(folder)
    finally:
        path.write_bytes(kept)


@inputs(1200)
@given(st.data())
def test_any_weights_give_a_sentence_or_a_model(folder: Path, data: st.DataObject) -> None:
    """Also with a manifest that vouches for them, so that they are read at all."""
    tried("safetensors files")
    path = folder / "tiny.safetensors"
    kept, entry = path.read_bytes(), read_manifest(folder)["tiny"]
    kind = data.draw(st.sampled_from(["bytes", "cut", "flip", "header", "others"]))
    changed = bytearray(kept)
    if kind == "bytes":
        changed = bytearray(data.draw(st.binary(max_size=500)))
    elif kind == "cut":
        changed = changed[: data.draw(st.integers(0, len(kept)))]
    elif kind == "header":
        changed[:8] = data.draw(st.binary(min_size=8, max_size=8))
    elif kind == "flip":
        changed[data.draw(st.integers(0, 2000))] ^= data.draw(st.integers(1, 255))
    else:
        tensors = read_tensors("tiny", folder)
        tensors.pop(data.draw(st.sampled_from(sorted(tensors))))
        changed = bytearray(save(tensors))
    path.write_bytes(changed)
    update_entry("tiny", {"bytes": len(changed), "sha256": sha256(bytes(changed))}, folder)
    try:
        load(folder)
    finally:
        path.write_bytes(kept)
        update_entry("tiny", entry, folder)
