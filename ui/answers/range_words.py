"""In words: whether the network is asked about something like what it was trained on."""

from __future__ import annotations

from icl_core.limits import FAR, NOISY, STEEP, ExpectedError, Finding

BECAUSE = {
    STEEP: "the line is too steep or too far up or down",
    NOISY: "a point lies too far off the line, or all of them scatter too much",
    FAR: "an x is too far out",
}


def out_of_range(finding: Finding, expected: ExpectedError | None) -> str | None:
    """A sentence about one prompt; None where it is in range."""
    why = finding.why(0)
    if why is None:
        return None
    told = f"Unlike anything the transformer was trained on ({BECAUSE[why]})"
    if expected is None:
        return f"{told}: do not trust its answers."
    return (
        f"{told}: expect errors of about {expected.value:.2g}. Of such prompts, four in five "
        f"had {expected.low:.2g} to {expected.high:.2g}."
    )
