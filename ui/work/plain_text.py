"""Words that are shown as they are, though Streamlit reads them as Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@=])")


def plain_text(words: str) -> str:
    """The words with every mark of Markdown's, of its maths, colours and links, made harmless.

    For sentences that quote what a stranger chose: a file's name, a tensor's.
    """
    return _SPECIAL.sub(r"\\\1", " ".join(words.split()))
