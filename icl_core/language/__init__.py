"""A language model as a learner in context: prompts as text, its numbers read strictly.

`formats` writes a prompt, `replies` reads what came back, `endpoint` asks any
OpenAI-compatible server, `local` starts a small one on this machine where the optional
extra is installed, and `learner` puts them together.
"""

from icl_core.language.endpoint import Asking, Endpoint, EndpointError, Reply
from icl_core.language.formats import FORMATS, Format, rounded
from icl_core.language.learner import Told, ask_all
from icl_core.language.replies import read_number

__all__ = [
    "FORMATS",
    "Asking",
    "Endpoint",
    "EndpointError",
    "Format",
    "Reply",
    "Told",
    "ask_all",
    "read_number",
    "rounded",
]
