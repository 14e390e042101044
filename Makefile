# One command for each thing a newcomer does. Needs Python >= 3.11 and make; everything else goes into .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help venv demo test check bench clients clean

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
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: venv  ## measured ratios, side by side in one run
	$(BIN)/python -m benchmarks

clients: venv  ## run the real clients against the old index, under gunicorn and as CGI, and make recordings/ again
	$(BIN)/python -m recordings.make --try
	$(BIN)/python -m recordings.make

clean:  ## remove what the other targets made
	rm -rf $(VENV) .clients build dist *.egg-info report.html report.json
