# `make demo` and `make test` do all set-up themselves, on a bare Debian too, and
# once it is done a second run starts at once. pip's own variables work as usual:
# PIP_EXTRA_INDEX_URL, for one, can name an index with smaller, CPU-only torch wheels.

PYTHON   ?= python3
VENV     ?= .venv
PORT     ?= 8501
CHROMIUM ?= /usr/bin/chromium-headless-shell
PYTEST   ?=
export CHROMIUM

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check

# Installs Debian packages if we are root or sudo asks for no password.
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo -n)
APT  := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3
define install
{ $(APT) update && $(APT) install -y --no-install-recommends $(1); } || \
{ echo; echo "Missing: $(2). Install it, then run make again:  sudo apt-get install $(1)"; exit 1; } >&2
endef

# A file of tests stays with one worker, and files keep their order: the browser's come last.
RUN_TESTS := $(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint bench load fuzz image audit sbom attack clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

demo: $(VENV)/.demo $(if $(LM),$(VENV)/.lm) $(if $(TEXTS),$(VENV)/.texts) ## serve the lab on http://localhost:$PORT (8501); LM=1 adds a language model, TEXTS=1 one that reads sentences
	@exec $(BIN)/streamlit run serve.py --server.port=$(PORT)

test: lint $(VENV)/.browser $(VENV)/.public ## check style and types, then run every test (PYTEST="-k ridge" for some)
	node --test tests/js/*.test.js
	$(RUN_TESTS) $(PYTEST)

test-fast: lint ## style, types, and the quick tests of the science and the pages
	node --test tests/js/*.test.js
	$(RUN_TESTS) tests/core tests/constructions tests/app -m "not slow" $(PYTEST)

lint: $(VENV)/.dev node_modules/.stamp ## check style and types only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	node_modules/.bin/biome ci --error-on-warnings
	node_modules/.bin/tsc

bench: $(VENV)/.dev ## measure how fast it answers
	$(BIN)/python -m tests.bench

load: $(VENV)/.dev $(VENV)/.public ## 130 visitors for 10 minutes, then the faults (LOAD="--minutes 1" for less)
	$(BIN)/python -m tests.load $(LOAD)
	$(BIN)/python -m pytest tests/load/test_faults.py

attack: $(VENV)/.dev $(VENV)/.public ## thirteen attacks on a real server behind nginx while a visitor drags (ATTACK="bombs" for one)
	$(BIN)/python -m tests.attack $(ATTACK)

fuzz: $(VENV)/.dev ## more than 10,000 bad inputs, new ones each time
	FUZZ=1 $(BIN)/python -m pytest tests/fuzz

image: $(VENV)/.dev $(VENV)/.public ## carry out the Dockerfile without an engine, as root; sizes by package
	@folder=$$(mktemp -d) && { $(BIN)/python -m deploy.image $$folder; code=$$?; rm -rf $$folder; exit $$code; }

audit: $(VENV)/.dev ## known weaknesses and licences of the dependencies (ADVISORIES=FILE where no service answers)
	$(BIN)/python -m tests.licences
	$(BIN)/python -m deploy.audit

sbom: $(VENV)/.dev ## what the image holds, as a CycloneDX bill of materials
	@$(BIN)/python -m deploy.sbom

clean: ## remove what make made; weights and training runs stay
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: .demo, .lm, .texts and .dev say which requirements the environment holds, .browser
# that Chromium is there and that Playwright's driver, which needs libatomic, starts
# (the headless shell where it can be had: the whole Chromium takes seven times as long
# to open a page, for the buttons of a window that nobody sees),
# .public that nginx is there, and debootstrap for the image, node_modules/.stamp
# which versions package.json names.

$(VENV)/.demo: requirements.txt | $(BIN)/pip
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.lm: requirements-lm.txt | $(VENV)/.demo
	$(PIP) --no-deps -r requirements-lm.txt
	@touch $@

$(VENV)/.texts: requirements-texts.txt | $(VENV)/.demo
	$(PIP) --no-deps -r requirements-texts.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/pip
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.demo

$(VENV)/.browser: $(VENV)/.dev
	@{ test -x $(CHROMIUM) && $(BIN)/playwright --version; } > /dev/null 2>&1 || \
	{ $(APT) update && $(APT) install -y --no-install-recommends chromium-headless-shell libatomic1; } || \
	{ test -x /usr/bin/chromium && $(BIN)/playwright --version > /dev/null; } || \
	$(call install,chromium libatomic1,Chromium for the browser tests)
	@touch $@

$(VENV)/.public: $(VENV)/.dev
	@{ test -x /usr/sbin/nginx && test -x /usr/sbin/debootstrap; } || \
	$(call install,nginx-light debootstrap,nginx and debootstrap for the load test and the image)
	@touch $@

# What checks the JavaScript; nothing of it is served.
node_modules/.stamp: package.json
	@{ node --version && npm --version; } > /dev/null 2>&1 || \
	$(call install,nodejs npm,Node.js 18 or newer with npm for the checks of the JavaScript)
	npm install --no-audit --no-fund
	@touch $@

# Debian splits ensurepip off into python3-venv: without it a venv has no pip.
$(BIN)/pip:
	@$(PYTHON) -c "import ensurepip" 2>/dev/null || $(call install,python3-venv,Python 3.11 or newer with venv)
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	{ echo "This project needs Python 3.11 or newer, not $$($(PYTHON) --version). Try:  make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
