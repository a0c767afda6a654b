# What CI runs is `make check`; a person wants `make bench` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: bench test check clean
.DELETE_ON_ERROR:

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

bench: .venv/installed  ## the benchmark on the embedded data set; tables and figures in reports/
	$(BIN)/pytest benchmarks/

test: .venv/installed  ## the tests, a file a worker
	$(BIN)/pytest -n auto --dist loadfile --durations 20

check: .venv/installed  ## format, lint, types, import floors, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --dist loadfile --durations 20

clean:
	rm -rf .venv
