"""Readouts for a network that a visitor brought, fitted in a process of their own."""

from __future__ import annotations

import json
import subprocess

from safetensors.torch import load, save

from icl_core.probes import apart
from icl_core.probes.readouts import LayerReadouts
from icl_core.uploads import Upload
from ui.work.child import begin
from ui.work.queue import Job

PROMPTS, SEED = 512, 0


def fit(found: Upload, job: Job) -> LayerReadouts:
    """Fit readouts anew to uploaded weights, a job of the queue of processes.

    In the server's own process it would hold the interpreter and the caches against those
    who drag, and leave its memory behind.
    """
    child = begin(
        apart.__name__,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    asked = {"recipe": found.recipe.as_dict(), "prompts": PROMPTS, "seed": SEED}
    try:
        with child.stdin as line:
            line.write(json.dumps(asked).encode() + b"\n" + save(found.model.state_dict()))
        while (said := child.stdout.readline()).strip():
            job.report(float(said))
        fitted = child.stdout.read()
    except BrokenPipeError:
        fitted = b""
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    if not fitted:
        raise RuntimeError("the process that fits them has ended. Try again")
    return LayerReadouts(**load(fitted))
