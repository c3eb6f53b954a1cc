# `make demo` and `make test` set everything up by themselves; they need Python 3.11 or 3.12 with venv, and make.
PY ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet
export OMP_NUM_THREADS := 1

.PHONY: demo test check setup clean

demo: .venv/.ready
	.venv/bin/vibeboard make examples/the-last-fare.fountain -o demo

test: .venv/.ready-dev
	scripts/test

check: .venv/.ready-dev
	scripts/check

setup: .venv/.ready-dev

# torch goes first and pinned: a library that depends on it would otherwise pull the newest CUDA build.
.venv/.ready: pyproject.toml constraints.txt
	$(PY) -m venv .venv
	$(PIP) install torch==2.13.0 --constraint constraints.txt
	$(PIP) install setuptools --constraint constraints.txt
	$(PIP) install --no-build-isolation --editable '.[render]' --constraint constraints.txt
	touch $@

.venv/.ready-dev: .venv/.ready
	$(PIP) install --no-build-isolation --editable '.[render,dev,gpu,traces]' --constraint constraints.txt
	touch $@

clean:
	rm -rf .venv demo
