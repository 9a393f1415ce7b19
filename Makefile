PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PARALLEL := -n 2 --dist loadfile
COVERED := 'bayesdrop/noise/*,bayesdrop/prior.py,bayesdrop/programs/*,bayesdrop/metrics/*,bayesdrop/posterior/*'

.PHONY: demo test test-slow mutants coverage lint docs gallery clean

demo: $(BIN)/.installed
	$(BIN)/bayesdrop run quick --out results/demo

test: $(BIN)/.installed
	$(BIN)/python -m pytest $(PARALLEL)

test-slow: $(BIN)/.installed
	$(BIN)/python -m pytest -m slow -n 2 --dist worksteal tests/conformance --ignore-glob='*/test_every_method.py'
	OMP_NUM_THREADS=2 XLA_FLAGS='--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1' $(BIN)/python -m pytest -m slow -n 2 --dist worksteal --ignore-glob='*/conformance/test_[!e]*'

mutants: $(BIN)/.installed
	$(BIN)/python tests/mutants/run_mutants.py -j 2

coverage: $(BIN)/.installed-dev
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=
	$(BIN)/coverage report
	$(BIN)/coverage report --fail-under=100 --include=$(COVERED)

lint: $(BIN)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo --no-cache

docs: $(BIN)/.installed-docs
	rm -rf docs/api/generated
	$(BIN)/sphinx-build -q -W --keep-going -n -b html docs build/site

gallery: $(BIN)/.installed
	$(BIN)/python docs/examples/run.py

$(BIN)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test]"
	touch $@

$(BIN)/.installed-dev: $(BIN)/.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

$(BIN)/.installed-docs: $(BIN)/.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) build dist results/demo docs/gallery docs/api/generated
