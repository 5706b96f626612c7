"""The Dockerfile and .dockerignore, read as an engine reads them."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

KNOWN = [
    "ARG",
    "CMD",
    "COPY",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "RUN",
    "USER",
    "WORKDIR",
]


class BuildError(Exception):
    """A step that cannot be read or that failed; the message names it."""


@dataclass(frozen=True)
class Step:
    """One instruction: its word, what follows it, and its first line in the file."""

    word: str
    rest: str
    line: int

    def __str__(self) -> str:
        short = re.sub(r"\s+", " ", self.rest)
        return f"line {self.line}: {self.word} {short if len(short) < 90 else short[:87] + '…'}"


def read_steps(text: str) -> list[Step]:
    """The instructions of a Dockerfile; raises BuildError for one that is not known here."""
    steps: list[Step] = []
    logical, began = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or (not line.strip() and not logical):
            continue
        began = began or number
        if line.rstrip().endswith("\\"):
            logical += line.rstrip()[:-1]
            continue
        word, _, rest = (logical + line).strip().partition(" ")
        if word.upper() not in KNOWN:
            raise BuildError(f"line {began}: {word} is none of {', '.join(KNOWN)}.")
        steps.append(Step(word.upper(), rest.strip(), began))
        logical, began = "", 0
    if logical:
        raise BuildError(f"line {began}: the file ends in the middle of a step.")
    return steps


def substituted(text: str, variables: dict[str, str]) -> str:
    """Text with $NAME and ${NAME} filled in, as ENV and COPY do."""
    return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1], ""), text)


def assignments(rest: str, variables: dict[str, str]) -> dict[str, str]:
    """The pairs of an ENV or ARG."""
    pairs = (part.partition("=") for part in shlex.split(rest))
    return {name: substituted(value, variables) for name, _, value in pairs}


def exec_form(step: Step) -> list[str]:
    """The words of a CMD; only the exec form passes signals on."""
    try:
        words = json.loads(step.rest)
    except json.JSONDecodeError:
        raise BuildError(f"{step}: write it as a JSON list, the exec form.") from None
    return [str(word) for word in words]


class Ignored:
    """Which paths .dockerignore keeps out of the build; the last pattern that fits decides."""

    def __init__(self, text: str):
        lines = (line.strip() for line in text.splitlines())
        self.rules = [
            (not line.startswith("!"), re.compile(_pattern(line.lstrip("!").strip("/"))))
            for line in lines
            if line and not line.startswith("#")
        ]

    def __call__(self, path: str) -> bool:
        """Whether a path, relative to the context, is kept out."""
        verdict = False
        for ignore, rule in self.rules:
            if rule.fullmatch(path):
                verdict = ignore
        return verdict

    def context(self, folder: Path) -> list[Path]:
        """Every file of a folder that the build can see, relative to it."""
        files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return sorted(path for path in files if not self(path.as_posix()))


def _pattern(rule: str) -> str:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", rule)
    return "".join(parts.get(token, re.escape(token)) for token in tokens) + "(?:/.*)?"
