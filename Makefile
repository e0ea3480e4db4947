# `make run` starts the centre, `make test` tests it, `make check` tests without browsers and servers, `make bench` measures.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PROFILE

.PHONY: help run test check audit bench pictures units lock clean
help:
	@echo "make run [PROFILE=cantho|protocols] · make test · make check · make audit · make bench · make pictures · make units · make lock · make clean"

run: $(VENV)/run .build/plotly
	@exec $(BIN)/python app.py run

# Two runs, both to the end: a browser that is kept open between tests holds the loop that asynchronous tests need.
PROGRAM_TESTS := tests/system tests/browser tests/benchmarks
test: $(VENV)/dev .build/plotly
	@sh scripts/test_needs.sh
	@sh scripts/peers.sh
	@failed=; \
	BIN=$(BIN) sh scripts/run_tests.sh $(PROGRAM_TESTS:%=--ignore=%) || failed=1; \
	BIN=$(BIN) sh scripts/run_tests.sh --durations=30 $(PROGRAM_TESTS) || failed=1; \
	test -z "$$failed"

check: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/bandit -q -ll -ii -r app.py components data_sources ioc pages simulator 2>/dev/null
	$(BIN)/python -m pytest -n 2 -m "not browser and not postgres and not slow"

# Known faults of what is locked; asks a service on the internet, so it is no part of the check.
audit: $(VENV)/dev
	$(BIN)/pip-audit -r requirements.txt --disable-pip --require-hashes

bench: $(VENV)/dev .build/plotly
	@sh scripts/test_needs.sh
	$(BIN)/python -m benchmarks

# Every page, size, theme and language of a new demonstration; LOOK="--size phone --theme dark" takes these only.
pictures: $(VENV)/dev .build/plotly
	@sh scripts/test_needs.sh
	$(BIN)/python scripts/pictures.py $(LOOK)

# The environment: made anew from the locked requirements whenever they change.
$(VENV)/run: requirements.txt
	@sh scripts/environment.sh "$(PYTHON)" $(VENV) requirements.txt
	@touch $@

$(VENV)/dev: requirements-dev.txt
	@sh scripts/environment.sh "$(PYTHON)" $(VENV) requirements-dev.txt
	@touch $(VENV)/run $@

# plotly.js with only the traces in use, where Node is present; the full one is used otherwise.
.build/plotly: package-lock.json scripts/build_plotly.mjs
	@mkdir -p .build
	@sh scripts/plotly.sh
	@touch $@

# docs/units.md from the table of units; a test fails when it is out of date.
units: $(VENV)/dev
	$(BIN)/python scripts/units_page.py

lock: $(VENV)/dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) .build .mypy_cache .ruff_cache node_modules
