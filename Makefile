# What CI runs is `make check`; a person wants `make quick`, `make bench` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
LOWEST := .venv-lowest/bin
CORE := api artefacts cli datasets engine files gate metrics models/formats models/test_extras.py \
	models/test_interface.py pytest_plugin/test_finish.py reporting results test_contracts.py test_registry.py

COMPILE := $(BIN)/python -m compileall -q robustbench_cells  # for the many processes that tests start
BY_FILE := --dist loadfile --no-loadscope-reorder  # in the order of tests/conftest.py: the longest files first

unexport PYTHONDONTWRITEBYTECODE  # the tests start hundreds of processes, and the first compiles for all
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-compile  # most of it is never imported

.PHONY: bench quick test check format lint types contracts lowest walls clean
.DELETE_ON_ERROR:

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/$(PIP_INSTALL) -e ".[dev]"
	touch $@

bench: .venv/installed  ## the benchmark on the embedded data set; the report is reports/index.html
	$(BIN)/pytest benchmarks/

quick: .venv/installed  ## a first report in about a minute: two frames, a few intensities
	$(BIN)/pytest benchmarks/test_robustness.py --rb-profile=quick

test: .venv/installed  ## the tests, one file per worker
	$(COMPILE)
	$(BIN)/pytest -n auto $(BY_FILE) --durations 20

check: .venv/installed  ## format, lint, types, layer contracts, tests
	$(MAKE) --jobs format lint types contracts
	$(COMPILE)
	$(BIN)/pytest -n auto $(BY_FILE) --durations 20

format: .venv/installed  ## ruff's format
	$(BIN)/ruff format --check .

lint: .venv/installed  ## ruff's rules
	$(BIN)/ruff check .

types: .venv/installed  ## mypy
	$(BIN)/mypy

contracts: .venv/installed  ## the layer contracts of pyproject.toml
	$(BIN)/lint-imports

.venv-lowest/installed: pyproject.toml lowest.txt
	$(PYTHON) -m venv .venv-lowest
	$(LOWEST)/$(PIP_INSTALL) -e ".[core-test]" --constraint lowest.txt
	touch $@

lowest: .venv-lowest/installed  ## the core's tests without any extra, on Python 3.11 or 3.12 with the oldest libraries
	$(LOWEST)/pytest -n auto --dist loadfile --durations 5 $(addprefix tests/,$(CORE))

walls: .venv/installed  ## every hostile file against the limits of a model's process alone, without vetting
	EVERY_HOSTILE_FILE=1 $(BIN)/pytest tests/hostile_models/test_wall_alone.py

clean:  ## remove the environments
	rm -rf .venv .venv-lowest
