.PHONY: demo test check bench setup pages pins clean
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p))))
BIN := .venv/bin

setup: .venv/ready

.venv/ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup ## audit six public data sets, print the rulings, write the report
	$(BIN)/pitprop audit examples/public/pitprop.yml --fail-on never -o examples/public/report.html

test: setup check ## everything CI runs
	tests/install-browser
	$(BIN)/python -m pytest -n auto --dist loadgroup

check: setup ## formatting, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/bench ## long calibrations and measurements, printed and written to benchmarks/ and docs/
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.scale.pushdown
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.work

.venv/bench: .venv/ready requirements/bench.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	touch $@

pages: setup ## write the pages of the checks anew
	$(BIN)/python -m pitprop.report.pages > docs/checks.md

pins: setup ## renew the pins, with hashes and without addresses
	for f in run dev bench; do $(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --universal --python-version 3.11 requirements/$$f.in -o requirements/$$f.txt; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache build dist
