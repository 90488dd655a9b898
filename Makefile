# Two commands matter: `make run` and `make test`. `make help` lists the rest.
# Everything that is installed goes into .venv, node_modules and var; nothing else on the machine is touched
# (`make test` as root may install Debian's chromium for the browser tests).

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

PORT ?= 8000
export PORT

# Processes that run tests. Those of live shops wait more than they compute, so one more than there are cores may be faster.
WORKERS ?= 2

# Some machines forbid compiled Python files: every start of a process would then take 11 s instead of 3.
unexport PYTHONDONTWRITEBYTECODE

# A home that is missing or read-only (nobody, some CI) gets replaced, so that caches have a place.
ifeq ($(shell test -w "$${HOME:-}" && echo writable),)
export HOME := $(CURDIR)/var/home
$(shell mkdir -p "$(HOME)")
endif

PY := .venv/bin/python
UV := .venv/tools/bin/uv
INSTALL := bash dev/install.sh

PO := $(wildcard shop/translations/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
FRONTEND := $(shell find frontend shop/static/img -type f 2>/dev/null)
# The style sheet keeps only the classes that are named somewhere.
NAMING := $(shell find shop -name "*.html" -o -name "*.py" 2>/dev/null)
ASSETS := $(if $(wildcard frontend/build.mjs),shop/static/dist/manifest.json)

.PHONY: help setup run test lint bench reset audit worker shell lock format messages

help: ## Show this list
	@echo "The shop of Dachuan's cooperatives. Usage: make <target>   (PORT=8000 moves the shop)"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/run.stamp $(ASSETS) $(MO) ## Install what the shop needs and build its pages' styles and scripts
	@:

run: setup ## Serve the demo town on http://127.0.0.1:8000 (Ctrl-C stops everything)
	@exec $(PY) -m dev.runner run

test: lint $(ASSETS) $(MO) ## Everything that must hold: lint, types, contracts, migrations, tests, browser journeys
	@$(PY) -m dev.browser ensure
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup -q $(TESTS)

lint: .venv/test.stamp $(ASSETS) ## Style, types, import contracts, templates, migration SQL and house rules
	@$(PY) -m dev.lint

format: .venv/test.stamp ## Let ruff put the Python files in order
	@$(PY) -m ruff check -q --fix . ; $(PY) -m ruff format -q .

messages: .venv/run.stamp ## Collect the pages' sentences into the English catalogue; names those without a translation
	@$(PY) -m dev.messages

bench: .venv/test.stamp $(ASSETS) $(MO) ## Our pages and distribution beside the limit and django-oscar (QUICK=1: 90 s; BENCH=… options)
	@QUICK="$(QUICK)" $(PY) -m benchmarks $(BENCH)

reset: ## Forget the demo town: databases, logs, uploads (refused while the shop runs)
	@if [ -d var ]; then if [ -x $(PY) ]; then $(PY) -m dev.runner reset; else rm -rf var; fi; fi

audit: setup ## Recompute every invariant from the rows (AUDIT=--json for machines)
	@$(PY) -m dev.runner exec -- flask audit $(AUDIT)

worker: setup ## One more Celery worker beside the running shop (or alone)
	@$(PY) -m dev.runner exec -- celery -A celery_worker:celery worker --loglevel INFO \
	  --queues payments,default,distribution,reports --hostname extra-$$$$@%h

shell: setup ## A Python shell inside the application
	@$(PY) -m dev.runner exec -- flask shell

lock: $(UV) ## Pin requirements/*.in anew (with hashes, without any registry's name)
	@for name in setup run test bench; do \
	  $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links requirements/$$name.in -o requirements/$$name.txt; done
	@echo "requirements/*.txt are pinned; look at the difference before you commit it."

# --- what the targets above stand on ---------------------------------------------------------------------

.venv/run.stamp: requirements/run.txt requirements/setup.txt dev/install.sh
	@$(INSTALL) run

.venv/test.stamp: requirements/test.txt requirements/run.txt requirements/setup.txt dev/install.sh
	@$(INSTALL) test

$(UV):
	@$(INSTALL) tools

node_modules/.stamp: package.json package-lock.json $(wildcard .npmrc)
	@bash dev/install.sh node

shop/static/dist/manifest.json: node_modules/.stamp $(FRONTEND) $(NAMING)
	@echo "» Building styles and scripts"
	@said=$$(npm run --silent build 2>&1) || { echo "$$said"; exit 1; }
	@touch $@

%.mo: %.po .venv/run.stamp
	@$(PY) -m babel.messages.frontend -q compile -i $< -o $@
