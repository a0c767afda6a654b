# What CI runs is `make check`; a person wants `make quick`, `make bench` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: bench quick test check clean
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
	$(BIN)/pytest -n auto --dist loadfile --durations 20

check: .venv/installed  ## format, lint, types, layer contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile --durations 20

clean:  ## remove the environment
	rm -rf .venv
