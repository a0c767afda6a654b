# What CI runs is `make check`; a person wants `make quick`, `make bench` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
LOWEST := .venv-lowest/bin
CORE := api artefacts cli datasets engine files gate metrics models/formats models/test_extras.py \
	models/test_interface.py pytest_plugin/test_finish.py reporting results test_contracts.py test_registry.py

COMPILE := $(BIN)/python -m compileall -q robustbench_cells  # for the many processes that tests start
BY_FILE := --dist loadfile --no-loadscope-reorder  # in the order of tests/conftest.py: the longest files first

.PHONY: bench quick test check lowest walls clean
.DELETE_ON_ERROR:

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

bench: .venv/installed  ## the benchmark on the embedded data set; the report is reports/index.html
	$(BIN)/pytest benchmarks/

quick: .venv/installed  ## a first report in about a minute: two frames, a few intensities
	$(BIN)/pytest benchmarks/test_robustness.py --rb-profile=quick

test: .venv/installed  ## the tests, one file per worker
	$(COMPILE)
	$(BIN)/pytest -n auto $(BY_FILE) --durations 20

check: .venv/installed  ## format, lint, types, layer contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(COMPILE)
	$(BIN)/pytest -n auto $(BY_FILE) --durations 20

.venv-lowest/installed: pyproject.toml lowest.txt
	$(PYTHON) -m venv .venv-lowest
	$(LOWEST)/pip install --quiet --disable-pip-version-check -e ".[core-test]" --constraint lowest.txt
	touch $@

lowest: .venv-lowest/installed  ## the core's tests without any extra, on Python 3.11 or 3.12 with the oldest libraries
	$(LOWEST)/pytest -n auto --dist loadfile --durations 5 $(addprefix tests/,$(CORE))

walls: .venv/installed  ## every hostile file against the limits of a model's process alone, without vetting
	EVERY_HOSTILE_FILE=1 $(BIN)/pytest tests/hostile_models/test_wall_alone.py

clean:  ## remove the environments
	rm -rf .venv .venv-lowest
