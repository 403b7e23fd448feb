# Every target does its own set-up (tools/setup.sh) and skips what is done.

VENV ?= .venv
BIN := $(VENV)/bin
export VENV

PYTEST_ARGS ?= -n 3 --dist loadfile --no-loadscope-reorder
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo up check test bench screenshots format lock clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: ## Run a whole centre with a made-up city in a throw-away folder
	@tools/setup.sh run
	@$(BIN)/carebell demo

up: ## Run the whole centre on the data in ./carebell-data
	@tools/setup.sh run
	@$(BIN)/carebell up

check: ## Lint, format, types, who imports whom, nothing of one machine committed
	@tools/setup.sh check
	@failed=0; \
	for step in "$(BIN)/ruff check ." "$(BIN)/ruff format --check ." $(BIN)/mypy "$(BIN)/lint-imports --no-logo" tools/check_traces.sh; do \
		echo "check: $${step#$(BIN)/}"; $$step || failed=1; \
	done; \
	exit $$failed

test: ## Run the tests; installs Chromium, Mosquitto and PostgreSQL where they are missing
	@tools/setup.sh test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: ## Measure press to first call beside the bare floor, one JSON line
	@tools/setup.sh check
	$(BIN)/python bench/press.py $(BENCH_ARGS)

screenshots: ## Photograph the duty desk for docs/images
	@tools/setup.sh test
	$(BIN)/python tools/screenshots.py

format: ## Format the code and mend what ruff can mend
	@tools/setup.sh check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Write the lock files anew from pyproject.toml (fetches uv)
	@tools/setup.sh check
	$(BIN)/python -m pip install --quiet uv
	export UV_CUSTOM_COMPILE_COMMAND="make lock"; \
	compile="$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url"; \
	$$compile pyproject.toml -o requirements.lock && \
	$$compile pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove what was built and what the tools left; data and .venv stay
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis console/static/vendor
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
