"""Nothing that the lab or Streamlit does while serving leaves the machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.support.server import ROOT

APART = ["unshare", "--net", "--mount", "--propagation", "private"]


def may_be_apart() -> bool:
    """Whether this user may make a network of their own here."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    probe = 'ip tuntap add out0 mode tun && mount --bind "$0" "$0"'
    done = subprocess.run(
        [*APART, "sh", "-c", probe, "/etc/hostname"], capture_output=True, check=False
    )
    return done.returncode == 0


@pytest.mark.skipif(not may_be_apart(), reason="needs root, unshare, ip and /dev/net/tun")
def test_nobody_outside_is_asked_anything() -> None:
    """One handshake with a foreign Origin had Streamlit ask for its address, for 20 to 40 s."""
    done = subprocess.run(
        [*APART, sys.executable, "-m", "tests.attack.offline"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["control"] == ["192.0.2.1"]
    assert told["lab"] == []
    assert told["kept out"] == 4
