"""What is loaded before the work begins stays, and no later collection need look at it."""

import gc


def settle() -> None:
    """Collect once, and leave what is there now out of all later collections."""
    gc.collect()
    gc.freeze()
