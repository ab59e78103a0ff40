# make demo   from nothing to the comparison and its report
# make test   install, lint, types, tests
# make bench  the engine beside plain transformers and beside the machine; leave the machine alone
PYTHON ?= python3
VENV   ?= .venv
RUNS   ?= runs/demo
BENCH  ?= results/bench
BIN    := $(VENV)/bin

.PHONY: demo test bench clean

demo: $(VENV)/.demo
	$(BIN)/driftgauge run experiment=demo runs=$(RUNS)

test: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
# A process a core, so one thread each; the files in their order, since long ones come early in it.
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks.engine --out $(BENCH)

clean:
	rm -rf $(VENV)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@ $(VENV)/.demo
