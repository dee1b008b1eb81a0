# What a person does here, by name. Each target makes the virtual environment that it needs; the machine has Python 3.11
# or newer, git and make (on Windows in a shell such as that of git).
PYTHON ?= $(if $(filter Windows_NT,$(OS)),python,python3)
LEVEL ?= 4
ROWS ?=
ONLY ?=
DATA ?=
TARGET ?=
VENV := .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
READY := $(VENV)/.ready
# on all cores; tests/conftest.py says which tests belong together
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadgroup --no-loadscope-reorder
OUT := build/level-$(LEVEL)
UV := $(abspath $(BIN)/uv)
# uv does not read pip's configuration: behind a mirror of the package index it is told
INDEX := $(or $(UV_DEFAULT_INDEX),$(PIP_INDEX_URL),$(if $(MAKECMDGOALS),$(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null)))
ifneq ($(INDEX),)
export UV_DEFAULT_INDEX := $(INDEX)
endif

# so that the first run of each command is no slower than the second, also where Python may not write bytecode
export UV_COMPILE_BYTECODE ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-all sabotage lint format bench clean

help: ## what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# uv installs many times faster than pip, so pip installs uv and nothing else
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + "; try make PYTHON=python3.12")'
	@echo "· making $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"
	$(UV) pip install --quiet --python $(BIN)/python --editable . --group dev
	@touch $@

demo: $(READY) ## emit LEVEL=0..4 into build/level-N and run its whole story (ROWS=n trips, or DATA=file TARGET=column; ONLY=n: that level's chapters)
	@mkdir -p build && rm -rf $(OUT).old && if [ -d $(OUT) ]; then mv $(OUT) $(OUT).old; fi
	@echo "· emitting level $(LEVEL) into $(OUT)"
	@$(BIN)/ladder new $(OUT) --level '$(LEVEL)' $(if $(DATA),--data '$(DATA)') $(if $(TARGET),--target '$(TARGET)') \
		|| { if [ -d $(OUT).old ]; then mv $(OUT).old $(OUT); fi; exit 1; }
	@if cmp -s $(OUT)/pyproject.toml $(OUT).old/pyproject.toml && [ -f $(OUT).old/.venv/.ready ]; then \
		mv $(OUT).old/.venv $(OUT)/.venv && touch $(OUT)/.venv/.ready; fi; rm -rf $(OUT).old
	@echo "· installing what level $(LEVEL) needs, and no more, into $(OUT)/.venv"
	@UV_PYTHON=.venv/$(SCRIPTS)/python $(MAKE) --no-print-directory -C $(OUT) setup PYTHON='$(abspath $(BIN)/python)' PIP='$(UV) pip'
	@$(MAKE) --no-print-directory -C $(OUT) demo ROWS='$(ROWS)' ONLY='$(ONLY)'
	@echo "· $(OUT)/reports/index.html is the story, $(OUT)/reports/summary.json its figures"

lint: $(READY) ## formatting, lint, strict types of the product
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: lint ## what CI runs: the product's tests, and the suites of the emitted levels in environments of their own
	$(PYTEST) -m "not slow" --durations 10

test-all: lint ## the slow half too: the other levels
	$(PYTEST) --durations 20

sabotage: $(READY) ## put the fault of each maturity capability into a fresh copy, and print whether its probe turns red
	@$(BIN)/python -m tests.verify.sabotages

format: $(READY) ## put formatting right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## figures, with the machine named
	$(BIN)/python bench/run.py

clean: ## remove what can be made again
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
