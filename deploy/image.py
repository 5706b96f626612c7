"""Carry out the Dockerfile without a container engine: ``python -m deploy.image``.

For machines that have none, and for the tests: every step runs in a fresh Debian
that debootstrap makes, changed into with chroot, in namespaces of its own. Then the
image is started as an engine would start it: its own user, a read-only root, a fresh
/tmp, the Dockerfile's CMD as process 1, probed by its HEALTHCHECK. Needs root,
debootstrap and util-linux. Prints the size of what was installed, by package.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.dockerfile import (
    BuildError,
    Ignored,
    Step,
    assignments,
    exec_form,
    read_steps,
    substituted,
)

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = "http://deb.debian.org/debian"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
PLAIN_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
BASE = re.compile(r"python:(?P<version>\d+\.\d+)-slim-(?P<suite>[a-z]+)(?:@sha256:[0-9a-f]{64})?")

# Printed by the image's own Python: megabytes by distribution, from what RECORD names.
SIZES = """
import importlib.metadata as m
def size(d):
    found = (d.locate_file(f) for f in d.files or ())
    return sum(p.stat().st_size for p in found if p.is_file())
rows = sorted(((size(d), d.name, d.version) for d in m.distributions()), reverse=True)
for bytes_, name, version in rows:
    print(f"{bytes_ / 1e6:8.1f} MB  {name} {version}")
print(f"{sum(row[0] for row in rows) / 1e6:8.1f} MB  together")
"""

# Runs app.py as a visitor of each page does: what was removed is not missed.
EVERY_PAGE = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
for path in sorted(Path("pages").glob("*.py")):
    page = AppTest.from_file("app.py", default_timeout=300).run()
    page.switch_page(str(path)).run()
    assert not page.exception, (path, page.exception)
    assert page.title, path
    print(path, "runs")
"""


