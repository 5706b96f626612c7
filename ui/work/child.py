"""A process of its own for what takes long: it comes after the pages, on one thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
POLITELY = ("nice", "-n", "15")
"""A page's answer goes before a training's next step; at 15 drags are as quick as without."""


def begin(module: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
    """Start ``python -m module``; ``pipes``: what `subprocess.Popen` takes besides."""
    return subprocess.Popen(
        [*POLITELY, sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        **pipes,
    )
