"""Several ES modules made one, for a browser that is handed a component as one text.

Streamlit's own way of sending a component's JavaScript cannot follow an import. The
modules are plain: they import by name from relative addresses (``import { a, b as c }
from "./x.js";``), and they export where they declare (``export const``, ``export
function``, ``export class``; the first module may have an ``export default``). Anything
else that begins with ``import`` or ``export`` is refused.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^{}"]*)\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function|class|const) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def join(entry: Path) -> str:
    """One module that does what ``entry`` and all that it imports do.

    Each module keeps its own scope, and each is there once, after those that it imports.

    Raises:
        ValueError: for modules that import each other in a circle, for a name that is
            imported and not exported, and for any other kind of import or export.
        FileNotFoundError: for an import of a file that is not there.
    """
    names: dict[Path, str] = {}
    exports: dict[Path, list[str]] = {}
    parts: list[str] = []

    def add(path: Path, via: tuple[Path, ...]) -> None:
        if path in via:
            circle = " → ".join(step.name for step in (*via[via.index(path) :], path))
            raise ValueError(f"Modules import each other in a circle: {circle}")
        if path in names:
            return
        text = path.read_text()
        taken: list[str] = []
        for wanted, address in _IMPORT.findall(text):
            source = (path.parent / address).resolve()
            add(source, (*via, path))
            taken.append(_take(path, wanted, exports[source], source, names[source]))
        names[path] = f"module{len(names)}"
        exports[path] = _EXPORT.findall(text)
        parts.append(_scope(path, text, taken, names[path], exports[path], is_entry=not via))

    add(entry.resolve(), ())
    return "\n".join(parts)


def _take(path: Path, wanted: str, exported: list[str], source: Path, module: str) -> str:
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name.split(" as ")[0] not in exported:
            raise ValueError(f"{path}: {source.name} exports no {name.split(' as ')[0]}")
    return f"const {{ {', '.join(name.replace(' as ', ': ') for name in names)} }} = {module};\n"


def _scope(
    path: Path, text: str, taken: list[str], name: str, exported: list[str], *, is_entry: bool
) -> str:
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    if is_entry:
        body = _DEFAULT.sub("const shown = ", body)
        exported = [*exported, "shown"]
    if left := _LEFT_OVER.search(body):
        raise ValueError(f"{path}: cannot join `{left[0]}`")
    inner = "".join(taken) + body
    joined = f"const {name} = (() => {{\n{inner}return {{ {', '.join(exported)} }};\n}})();\n"
    return joined + (f"export default {name}.shown;\n" if is_entry else "")