@dataclass
class Stage:
    """A root file system, and what the instructions so far have set."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PLAIN_PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: str = "0"
    command: list[str] = field(default_factory=list)
    probe: list[str] = field(default_factory=list)


def say(text: object) -> None:
    """Tell whoever watches what is going on."""
    print(text, flush=True)


# --- running inside a root ------------------------------------------------------------


def pip_settings() -> tuple[dict[str, str], list[Path]]:
    """This machine's settings of pip as variables, and the local paths they name.

    As an engine hands a proxy's address to the build: where packages come from is
    not the image's business.
    """
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", told.stdout, re.MULTILINE)
    variables = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in found}
    words = [word for value in variables.values() for word in value.split()]
    # The pages of an index that lies in a folder link to files beside that folder.
    indexes = {Path(word[7:]).parent for word in words if word.startswith("file://")}
    others = {Path(word) for word in words if word.startswith("/")}
    return variables, sorted(path for path in indexes | others if path.exists())


def entered(
    stage: Stage, words: Sequence[str], *, as_image: bool = False, binds: Sequence[Path] = ()
) -> list[str]:
    """A command line that runs words inside the stage, in namespaces of its own."""
    root = shlex.quote(str(stage.root))
    lines = ["set -e", "mount --make-rprivate /", f"mount --bind {root} {root}"]
    for path in binds:
        inside = stage.root / str(path).lstrip("/")
        if path.is_dir():
            inside.mkdir(parents=True, exist_ok=True)
        else:
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.touch()
        lines.append(f"mount --bind -o ro {shlex.quote(str(path))} {shlex.quote(str(inside))}")
    lines += [f"mount -t proc proc {root}/proc", f"mount -t tmpfs -o mode=755 tmpfs {root}/dev"]
    # One by one, not this machine's /dev: a step may remove what it finds in there.
    for name in DEVICES:
        lines += [f"touch {root}/dev/{name}", f"mount --bind /dev/{name} {root}/dev/{name}"]
    if as_image:
        lines += [f"mount -o remount,bind,ro {root}", f"mount -t tmpfs tmpfs {root}/tmp"]
    step_in = f"cd {shlex.quote(stage.folder)} && exec " + shlex.join(words)
    identity = f"--userspec={stage.user}:{stage.user}" if as_image else "--userspec=0:0"
    lines.append(f"exec chroot {identity} {root} /bin/sh -c {shlex.quote(step_in)}")
    return [
        *["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"],
        *["sh", "-c", "\n".join(lines)],
    ]


def run_inside(stage: Stage, words: Sequence[str], *, as_image: bool = False) -> str:
    """Run words inside the stage to their end; what they print to stdout."""
    done = subprocess.run(
        entered(stage, words, as_image=as_image),
        env=stage.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"{shlex.join(words)[:200]} ended with {done.returncode}.\n{done.stdout}")
    return done.stdout


# --- building -------------------------------------------------------------------------


def make_base(image: str, folder: Path) -> Path:
    """A Debian with Python, which stands for the official image of that name.

    One that an earlier build left in the folder is taken as it is.
    """
    wanted = BASE.fullmatch(image)
    if wanted is None:
        raise BuildError(f"FROM {image}: only python:X.Y-slim-SUITE can be stood in for.")
    base = folder / "base"
    if (base / "etc/lab-base").exists():
        return base
    packages = "python3,python3-venv,python3-pip,ca-certificates"
    debootstrap = ["debootstrap", "--variant=minbase", f"--include={packages}"]
    done = subprocess.run(
        [*debootstrap, wanted["suite"], base, DEBIAN], stdout=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise BuildError(f"debootstrap {wanted['suite']} failed; see {base}/debootstrap.")
    # The official image has its own Python on the path, under this name.
    (base / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    (base / "etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
    version = run_inside(Stage(base), ["python", "--version"]).split()[1]
    if not version.startswith(wanted["version"] + "."):
        raise BuildError(f"Debian {wanted['suite']} has Python {version}, not the image's.")
    (base / "etc/lab-base").touch()
    return base


class Build:
    """Carries out the instructions one by one; `stage` is the one at work."""

    def __init__(self, folder: Path, context: Path, arguments: Mapping[str, str]):
        self.folder, self.context, self.given = folder, context, arguments
        self.stages: list[Stage] = []
        self.names: dict[str, Stage] = {}
        self.ignored = Ignored((context / ".dockerignore").read_text())
        self.pip, self.binds = pip_settings()
        self.base: Path | None = None

    @property
    def stage(self) -> Stage:
        """The last stage begun."""
        if not self.stages:
            raise BuildError("The first step must be FROM.")
        return self.stages[-1]

    def carry_out(self, steps: Sequence[Step]) -> Stage:
        """All steps; the last stage is the image."""
        for step in steps:
            say(step)
            try:
                getattr(self, f"_{step.word.lower()}")(step)
            except (BuildError, OSError) as trouble:
                raise BuildError(f"{step}\n{trouble}") from None
        return self.stage

    def _from(self, step: Step) -> None:
        image, _, name = step.rest.partition(" AS ")
        self.base = self.base or make_base(image, self.folder)
        root = self.folder / f"stage{len(self.stages)}"
        subprocess.run(["cp", "-a", "--reflink=auto", self.base, root], check=True)
        self.stages.append(Stage(root))
        self.names[name.strip()] = self.stage

    def _arg(self, step: Step) -> None:
        for name, value in assignments(step.rest, {}).items():
            self.stage.arguments[name] = self.given.get(name, value)

    def _env(self, step: Step) -> None:
        known = {**self.stage.arguments, **self.stage.environment}
        self.stage.environment.update(assignments(step.rest, known))

    def _label(self, step: Step) -> None:
        self.stage.labels.update(assignments(step.rest, self.stage.arguments))

    def _run(self, step: Step) -> None:
        stage = self.stage
        done = subprocess.run(
            entered(stage, ["/bin/sh", "-c", step.rest], binds=self.binds),
            env={**self.pip, **stage.arguments, **stage.environment},
            check=False,
        )
        if done.returncode:
            raise BuildError(f"The step ended with exit code {done.returncode}.")

    def _workdir(self, step: Step) -> None:
        self.stage.folder = substituted(step.rest, self.stage.environment)
        (self.stage.root / self.stage.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _copy(self, step: Step) -> None:
        words = shlex.split(step.rest)
        origin = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
        *sources, target = (substituted(word, self.stage.environment) for word in words)
        place = self.stage.root / str(Path(self.stage.folder) / target).lstrip("/")
        for source in sources:
            if origin is None:
                self._copy_context(source, place, into=target.endswith("/"))
            elif origin in self.names:
                found = self.names[origin].root / source.lstrip("/")
                # Linked, not copied: an earlier stage is never changed again.
                subprocess.run(["cp", "-a", "--link", found, place], check=True)
            else:
                raise BuildError(f"There is no stage named {origin}.")

    def _copy_context(self, source: str, place: Path, *, into: bool) -> None:
        visible = self.ignored.context(self.context)
        chosen = [path for path in visible if path.is_relative_to(source)]
        if not chosen:
            raise BuildError(f"{source} is not in the build context (see .dockerignore).")
        for path in chosen:
            inside = path.relative_to(source)
            at = place / inside if inside.parts else (place / path.name if into else place)
            at.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.context / path, at)

    def _user(self, step: Step) -> None:
        self.stage.user = step.rest

    def _expose(self, step: Step) -> None:
        """A note for people; nothing to do."""

    def _healthcheck(self, step: Step) -> None:
        _, _, rest = step.rest.partition("CMD ")
        self.stage.probe = exec_form(Step("CMD", rest, step.line))

    def _cmd(self, step: Step) -> None:
        self.stage.command = exec_form(step)


def build(
    folder: Path,
    *,
    context: Path = ROOT,
    dockerfile: str = "Dockerfile",
    arguments: Mapping[str, str] | None = None,
) -> Stage:
    """The image that a Dockerfile describes, as a folder below ``folder``."""
    if os.geteuid():
        raise BuildError("chroot needs root.")
    steps = read_steps((context / dockerfile).read_text())
    return Build(folder, context, arguments or {}).carry_out(steps)


# --- starting it ------------------------------------------------------------------------


class Running:
    """The image at work."""

    def __init__(self, stage: Stage, port: int):
        self.stage = stage
        self.stage.environment["PORT"] = str(port)
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            entered(stage, stage.command, as_image=True),
            env=stage.environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait(self, patience: float = 180) -> None:
        """Until its HEALTHCHECK is content."""
        until = time.monotonic() + patience
        while time.monotonic() < until and self.process.poll() is None:
            probe = entered(self.stage, self.stage.probe, as_image=True)
            done = subprocess.run(
                probe, env=self.stage.environment, stderr=subprocess.DEVNULL, check=False
            )
            if done.returncode == 0:
                return
            time.sleep(0.5)
        raise BuildError("The image did not become healthy.")

    @property
    def first_process(self) -> int:
        """The CMD, which is process 1 inside."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def stop(self, patience: float = 30) -> tuple[int, str]:
        """As `docker stop` does: how it ended, and what it logged."""
        os.kill(self.first_process, signal.SIGTERM)
        _, said = self.process.communicate(timeout=patience)
        return self.process.returncode, said


