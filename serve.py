"""The app as an ASGI application, as the public gets it: ``streamlit run serve.py``."""

import streamlit as st
from starlette.middleware import Middleware

from serving.headers import SecurityHeaders
from serving.parts import parts
from serving.ready import lifespan

app = st.App("app.py", lifespan=lifespan, routes=[parts], middleware=[Middleware(SecurityHeaders)])
