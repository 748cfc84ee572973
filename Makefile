# Everything a developer types. Each target sets up what it needs: Python 3.11 or later and
# make are enough, uv is used when it is there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPILED := .pytest_cache/compiled

# What one worker of pytest has compiled, the next one need not, whatever the shell says of it.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test checked lint slow browser integration crash model fuzz bench lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(READY) ## a virtual environment with the locked versions

$(READY): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "raidctl needs Python 3.11 or later; name one: make PYTHON=python3.12"; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV) && \
		uv pip sync --quiet --require-hashes --python $(BIN)/python requirements-dev.lock && \
		uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock && \
		$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .; \
	fi
	@touch $@

demo: $(READY) ## see raidctl at work on a built-in Impact and JIRA
	@$(BIN)/raidctl demo

test: $(READY) ## lint, types and the tests (about three minutes)
	@$(MAKE) --no-print-directory --jobs=2 checked
	$(BIN)/pytest -n 4 --dist worksteal

checked: lint $(COMPILED)

# Compiled once, while mypy has the other core, instead of by each worker of pytest at the same
# time. What cannot be imported is told by the run itself.
$(COMPILED): $(READY) $(shell find raidctl tests -name '*.py')
	@$(BIN)/pytest --collect-only --quiet >/dev/null 2>&1 || true
	@mkdir -p $(@D) && touch $@

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

slow: $(READY) ## what takes many processes: interrupted, killed and faulty runs
	$(BIN)/pytest -n 2 --dist worksteal -m slow

# Of that package the script of axe-core alone is used: what it needs itself is not installed.
browser: $(READY) ## the HTML pages in a headless Chromium, where there is one
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --no-deps --python $(BIN)/python axe-playwright-python==0.1.8; \
	else \
		$(BIN)/python -m pip install --quiet --no-deps axe-playwright-python==0.1.8; \
	fi || echo "axe-core cannot be had here: the tests that need it are skipped"
	$(BIN)/pytest -m browser tests/browser

integration: $(READY) ## against a real FireFighter, where ../shared/firefighter can start one
	$(BIN)/pytest -m integration tests/integration

crash: $(READY) ## kill runs at every point where they read or write (most of an hour)
	$(BIN)/python -m tests.crash

model: $(READY) ## the state machine over both systems, 2,000 examples (a quarter of an hour)
	$(BIN)/python -m tests.model

fuzz: $(READY) ## mutants of every answer, plan and journal, 100,000 of each kind (most of an hour)
	$(BIN)/python -m tests.fuzz

bench: $(READY) ## speed and memory, as ratios measured in this run
	$(BIN)/python -m tests.bench

lock: ## pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --group dev --extra listen --extra metrics --extra postgres \
		--output-file requirements-dev.lock pyproject.toml

clean: ## remove what the other targets made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
