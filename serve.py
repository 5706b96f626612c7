"""The app as an ASGI application, as the public gets it: ``streamlit run serve.py``."""

import gc

# Until `settle`: looking for garbage among what is being loaded takes a tenth of the start.
gc.disable()

import streamlit as st
from starlette.middleware import Middleware

from serving.answers import answers
from serving.document import deep_links
from serving.guard.connections import bound_connections
from serving.guard.messages import Messages
from serving.guard.origins import Origins
from serving.guard.uploads import Uploads
from serving.headers import SecurityHeaders
from serving.parts import parts
from serving.ready import lifespan
from serving.resume import Resume

bound_connections()
guards = [Middleware(one) for one in (SecurityHeaders, Origins, Messages, Uploads, Resume)]
app = st.App(
    "app.py", lifespan=lifespan, routes=[parts, answers(), *deep_links()], middleware=guards
)
