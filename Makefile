# Everything runs in an environment of its own (.venv), made on first use from the pins.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p))) python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test check bench bench-scale torture docs pins clean

demo: $(READY)  ## a pharmacy's day; leaves labels and reports in demo/
	$(BIN)/dispensary demo --out demo

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/commands.py --check
	$(MAKE) test

bench: $(READY)  ## each figure beside its floor, measured in the same run
	$(BIN)/python -m benchmarks

bench-scale: $(READY)  ## commands on long histories, with their memory; see docs/scale.md
	$(BIN)/python -m benchmarks.scale $(SCALE)

torture: $(READY)  ## kills, power cuts, failing disks and servers by the hundred; see docs/torture.md
	$(BIN)/python -m tests.torture $(TORTURE)

docs: $(READY)
	$(BIN)/python .ci/commands.py

pins: pyproject.toml  ## needs uv; run it after a change of dependencies
	uv pip compile --universal --generate-hashes --no-header --no-annotate --quiet \
	  --python-version 3.11 --extra postgres --extra xlsx --group dev pyproject.toml -o .ci/pins.txt

$(READY): .ci/pins.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/pins.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check
	touch $(READY)

clean:
	rm -rf .venv demo dist
