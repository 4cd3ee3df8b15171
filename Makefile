# The two commands of the README are `run` and `test`; each does all of its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Tests start many processes; without bytecode each of them would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

PYTEST := $(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder
LINT := $(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

.PHONY: run demo test test-long programs unit lint bench bench-rules bench-dashboards dashboards dashboards-import pictures page-pictures soak constraints peers sbom dist

run: $(VENV)/.run
	@scripts/run

# `make demo ARGS=--break=sora-2-official` breaks a service.
demo: $(VENV)/.run
	@$(BIN)/sora-exporter demo $(ARGS)

# Four files at a time on two cores, since tests that drive programs mostly wait. The checks of the source run beside
# them; a finding is shown at once and fails the target at the end.
test test-long: $(VENV)/.test programs peers
	@lint=$(VENV)/lint.txt; \
	{ { $(LINT); } >$$lint 2>&1 || { cat $$lint; exit 1; }; } & \
	$(PYTEST) $(if $(filter test-long,$@),--long); tested=$$?; \
	wait $$! && echo "ruff, mypy and import-linter: passed" && exit $$tested

# While working: neither processes nor real programs.
unit: $(VENV)/.test
	$(PYTEST) -m "not processes and not programs"

programs:
	scripts/install-test-programs

peers: $(VENV)/.test
	scripts/install-peers
	$(BIN)/python scripts/install-helm

lint: $(VENV)/.test
	$(LINT)

# The cost of the exporter beside blackbox_exporter in one table, and the work that the rules save Prometheus.
bench: $(VENV)/.run programs
	@PYTHONPATH=scripts:tests $(BIN)/python -m bench

bench-rules: $(VENV)/.run programs
	@$(BIN)/python scripts/bench/rules.py

# The cost of every panel of the dashboards with a thousand services, or of those that match PANELS='uid / title'.
PANELS ?=
bench-dashboards: $(VENV)/.run programs
	@PYTHONPATH=scripts:tests $(BIN)/python -m bench.dashboards '$(PANELS)'

# The dashboards again from their source; and copies for import by hand or for grafana.com.
dashboards: $(VENV)/.test
	$(BIN)/python -m grafana.source

dashboards-import: $(VENV)/.test
	$(BIN)/python -m grafana.source dist/grafana --for-import

# Pictures of the dashboards, with the demo running; PREVIEW draws a dashboard with Grafana's libraries.
PROMETHEUS ?= http://127.0.0.1:9090
pictures: $(VENV)/.test
	@test -d "$(PREVIEW)" || { echo "name the folder of the drawing page: make pictures PREVIEW=FOLDER" >&2; exit 1; }
	PYTHONPATH=tests $(BIN)/python -m support.dashboard_pictures "$(PREVIEW)" $(PROMETHEUS)

# The README's picture of the status page, and every other look in dist/page, with the demo running.
EXPORTER ?= http://127.0.0.1:10198
page-pictures: $(VENV)/.test
	PYTHONPATH=tests $(BIN)/python -m support.screenshots $(EXPORTER)

# Memory, tasks and descriptors after 100,000 attempts over every kind of fault.
soak: $(VENV)/.test
	$(BIN)/python tests/support/soak.py 100000

# Pin the newest versions that pyproject.toml allows: names and numbers only, without an index.
constraints: $(VENV)/.python
	$(PYTHON) -m venv --clear $(VENV)/newest
	$(VENV)/newest/bin/python -m pip install --quiet --disable-pip-version-check '.[dev,release]'
	$(VENV)/newest/bin/python -m pip list --disable-pip-version-check --format=freeze \
	  --exclude pip --exclude sora-exporter >constraints.txt
	$(MAKE) --no-print-directory constraints.hashes.txt

# The packages of the image, with the hashes of all files of each version, from the index.
constraints.hashes.txt: constraints.txt pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)/newest
	$(VENV)/newest/bin/python -m pip install --quiet --disable-pip-version-check uv
	echo 'setuptools>=77' | $(VENV)/newest/bin/uv pip compile --quiet --python-version 3.11 --python-platform linux \
	  --generate-hashes --no-annotate --no-header --constraint constraints.txt --extra postgresql pyproject.toml - \
	  --output-file $@
	rm -r $(VENV)/newest

# A bill of materials of the image's Python packages, in the form of CycloneDX.
sbom: $(VENV)/.run
	$(PIP_INSTALL) --editable '.[release]'
	$(BIN)/cyclonedx-py requirements constraints.hashes.txt --pyproject pyproject.toml --output-reproducible \
	  --output-format JSON --output-file sbom.cdx.json

# What a release publishes, in dist/: wheel and sdist, the same bytes for the same commit, and the chart.
dist: $(VENV)/.run
	$(PIP_INSTALL) --editable '.[release]'
	$(BIN)/python scripts/install-helm
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir dist
	$(BIN)/twine check --strict dist/sora_exporter-*
	$(VENV)/peers/helm/helm package deploy/helm/sora-exporter --destination dist

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python pyproject.toml constraints.txt
	$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $@
