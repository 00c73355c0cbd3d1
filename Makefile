# All set-up happens here: a fresh clone needs Python 3.11 or later, make and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Two cores run four workers well: most tests wait for programs. Each begins elsewhere in the
# suite, so that they seldom wait, or compute, all at the same time.
WORKERS ?= 4
# What goes wrong on the day that the README shows.
DAY := --lasts db=6h --fail db=3:10s --fail web=1-2:5s --lasts backup=90min
# Where peers are installed, and what else to tell the benchmarks (--size small, a measure's name).
PEERS ?= $(or $(K1S_PEERS),tests/benchmarks/results/peers)
BENCH ?=
# The pip that comes with Python 3.11 takes longer to choose among all files of an index than a
# newer one takes to be installed and to choose. And to unpack it into the environment, only to be
# replaced, takes half as long as all the rest: the one that is here can do without that.
PIP_INSTALL := install --quiet --no-compile --disable-pip-version-check
INSTALL := $(BIN)/python -m pip $(PIP_INSTALL)

# Whoever has told Python to keep no bytecode would wait for it to be made a thousand times.
export PYTHONDONTWRITEBYTECODE :=
# And with unbuffered outputs nobody would see what k1s forgets to flush.
export PYTHONUNBUFFERED :=

.DEFAULT_GOAL := help
.PHONY: help demo test check compiled diagrams picture bench bench-peers clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(READY) ## Play the README's examples against a real server
	@$(BIN)/python tests/readme/play.py

test: ## Run every check and the whole suite
	@$(MAKE) --no-print-directory -j 2 check compiled
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -p no:cacheprovider -q

# What k1s and each worker of the suite would else make for themselves, all at the same time:
# bytecode, and Hypothesis' tables of all characters.
compiled: $(READY)
	@$(BIN)/python -m compileall -q src
	-@$(BIN)/pytest --collect-only -qqq -p no:cacheprovider > /dev/null
	@$(BIN)/python -c 'from hypothesis import strategies; strategies.text().validate()'

check: $(READY) ## Lint, types, and the freshness of the diagrams
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/k1s diagrams --check

diagrams: $(READY) ## Draw the state machines and the simulated day again
	$(BIN)/k1s diagrams
	$(BIN)/k1s simulate diagrams/day.toml $(DAY) --svg diagrams/timeline.svg

picture: $(READY) ## Take the picture of a terminal again, from a real session
	$(BIN)/python tests/readme/picture.py

bench: $(READY) ## Measure k1s beside the floor and the peers: twenty minutes
	K1S_PEERS=$(abspath $(PEERS)) $(BIN)/python tests/benchmarks/run.py $(BENCH)

bench-peers: $(READY) ## Install peers to measure beside
	$(BIN)/python tests/benchmarks/peers/install.py $(PEERS)

clean: ## Remove everything that make has made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage* build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "k1s needs Python 3.11 or later: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear --without-pip $(VENV)
	$(PYTHON) -m pip --python $(BIN)/python $(PIP_INSTALL) pip 2> /dev/null \
		|| { $(BIN)/python -m ensurepip > /dev/null && $(INSTALL) pip; }
	$(INSTALL) --editable '.[test]'
	touch $(READY)
