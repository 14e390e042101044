# One command for each thing a newcomer does. Needs Python >= 3.11 and make; everything else goes into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help venv demo test check coverage bench clients clean

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: setup.py
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "screamtest needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

venv: $(VENV)/.installed  ## .venv with every extra

demo: venv  ## replay recordings/ at the old index and at the new one; leaves report.html and report.json
	@$(BIN)/harness diff recordings/ --old legacy.wsgi:application --new modern.wsgi:application \
		--html report.html --json report.json; status=$$?; \
	if [ $$status -gt 1 ]; then exit $$status; fi; \
	echo "The comparison ran (harness diff ended with $$status). Open report.html."

test: venv  ## the whole suite
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -q -rs

check: venv  ## ruff, mypy, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: venv  ## every line and branch of modern/ is tested; fails below 100 %
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q tests/modern
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report

bench: venv  ## measured ratios, side by side in one run
	$(BIN)/python -m benchmarks

clients: venv  ## run the real clients against the old index, under gunicorn and as CGI, and make recordings/ again; INDEX=modern: only try the new one
	$(BIN)/python -m recordings.make --try $(INDEX)
	$(if $(filter modern,$(INDEX)),,$(BIN)/python -m recordings.make)

clean:  ## remove what the other targets made
	rm -rf $(VENV) .clients build dist *.egg-info report.html report.json
