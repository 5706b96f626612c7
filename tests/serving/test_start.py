"""What is loaded at the start is not searched for garbage, neither then nor later."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.server import ROOT

STARTED = """
import gc, json
import serve
from serving.ready import warm_up
begun = gc.isenabled()
warm_up()
print(json.dumps([begun, gc.isenabled(), gc.get_freeze_count()]))
"""


@pytest.mark.slow
def test_garbage_is_looked_for_from_when_all_is_loaded() -> None:
    told = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    begun, then, kept = json.loads(told.stdout.splitlines()[-1])
    assert not begun
    assert then
    assert kept > 100_000
