"""What is loaded before the work begins stays, and no later collection need look at it."""

import gc


def settle() -> None:
    """Leave what is there now out of all later collections, which begin here."""
    gc.freeze()
    gc.enable()
