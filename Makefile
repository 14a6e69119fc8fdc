# One command each; the first run sets everything up, later runs reinstall only after
# pyproject.toml or constraints.txt changed.

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
CREATED := $(VENV)/.created
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
CHROMIUM_NAMES := chromium chromium-browser google-chrome google-chrome-stable
BENCH ?= full
VENV_BENCH := .venv-bench
PEERS := $(VENV_BENCH)/.installed
PYTEST_ARGUMENTS ?= -n 2 --dist loadfile -q

.PHONY: demo test lint docs bench messages clean chromium postgresql
.DEFAULT_GOAL := demo

demo: $(RUNTIME)
	$(BIN)/safepassage demo

test: $(DEVELOPMENT) chromium postgresql
	@$(BIN)/python -m pytest $(PYTEST_ARGUMENTS)

lint: $(DEVELOPMENT)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python scripts/lint_docstrings.py
	$(BIN)/lint-imports

# The peers live in an environment of their own. BENCH=quick takes two minutes, a full run nearly an hour.
bench: $(DEVELOPMENT) $(PEERS)
	@$(BIN)/python benchmarks/peers_bench.py $(BENCH) --peers $(VENV_BENCH)/bin/python

# A warning is an error: a link that leads nowhere misleads at the worst time.
docs: $(DEVELOPMENT)
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs build/docs
	@echo "Open build/docs/index.html"

messages: $(DEVELOPMENT)
	$(BIN)/python scripts/messages.py

clean:
	rm -rf $(VENV) $(VENV_BENCH) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian splits venv from Python; a half-made environment must not pass for a whole one.
$(CREATED):
	@test -n "$(PYTHON)" || { echo "Safepassage needs Python 3.11 or newer (python3 on the PATH, or make PYTHON=...)." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		sh scripts/need_system_package.sh "Python's virtual environments" $(notdir $(PYTHON))-venv
	@test -x $(BIN)/python || { echo "Creating $(VENV)"; $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }
	@touch $@

# The build backend is installed first and used without isolation, so that it is pinned like the rest.
$(RUNTIME): $(CREATED) pyproject.toml constraints.txt
	@echo "Installing pinned dependencies"
	@$(PIP_INSTALL) hatchling editables
	@$(PIP_INSTALL) --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	@echo "Installing pinned development tools"
	@$(PIP_INSTALL) --no-build-isolation --editable '.[dev]'
	@touch $@

$(PEERS): benchmarks/requirements-peers.txt | $(CREATED)
	@echo "Installing the peers to compare with"
	@test -x $(VENV_BENCH)/bin/python || $(PYTHON) -m venv $(VENV_BENCH)
	@$(VENV_BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

chromium:
	@for name in $(CHROMIUM_NAMES); do command -v $$name >/dev/null 2>&1 && exit 0; done; \
		test -n "$$SAFEPASSAGE_CHROMIUM" || \
		sh scripts/need_system_package.sh "the tests of the report in a browser" chromium fonts-dejavu-core

postgresql:
	@command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		sh scripts/need_system_package.sh "the tests of the ledger on PostgreSQL" postgresql
