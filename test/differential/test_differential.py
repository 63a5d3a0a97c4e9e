"""10,000 random queries: Trivet agrees with DuckDB, and with itself unoptimised.

The head of pytest's report names the seed; TRIVET_SEED repeats it."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import run  # noqa: E402
from conftest import BUILD, SEED  # noqa: E402
from reference import NoAnswer, Reference  # noqa: E402

PARTS = 20
QUERIES = int(os.environ.get("TRIVET_DIFFERENTIAL_QUERIES", 10_000))
MOST_REFUSED = 0.1  # DuckDB does not take every query that the generator makes


@pytest.fixture
def reference():
    with Reference() as reference:
        yield reference


@pytest.mark.parametrize("part", range(PARTS))
def test_random_queries_agree(part):
    seed = SEED + part
    print(f"TRIVET_SEED={SEED}, part {part} has the seed {seed}")
    count = QUERIES // PARTS
    outcome = run.compare(seed, count)
    assert not outcome.disagreements, "\n" + run.report(outcome, seed, BUILD / "test-logs")
    assert outcome.compared >= count * (1 - MOST_REFUSED)


# `IN` over no rows is false, and over NULL alone unknown. DuckDB mixes them up where the subquery's values
# are all NULL, and come from a scalar subquery whose number of rows is checked.
OF_TWO_ANSWERS = "SELECT k, 1 IN (SELECT (SELECT v FROM none) FROM t WHERE t.k = o.k) FROM o"


@pytest.mark.parametrize("query, noted, wrong", [
    (OF_TWO_ANSWERS, [OF_TWO_ANSWERS], False),
    ("SELECT k FROM o", [], False),
    ("SELECT k + random() FROM o", [], True),  # two answers, and Trivet's is neither
])
def test_what_duckdb_answers_in_two_ways_is_noted(reference, query, noted, wrong):
    engine, outcome = run.TrivetPair(), run.Outcome()
    for statement in ("CREATE TABLE o (k INTEGER)", "INSERT INTO o VALUES (1), (2), (NULL)",
                      "CREATE TABLE t (k INTEGER)", "INSERT INTO t VALUES (1), (3)",
                      "CREATE TABLE none (v INTEGER)"):
        reference.execute(statement)
        engine.execute(statement)
    assert bool(run.judge(outcome, reference, engine, query, False, True)) == wrong
    assert outcome.contradictions == noted


def test_when_duckdb_dies_its_query_has_no_answer_and_the_next_one_has(reference):
    reference.execute("CREATE TABLE left_behind (k INTEGER)")
    reference.connect()
    reference.execute("CREATE TABLE o (k INTEGER)")
    reference.execute("INSERT INTO o VALUES (1), (NULL)")
    reference.child.kill()
    with pytest.raises(NoAnswer, match="ended with -9"):
        reference.rows("SELECT k FROM o")
    assert reference.rows("SELECT k FROM o") == [(1,), (None,)]
    with pytest.raises(NoAnswer, match="left_behind"):
        reference.rows("SELECT k FROM left_behind")


def test_queries_of_which_duckdb_dies_count_as_refused(monkeypatch):
    class Dying(Reference):
        def rows(self, query, ask=None, undo=None):
            self.queries = getattr(self, "queries", 0) + 1
            if self.queries % 10 == 0:
                self.child.kill()
            return super().rows(query, ask, undo)

    monkeypatch.setattr(run, "Reference", Dying)
    outcome = run.compare(SEED, 50)
    assert not outcome.disagreements
    assert outcome.refused >= 4 and outcome.compared + outcome.refused == 50
    assert "ended with -9" in outcome.last_refusal[0]
