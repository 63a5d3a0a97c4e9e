# Every target sets up what it needs first (scripts/setup does nothing when all is there).
# PRESET names the build that `make test` tests; JOBS bounds parallel compilations.
PRESET ?= release
JOBS ?= $(shell nproc)
export JOBS
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-lint build test demo bench bench-kernels bench-distributed identical simulate asan tsan lint format fuzz clean chaos

help: ## Show this list
	@echo "Trivet: one query engine, the same answer everywhere. Targets:"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 12

setup:
	@scripts/setup

setup-lint:
	@scripts/setup lint

demo: build ## Build, fetch real data, and run the tour: flights, then all of TPC-H
	@scripts/demo

build: setup ## Build the program (build/release/trivet) and the Python package
	@scripts/build release trivet_program trivet_python

test: setup ## Build and run every test
	@scripts/build $(PRESET)
	@scripts/test --preset $(PRESET)

bench: build ## Compare with DuckDB and Polars on TPC-H at scale factor 1 (BENCH_OPTIONS="--suite h2o", events, out_of_core, clients, scaling, small, decode, latency, transfer; "--scale 10")
	@scripts/build release parquet_decode
	@.venv/bin/python bench/compare.py $(BENCH_OPTIONS)

bench-kernels: setup ## Time the engine's kernels beside naive loops (BENCH_OPTIONS="--only join")
	@scripts/build release kernels
	@build/release/kernels --results bench/results $(BENCH_OPTIONS)

bench-distributed: build ## Time the single-node and Ray legs beside the embedded one and Daft on TPC-H SF1 (BENCH_OPTIONS="--scale-factor 10")
	@scripts/build release shuffle_exchange coordinator_memory
	@.venv/bin/python bench/distributed.py $(BENCH_OPTIONS)

identical: build ## Every SQL suite and TPC-H SF1 on one node's processes and on Ray, with 1, 4 and 64 partitions
	@scripts/build release sqllogictest
	@TRIVET_IDENTICAL=1 .venv/bin/python -m pytest -q -p no:cacheprovider test/cluster/test_identical.py

simulate: setup ## A million simulated failures of a cluster against the coordinator (SIMULATIONS=n)
	@scripts/build release coordinator_test
	@TRIVET_SIMULATIONS=$${SIMULATIONS:-1000000} \
	  build/release/src/coordinator_test --gtest_filter='Simulation.Keeps*'

asan: setup-lint ## Unit and SQL suites under the address and undefined-behaviour sanitizers
	@scripts/build asan
	@scripts/test --preset asan --parts unit,sql

tsan: setup-lint ## Unit and SQL suites under the thread sanitizer
	@scripts/build tsan
	@scripts/test --preset tsan --parts unit,sql

lint: setup-lint ## Check formatting, naming and clang-tidy
	@scripts/lint

format: setup-lint ## Rewrite the sources in the project's format
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

fuzz: setup-lint ## Fuzz the parser and the Parquet reader, FUZZ_SECONDS (600) each
	@scripts/build asan fuzzers
	@scripts/test --preset asan --parts fuzz --fuzz-seconds $${FUZZ_SECONDS:-600}

clean: ## Remove every build (data/ and .venv stay)
	rm -rf build

chaos: build ## Kill, stop and starve the processes of a cluster, and see what comes of its queries (CHAOS_SEEDS="1 2 3")
	@PYTHONPATH=build/release/python TRIVET_CHAOS=all TRIVET_CHAOS_SEEDS="$${CHAOS_SEEDS:-1 2 3 4 5}" \
	  .venv/bin/python -m pytest -q --durations=20 test/chaos test/cluster
