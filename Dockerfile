# syntax=docker/dockerfile:1
# docker build -t a-model-within-a-model .
# docker run --rm -p 8501:8501 --read-only --tmpfs /tmp a-model-within-a-model
# Without a container engine: python -m deploy.image (as root, on Debian)

# The bases by digest: the tag is for people. To renew them:
# docker buildx imagetools inspect python:3.11-slim-bookworm

# --- build: an environment without what only compilers and test suites need -----
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS build

# torch from PyTorch's own CPU index: a fifth of the size of the default build.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /venv
COPY requirements.txt requirements.lock /tmp/
RUN pip --python /venv/bin/python install --no-deps --index-url "$TORCH_INDEX" \
        "$(grep '^torch==' /tmp/requirements.txt | cut -d ' ' -f 1)" \
    && pip --python /venv/bin/python install --no-deps --require-hashes -r /tmp/requirements.lock \
    && pip --python /venv/bin/python check

# Only what no import can reach: C++ headers and their CMake files, test programs,
# and the libraries' own tests. torch_shm_manager stays: `import torch` looks for it.
# `python -m deploy.image` runs every page in what is left.
RUN cd /venv/lib/python3.11/site-packages \
    && rm -rf torch/include torch/share torch/test pyarrow/include pyarrow/src pydeck/nbextension \
    && find torch/bin -type f ! -name torch_shm_manager -delete \
    && find pandas numpy sympy networkx pyarrow mpmath -type d -name tests -prune \
        -exec rm -rf {} +

# --- the image -------------------------------------------------------------------
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

ARG VERSION=unknown REVISION=unknown
LABEL org.opencontainers.image.title="A model within a model" \
      org.opencontainers.image.description="Which algorithm does a transformer run in context?" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# Everything that may be written goes to /tmp, so the root can be read-only.
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PORT=8501 \
    LAB_LOG=json \
    MALLOC_ARENA_MAX=2 \
    STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE=true \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 1000 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin lab
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
RUN python -m compileall -q .

USER 1000
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/_stcore/health', timeout=4)"]

# `exec` makes Streamlit process 1, so that SIGTERM reaches it and it shuts down cleanly.
CMD ["sh", "-c", "exec streamlit run serve.py --server.port=\"$PORT\""]
