# `make` alone lists the targets. Everything happens in .venv, which is made where it is missing.

VENV   := .venv
BIN    := $(VENV)/bin
# A pyenv shim named python3.11 can be there without its Python: ask it before believing it.
PYTHON ?= $(shell for p in python3.11 python3; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null && { command -v $$p; break; }; done)
CLICK_OLD := $(VENV)/click-8.0.1

.DEFAULT_GOAL := help
.PHONY: help demo install test check docs screenshot bench faults

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.stamp-sandbox  ## rotate a whole organisation in the sandbox, twice, and Flux's key; nothing real is touched
	PATH="$(CURDIR)/$(BIN):$$PATH" cellenics sandbox sh docs/demo.sh

install: $(VENV)/.stamp-sandbox  ## install cellenics with its sandbox into .venv
	@echo "Installed: $(BIN)/cellenics"

test: $(VENV)/.stamp-dev  ## run the test suite, on all cores
	$(BIN)/python -m pytest -n auto

check: $(VENV)/.stamp-dev  ## lint, formatting, types, which way imports point, and the generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg
	$(BIN)/python docs/generate_cli.py --check
	$(BIN)/python docs/generate_audit.py --check

docs: $(VENV)/.stamp-dev  ## write the docs that are generated from the code
	$(BIN)/python docs/generate_cli.py
	$(BIN)/python docs/generate_audit.py

screenshot: $(VENV)/.stamp-dev  ## make the README's picture of the audit's screen, from the sandbox
	$(BIN)/python docs/screenshot.py

bench: $(VENV)/.stamp-dev  ## measure speed and count requests, at 50 ms for each remote request
	$(BIN)/python -m benchmarks

faults: $(VENV)/.stamp-dev  ## try every fault at every call, all of them: takes a while
	$(BIN)/python -m pytest -n auto --whole
	$(BIN)/python -m tests.faults

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "cellenics needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Installed again only when what is to be installed has changed.
$(VENV)/.stamp-sandbox: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[sandbox,flux]'
	@touch $@

$(VENV)/.stamp-dev: setup.cfg pyproject.toml | $(BIN)/python $(CLICK_OLD)/click
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.stamp-sandbox

# Today's cellenics-utils pins this click: the bridge is tested with it beside the newest.
$(CLICK_OLD)/click: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(CLICK_OLD) click==8.0.1
