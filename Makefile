# `make demo` runs the main job, `make install` leaves you the command, `make test` proves it all;
# each sets up what it needs.
PYTHON ?= python3
VENV := .venv
# The set-up is redone when a lock or the package's own metadata changes.
READY := $(VENV)/ready-$(shell cat requirements.txt pyproject.toml | cksum | tr ' ' '-')

.PHONY: demo install test check docs bench scale chaos mutants soak lock clean

demo: $(READY)
	$(VENV)/bin/campaign demo

# `campaign` among the user's tools; EXTRAS=local,plots,mcp for more.
install:
	@PYTHON=$(PYTHON) sh scripts/install.sh

test: $(READY)
	$(VENV)/bin/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder

check: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# The site, in build/docs; a warning is an error.
docs: $(READY)
	$(VENV)/bin/python -m sphinx -q -W --keep-going docs build/docs
	@echo "build/docs/index.html, and build/docs/llms.txt for models"

bench: $(READY)
	$(VENV)/bin/python -m benchmarks

# The tests of what the additions for very large projects touch, with these applied: 5 minutes.
scale: $(READY)
	rm -rf build/scale
	$(VENV)/bin/campaign migrations export build/scale --with events_by_month --with kept_segments
	CAMPAIGN_TEST_MIGRATIONS=build/scale $(VENV)/bin/pytest --numprocesses=auto --dist=loadfile \
		tests/analytics tests/contacts tests/experiments tests/reports tests/segments \
		tests/tracking tests/webhooks

# Workers killed in the middle of a send to 40,000; takes minutes, and ends with what must be 0.
chaos: $(READY)
	$(VENV)/bin/python benchmarks/chaos.py

# Faults put into the migrations one by one, each of which a test has to see: under 20 minutes.
mutants: $(READY)
	$(VENV)/bin/python tests/mutants/run.py

# A mixed workload of two users under faults, compared with a model: MINUTES=30 by default.
soak: $(READY)
	$(VENV)/bin/python tests/soak/run.py

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	rm -f $(VENV)/ready-*
	touch $@

# Pins of everything that the two commands install, with hashes and without addresses.
lock:
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet uv
	UV_SYSTEM_CERTS=true $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --all-extras --group dev pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV)
