# Two commands do everything: `make lab` and `make test`. The rest is for those who change things.

FITS := import ensurepip, sys, venv; assert (3, 11) <= sys.version_info < (3, 15)
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PAD := 05_draw_and_predict.ipynb
NOTEBOOKS ?= $(sort $(wildcard notebooks/[0-9]*.ipynb))

.PHONY: help lab test test-fast run bench bench-gpu page lint hooks constraints fresh clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 12

lab: .venv/lab.stamp  ## install what is missing, open JupyterLab (ARGS=--no-browser for a server)
	JUPYTER_CONFIG_PATH="$(CURDIR)/lab" JUPYTERLAB_WORKSPACES_DIR="$(CURDIR)/.venv/workspaces" \
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/$(PAD) $(ARGS)

test: .venv/test.stamp  ## install what is missing, run all tests (ARGS='-k drawing' for some)
	$(BIN)/python -m pytest $(or $(ARGS),--cov)

test-fast: .venv/test.stamp  ## run all tests but those with a browser, a notebook or a long training
	$(BIN)/python -m pytest -m 'not slow' $(ARGS)

run: .venv/lab.stamp  ## execute the notebooks top to bottom, in place (NOTEBOOKS=… for some)
	$(BIN)/python lab/run_notebooks.py $(NOTEBOOKS)
	$(BIN)/python lab/thumbnails.py $(NOTEBOOKS)

bench: .venv/bench.stamp  ## measure the networks side by side, write benchmarks/*.md (an hour)
	$(BIN)/python benchmarks/cnn.py
	$(BIN)/python benchmarks/architectures.py
	$(BIN)/python benchmarks/mlp_speed.py
	$(BIN)/python benchmarks/mlp_accuracy.py
	$(BIN)/python benchmarks/install_size.py
	$(BIN)/python benchmarks/processes.py
	$(BIN)/python benchmarks/dcgan.py
	$(BIN)/python benchmarks/gan_games.py
	$(BIN)/python benchmarks/other_pictures.py
	$(BIN)/python benchmarks/strokes.py
	$(BIN)/python benchmarks/pad.py

bench-gpu: .venv/bench.stamp  ## measure the trainings on a GPU, write benchmarks/gpu.md
	$(BIN)/python benchmarks/gpu.py

page: .venv/lab.stamp  ## write the pad as one page that opens anywhere, docs/index.html
	$(BIN)/python -c 'from helpers.page import save_page; print(save_page("docs/index.html"))'

lint: .venv/test.stamp  ## format the code, notebooks included, and check it and its types
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

hooks: .venv/test.stamp  ## let git check what is committed, notebooks cleaned
	$(BIN)/python -m pip install --quiet -c constraints.txt pre-commit
	$(BIN)/pre-commit install

# torch pins its CUDA packages itself, and machines without a GPU go without them.
constraints:  ## resolve all packages afresh and pin what is found (then make test)
	$(PYTHON) -m venv --clear .venv/fresh
	.venv/fresh/bin/python -m pip install --quiet -r requirements.txt -e '.[sweep,test,bench]' pre-commit
	.venv/fresh/bin/python -m pip freeze --exclude-editable > .venv/fresh/found.txt
	{ grep '^#' constraints.txt; grep -vE '^(nvidia|cuda|triton)' .venv/fresh/found.txt | sed 's/+cpu$$//' \
	| $(PYTHON) -c 'import sys; sys.stdout.writelines(sorted(sys.stdin, key=str.lower))'; \
	} > .venv/fresh/constraints.txt
	mv .venv/fresh/constraints.txt constraints.txt
	rm -rf .venv/fresh

fresh:  ## put the lessons back as they came; yours are kept in runs/lessons/
	@if git diff --quiet -- 'notebooks/*.ipynb'; then echo "The lessons are as they came."; else \
	kept=runs/lessons/$$(date +%Y%m%d-%H%M%S) && mkdir -p $$kept && cp notebooks/*.ipynb $$kept && \
	git checkout --quiet -- 'notebooks/*.ipynb' && \
	echo "The lessons are as they came; yours are in $$kept."; fi

clean:  ## remove what was installed and what tests and checks left; what is yours stays
	rm -rf .venv .coverage .pytest_cache .ruff_cache .mypy_cache *.egg-info

# The stamps are older than the requirement files only when those changed.
.venv/lab.stamp: requirements.txt constraints.txt pyproject.toml lab/install.py
	@$(PYTHON) -c '$(FITS)' 2>/dev/null || { echo "No Python from 3.11 to 3.14 with its venv was found: install one" \
	"(Debian: python3 and python3-venv), or name yours: make lab PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) lab/install.py
	@touch $@

.venv/%.stamp: .venv/lab.stamp
	@$(PYTHON) lab/install.py $*
	@touch $@
