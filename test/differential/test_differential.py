"""10,000 random queries: Trivet agrees with DuckDB, and with itself unoptimised.

The head of pytest's report names the seed; TRIVET_SEED repeats it."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import run  # noqa: E402
from conftest import BUILD, SEED  # noqa: E402

PARTS = 20
QUERIES = int(os.environ.get("TRIVET_DIFFERENTIAL_QUERIES", 10_000))
MOST_REFUSED = 0.1  # DuckDB does not take every query that the generator makes


@pytest.mark.parametrize("part", range(PARTS))
def test_random_queries_agree(part):
    seed = SEED + part
    print(f"TRIVET_SEED={SEED}, part {part} has the seed {seed}")
    count = QUERIES // PARTS
    outcome = run.compare(seed, count)
    assert not outcome.disagreements, "\n" + run.report(outcome, seed, BUILD / "test-logs")
    assert outcome.compared >= count * (1 - MOST_REFUSED)
