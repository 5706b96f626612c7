"""The Dockerfile, step by step: it builds, runs as it says, and stops when told to."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.dockerfile import BuildError, Ignored, read_steps
from deploy.image import (
    EVERY_PAGE,
    SIZES,
    Build,
    Stage,
    build,
    make_base,
    megabytes,
    run_inside,
    running,
)
from tests.support.server import ROOT, free_port

needs_root = pytest.mark.skipif(
    bool(os.geteuid()) or "IMAGE" not in os.environ,
    reason="a whole build, as root: IMAGE=1 make test PYTEST=tests/serving/test_image.py",
)
needs_debootstrap = pytest.mark.skipif(
    shutil.which("debootstrap") is None, reason="needs debootstrap (make installs it)"
)


# --- reading ------------------------------------------------------------------------------


def test_steps_are_read_over_several_lines() -> None:
    first, second = read_steps("# a note\nFROM base AS one\n\nRUN a \\\n  # not me\n  && b\n")
    assert (first.word, first.rest, first.line) == ("FROM", "base AS one", 2)
    assert (second.word, second.rest.split()) == ("RUN", ["a", "&&", "b"])


@pytest.mark.parametrize("text", ["RUNN true", "FROM a\nRUN b \\", "VOLUME /x"])
def test_what_cannot_be_read_is_said_with_its_line(text: str) -> None:
    with pytest.raises(BuildError, match=r"line \d"):
        read_steps(text)


@pytest.mark.parametrize(
    ("path", "kept_out"),
    [
        ("app.py", False),
        ("ui/components/pad/pad.css", False),
        ("checkpoints/manifest.json", False),
        ("tests/support/server.py", True),
        (".git/config", True),
        (".venv/bin/python", True),
        ("ui/__pycache__/x.cpython-311.pyc", True),
        ("ui/x.pyc", True),
    ],
)
def test_the_build_sees_what_the_app_needs_and_nothing_else(path: str, kept_out: bool) -> None:
    assert Ignored((ROOT / ".dockerignore").read_text())(path) == kept_out


def test_every_module_that_the_app_imports_is_in_the_image() -> None:
    seen = {path.as_posix() for path in Ignored((ROOT / ".dockerignore").read_text()).context(ROOT)}
    for folder in ("icl_core", "pages", "ui", "serving"):
        assert {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob("*.py")} <= seen


# --- carrying out --------------------------------------------------------------------------


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the root file systems lie; with a base, as the first FROM makes it."""
    place = tmp_path_factory.mktemp("image")
    make_base(read_steps((ROOT / "Dockerfile").read_text())[0].rest.split()[0], place)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def image(folder: Path) -> Stage:
    """The image, built from the Dockerfile as it is."""
    # For a machine that reaches another index than PyTorch's own.
    given = {"TORCH_INDEX": os.environ["TORCH_INDEX"]} if "TORCH_INDEX" in os.environ else {}
    return build(folder, arguments=given)


@needs_root
@needs_debootstrap
class TestImage:
    """What an engine would make of the Dockerfile."""

    def test_its_base_is_the_debian_and_the_python_that_it_names(self, folder: Path) -> None:
        """By itself, since it takes minutes on a busy machine."""
        assert "bookworm" in (folder / "base/etc/os-release").read_text()

    def test_every_page_runs_in_what_is_left(self, image: Stage) -> None:
        said = run_inside(image, ["python", "-c", EVERY_PAGE], as_image=True)
        pages = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
        assert re.findall(r"pages/(\S+) runs", said) == pages

    def test_its_sizes_are_told_by_package(self, image: Stage) -> None:
        said = run_inside(image, ["python", "-c", SIZES], as_image=True)
        print(said, f"/venv: {megabytes(image.root / 'venv'):.0f} MB")
        assert re.search(r"MB  torch \d", said)
        assert "nvidia" not in said

    def test_it_runs_as_nobody_much_on_a_disk_that_cannot_be_written(self, image: Stage) -> None:
        tell = (
            "import os; print(os.getuid(), os.access('/app', os.W_OK), os.access('/tmp', os.W_OK))"
        )
        assert run_inside(image, ["python", "-c", tell], as_image=True).split() == [
            "1000",
            "False",
            "True",
        ]
        write = "open('/app/x', 'w')"
        with pytest.raises(BuildError):
            run_inside(image, ["python", "-c", write], as_image=True)

    def test_it_has_no_build_tools(self, image: Stage) -> None:
        for tool in ("gcc", "cc", "make", "ld", "git"):
            assert not (image.root / "usr/bin" / tool).exists(), tool
        assert not list((image.root / "venv/bin").glob("pip*"))

    def test_it_answers_its_probe_and_stops_when_told_to(self, image: Stage) -> None:
        with running(image, free_port()) as started:
            _, said = started.stop()
        events = [json.loads(line)["event"] for line in said.splitlines() if line.startswith("{")]
        assert events[-1] == "Stopping"
        assert "Ready" in events
        assert "Traceback" not in said
        assert "terminate called" not in said

    @pytest.mark.parametrize(
        "step", ["RUN false", "COPY nothing.txt /x", "COPY --from=nobody /a /b"]
    )
    def test_a_broken_step_is_caught(self, image: Stage, tmp_path: Path, step: str) -> None:
        broken = Build(tmp_path, ROOT, {})
        broken.stages.append(image)
        with pytest.raises(BuildError, match=r"line 1: "):
            broken.carry_out(read_steps(step))
