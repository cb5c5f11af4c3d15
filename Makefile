# The two commands of the README: `make demo` and `make test`. Each sets itself up in .venv/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help demo test check unit contracts docs bench clean

help: ## Show the commands.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.demo ## Run one paid federated task, end to end, on real data.
	@$(BIN)/fedmarket demo

test: check unit ## Run everything that must hold before a change lands.

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python contracts/compile.py --check

unit: $(VENV)/.dev $(VENV)/.anvil
	ANVIL=$$(cat $(VENV)/.anvil) $(BIN)/pytest -n auto --dist worksteal $(TESTS)

contracts: $(VENV)/.dev ## Compile the contracts into package data.
	$(BIN)/python contracts/compile.py

docs: $(VENV)/.dev ## Generate the reference pages and the pictures.
	$(BIN)/python docs/generate.py

bench: $(VENV)/.dev $(VENV)/.anvil ## Measure every figure again (on a machine that does nothing else), then write its page.
	ANVIL=$$(cat $(VENV)/.anvil) $(BIN)/python -m benchmarks
	$(BIN)/python docs/generate.py

clean: ## Remove everything that the other commands made.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "fedmarket needs Python 3.11 or newer; run: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV)/ (once) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.demo

# anvil is a real EVM node for the tests of chain/: an npm package with a native binary. Without npm they say that they skip.
ANVIL_VERSION := 1.7.1
$(VENV)/.anvil: $(VENV)/bin/python
	@if command -v npm >/dev/null; then \
		npm install --silent --no-fund --no-audit --no-save --prefix $(VENV)/anvil @foundry-rs/anvil@$(ANVIL_VERSION) >/dev/null; \
		echo "$(CURDIR)/$(VENV)/anvil/node_modules/.bin/anvil" > $@; \
	else \
		echo "npm is missing: the tests that run a real node will be skipped" >&2; : > $@; \
	fi
