"""A component's modules are joined to one that does what they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.components.component import HERE
from ui.components.join import join

COUNT = """
import { html as make, twice } from "./helpers/a.js";
import {
  count,
} from "./helpers/b.js";

const own = twice(count);

export default function () {
  return make(own);
}
"""
A = """import { count } from "./b.js";

const own = count; // of this module alone

export const html = (n) => `<${own}${n}>`;
export function twice(n) {
  return 2 * n;
}
"""
B = """export const count = 4;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helpers").mkdir()
    (tmp_path / "count.js").write_text(COUNT)
    (tmp_path / "helpers" / "a.js").write_text(A)
    (tmp_path / "helpers" / "b.js").write_text(B)
    return tmp_path


def test_every_module_is_there_once_after_those_that_it_imports(folder: Path) -> None:
    joined = join(folder / "count.js")
    assert joined.count("const count = 4;") == 1
    assert joined.index("const count = 4;") < joined.index("function twice")
    assert joined.index("function twice") < joined.index("twice(count)")
    assert "const { html: make, twice } = module1;" in joined
    assert joined.endswith("export default module2.shown;\n")
    assert "import" not in joined


def test_modules_in_a_circle_are_refused(folder: Path) -> None:
    (folder / "helpers" / "b.js").write_text(
        'import { html } from "./a.js";\nexport const count = 4;'
    )
    with pytest.raises(ValueError, match=r"circle: a\.js → b\.js → a\.js"):
        join(folder / "count.js")


def test_a_name_that_is_not_exported_is_refused(folder: Path) -> None:
    (folder / "helpers" / "b.js").write_text("const count = 4;\n")
    with pytest.raises(ValueError, match=r"b\.js exports no count"):
        join(folder / "count.js")


def test_a_file_that_is_not_there_is_refused(folder: Path) -> None:
    (folder / "helpers" / "b.js").unlink()
    with pytest.raises(FileNotFoundError):
        join(folder / "count.js")


@pytest.mark.parametrize(
    "line",
    [
        'import * as all from "./helpers/b.js";',
        'import "./helpers/b.js";',
        'import { other } from "package";',
        "export { own };",
        "export let live = 0;",
        'export * from "./helpers/b.js";',
    ],
)
def test_any_other_import_or_export_is_refused(folder: Path, line: str) -> None:
    with (folder / "count.js").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ValueError, match="cannot join"):
        join(folder / "count.js")


COMPONENTS = sorted(module.parent for module in HERE.glob("*/__init__.py"))


@pytest.mark.parametrize("part", COMPONENTS, ids=lambda part: part.name)
def test_every_component_can_be_joined(part: Path) -> None:
    assert "export default module" in join((part / part.name).with_suffix(".js"))
