"""How many bad inputs: a tenth in `make test`, all of them in `make fuzz`."""

from __future__ import annotations

import pytest

from tests.support.fuzzing import TRIED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if TRIED:
        told = ", ".join(f"{count} {what}" for what, count in TRIED.items())
        terminalreporter.write_line(f"bad inputs tried: {TRIED.total()} ({told})")