@contextmanager
def running(stage: Stage, port: int) -> Iterator[Running]:
    """The image started; ended for good whatever happens."""
    image = Running(stage, port)
    try:
        image.wait()
        yield image
    finally:
        if image.process.poll() is None:
            image.process.kill()
            image.process.communicate()


def megabytes(folder: Path) -> float:
    """What a folder takes, without counting twice what is linked."""
    told = subprocess.run(["du", "-sx", "-B1", folder], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[0]) / 1e6


def main() -> None:
    """Build, print the sizes, run every page, start and stop."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="an empty folder for the root file systems")
    parser.add_argument("--port", type=int, default=8599)
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    arguments = dict(pair.split("=", 1) for pair in options.build_arg)
    try:
        stage = build(options.folder.resolve(), arguments=arguments)
        say(run_inside(stage, ["python", "-c", SIZES], as_image=True))
        say(f"The base {megabytes(options.folder / 'base'):.0f} MB, /venv ")
        say(f"{megabytes(stage.root / 'venv'):.0f} MB, /app {megabytes(stage.root / 'app'):.0f} MB")
        say(run_inside(stage, ["python", "-c", EVERY_PAGE], as_image=True))
        with running(stage, options.port) as image:
            say(f"Healthy at {image.url}")
            code, said = image.stop()
        say(f"Stopped with {code} after SIGTERM.\n{said}")
    except BuildError as trouble:
        sys.exit(f"The image cannot be built as written.\n{trouble}")


if __name__ == "__main__":
    main()
