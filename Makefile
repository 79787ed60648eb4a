# Two commands: `make demo` and `make test`. Each sets up what it needs, once.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test docs dist audit format clean

demo: .venv/installed .venv/libraries
	@$(BIN)/python -m bci_app demo

test: .venv/installed-dev .venv/libraries-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(MAKE) --no-print-directory docs
	$(BIN)/python -m pytest -n 2 --dist worksteal

docs: .venv/installed-dev
	@rm -rf docs/api  # written anew: a page of a module that is gone would stay
	$(BIN)/python -m sphinx -q -W --keep-going docs build/docs

dist:
	@sh scripts/check-distribution.sh "$(PYTHON)"

audit:
	@sh scripts/audit-dependencies.sh "$(PYTHON)"

format: .venv/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/bin/python:
	@sh scripts/create-environment.sh "$(PYTHON)"

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing bci-app into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing bci-app and the development tools into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@ .venv/installed

# Without these the demo runs headless: a machine where they cannot be installed goes on.
.venv/libraries: scripts/system-libraries.sh | .venv/bin/python
	@sh scripts/system-libraries.sh windows && touch $@ || true

.venv/libraries-dev: scripts/system-libraries.sh | .venv/bin/python
	@sh scripts/system-libraries.sh windows tests && touch $@ .venv/libraries || true
