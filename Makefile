# make demo [ARGS=--once]   the whole journey against the stand-ins
# make test                 lint, then every test (DEEP=1: larger counts, nothing may be missing)
# make journeys             every journey on PostgreSQL; the tests have it from a wheel
# make prism                what the tests check our requests to Procore with; needs Node.js and npm
# make axe                  what the tests check the status page with; needs npm, and Chromium for the tests
# make lint | bench | soak | installer | wheels | lock    bench: ARGS="--only cycles" and the like, see tests/bench/edge.py
#
# Needs only git, make and Python 3.11 to 3.13. PYTHON=python3.13 names the interpreter, VENV=.venv-313 the folder.

VENV ?= .venv
PRISM := .prism
AXE := .axe
ARGS ?=
SOAK_JOURNEYS ?= 20

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
HASHED := $(PIP) install --quiet --quiet --require-hashes --no-build-isolation
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)
# Each candidate is run, not only looked up: a version manager's shim may exist and fail.
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: demo test journeys prism axe lint bench soak installer wheels lock same-python

demo: $(VENV)/.project
	$(VENV)/bin/qbwc-bridge demo $(ARGS)

# Test databases wait for their disk: in memory, where there is room for them, the tests are a fifth faster.
MEMORY := /dev/shm
ROOM := $(shell [ -w $(MEMORY) ] && [ "$$(df -k --output=avail $(MEMORY) 2>/dev/null | tail -n 1)" -ge 6000000 ] && echo $(MEMORY))

IN_MEMORY = TMPDIR=$${TMPDIR:-$(or $(ROOM),/tmp)}

test: lint
	$(IN_MEMORY) $(PY) -m pytest -n 2 $(ARGS)

journeys: $(VENV)/.dev $(VENV)/.project
	$(IN_MEMORY) TEST_DATABASE=postgresql $(PY) -m pytest -n 2 tests/journeys $(ARGS)

prism: $(PRISM)/.made

axe: $(AXE)/.made

lint: $(VENV)/.dev $(VENV)/.project
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	git ls-files -z --cached --others --exclude-standard | xargs -0 $(VENV)/bin/codespell

bench: $(VENV)/.dev $(VENV)/.project
	$(PY) -m tests.bench.edge $(ARGS)
	$(PY) -m tests.bench.journey

# The full counts: every test at its deepest, every journey on PostgreSQL as well, then the whole journey from one seed
# after another.
soak: $(VENV)/.dev $(VENV)/.project
	DEEP=1 SOAK=1 $(PY) -m pytest -n 2 $(ARGS)
	DEEP=1 $(MAKE) journeys ARGS=
	$(PY) -m tests.bench.journey --runs $(SOAK_JOURNEYS)

# The setup program for Windows, see installer/README.md; needs Debian's nsis, and Python's archive in installer/vendor/.
installer: $(VENV)/.dev
	$(PY) -m installer.build $(ARGS)

# Everything for an installation without a network on a machine like this one.
wheels: $(VENV)/.dev
	rm -rf build dist
	$(PIP) wheel --quiet --quiet --no-deps --no-index --no-build-isolation --wheel-dir dist .
	$(PIP) wheel --quiet --quiet --no-deps --require-hashes --no-build-isolation --wheel-dir dist -r requirements/runtime.txt
	@echo "dist/ holds the wheels for a machine like this one (installer/README.md)."

# New pins from pyproject.toml and requirements/*.in. A release younger than a week is left to ripen.
NPM := --no-audit --no-fund --loglevel=error
RESOLVE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --exclude-newer "7 days" \
	--no-emit-index-url --no-annotate --no-header --no-config
# The pins of Prism and axe name no registry, so that they hold with whichever npm is set up to use.
lock: $(VENV)/.dev
	$(RESOLVE) $(ARGS) requirements/build.in -o requirements/build.txt
	$(RESOLVE) $(ARGS) -c requirements/build.txt pyproject.toml -o requirements/runtime.txt
	$(RESOLVE) $(ARGS) -c requirements/build.txt -c requirements/runtime.txt --extra postgresql pyproject.toml requirements/dev.in \
		-o requirements/dev.txt
	$(RESOLVE) $(ARGS) -c requirements/build.txt -c requirements/dev.txt --extra postgresql pyproject.toml -o requirements/server.txt
	for tool in prism axe; do (cd requirements/$$tool && npm install --package-lock-only --omit-lockfile-registry-resolved \
		--ignore-scripts $(NPM)) || exit 1; done

# Each stamp is touched when its step has succeeded, so a broken installation is taken up again.

$(VENV)/.made: | same-python
	@for python in $(CANDIDATES); do \
	  if "$$python" -c '$(FITS)' >/dev/null 2>&1; then \
	    echo "$(VENV) is made with $$("$$python" --version)"; \
	    "$$python" -m venv $(VENV) && touch $@ && exit 0; exit 1; \
	  fi; \
	done; \
	echo "None of these is a working Python 3.11, 3.12 or 3.13 with its venv module: $(CANDIDATES)." \
	  "Install one (on Debian: python3 and python3-venv) or name it: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/.runtime: $(VENV)/.made requirements/build.txt requirements/runtime.txt
	@echo "$(VENV): installing what the bridge runs on"
	@$(HASHED) -r requirements/build.txt
	@$(HASHED) -r requirements/runtime.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "$(VENV): installing what tests and checks it"
	@$(HASHED) -r requirements/dev.txt
	@touch $@

$(VENV)/.project: $(VENV)/.runtime pyproject.toml
	@$(PIP) install --quiet --quiet --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(PRISM)/.made: requirements/prism/package.json requirements/prism/package-lock.json
	@echo "$(PRISM): installing what our requests to Procore are checked with"
	@mkdir -p $(PRISM) && cp $^ $(PRISM)
	@npm ci --prefix $(PRISM) --prefer-offline --ignore-scripts $(NPM)
	@touch $@

$(AXE)/.made: requirements/axe/package.json requirements/axe/package-lock.json
	@echo "$(AXE): installing what the status page is checked with"
	@mkdir -p $(AXE) && cp $^ $(AXE)
	@npm ci --prefix $(AXE) --prefer-offline --ignore-scripts $(NPM)
	@touch $@

# A named PYTHON must be the one that a folder made earlier holds; otherwise the wrong version would be tested in silence.
same-python:
ifneq ($(PYTHON),)
	@if [ -e $(VENV)/.made ]; then \
	  version='import sys; print("%d.%d" % sys.version_info[:2])'; \
	  want=$$($(PYTHON) -c "$$version") && have=$$($(PY) -c "$$version") || exit 1; \
	  if [ "$$want" != "$$have" ]; then \
	    echo "$(VENV) holds Python $$have, not $$want; name another folder: make VENV=.venv-$$want PYTHON=$(PYTHON)" >&2; exit 1; \
	  fi; \
	fi
endif
