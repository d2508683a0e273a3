# `make run` shows the product on the bundled samples; `make test` proves it. Both set up first.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --quiet --disable-pip-version-check
# Named after what is installed, so that a changed lock installs anew.
INSTALLED := .venv/installed-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: help setup run ui site check test generated lock sbom audit

help:
	@sed -n 's/^## //p' Makefile

## make setup      locked dependencies into .venv
setup: $(INSTALLED)

$(INSTALLED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Chrysopedia needs Python 3.11 or newer, this is " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear .venv
	$(PIP) install --no-deps --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

## make run        take in the bundled samples, make their pages, show one (no key, no server, SQLite)
run: setup
	@$(BIN)/chrysopedia demo

## make ui         the Dagster web UI on the same data, at http://127.0.0.1:3000
ui: setup
	@$(BIN)/chrysopedia ui

## make site       the reading site on the same data, at http://127.0.0.1:8000
site: setup
	@$(BIN)/chrysopedia site serve

## make check      style, types, import walls, graph snapshot, metadata contract, generated docs
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/dg check defs
	$(BIN)/pytest -q tests/graph tests/cli/test_docs.py tests/site/test_readme.py

## make test       make check, then every test
test: check
	$(BIN)/pytest -q -n auto --dist loadfile --no-loadscope-reorder tests

## make generated  write anew what tests compare: docs/cli.md, the graph's snapshot, the README's page
generated: setup
	$(BIN)/python -m tests.cli.test_docs
	$(BIN)/python -m tests.graph.test_graph
	$(BIN)/python -m tests.site.test_readme

## make lock       resolve pyproject.toml into requirements.lock
lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev \
		--no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.lock

# uv lists and audits what its own kind of lock holds: one with exactly what is in requirements.lock.
BILL := .venv/bill
$(BILL)/uv.lock: $(INSTALLED)
	@mkdir -p $(BILL)
	@{ cat pyproject.toml; echo '[tool.uv]'; echo 'constraint-dependencies = ['; \
		sed -nE 's/^([a-z0-9].*==.*[^ ]) \\$$/    "\1",/p' requirements.lock; echo ']'; } > $(BILL)/pyproject.toml
	@$(BIN)/uv lock --quiet --project $(BILL)

## make sbom       what the product is made of, as CycloneDX: sbom.cdx.json
sbom: $(BILL)/uv.lock
	$(BIN)/uv export --quiet --project $(BILL) --frozen --no-dev --all-extras --format cyclonedx1.5 --output-file sbom.cdx.json >/dev/null

## make audit      known vulnerabilities of what is locked, by osv.dev: a report, which fails nothing
audit: setup
	@timeout 120 $(MAKE) --no-print-directory $(BILL)/uv.lock && timeout 60 $(BIN)/uv audit --preview-features audit-command --project $(BILL) --frozen \
		|| echo 'This is a report: what it found, or that nobody could be asked, fails nothing.'
