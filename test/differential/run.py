"""Compares Trivet with DuckDB, and with itself unoptimised, on random queries.

Usage: run.py [--seed N] [--queries N] [--output DIRECTORY]
"""

import argparse
import dataclasses
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import oracle  # noqa: E402
from queries import Queries  # noqa: E402
from reference import NoAnswer, Reference  # noqa: E402
from tables import make_tables  # noqa: E402

QUERIES_PER_DATABASE = 100  # then the tables change
SPILLED_SHARE = 0.25  # of the queries, that are also asked with everything on disk
# How DuckDB is asked again, and how to undo that: without its optimiser, and without the check that scalar
# subqueries give one row at most, which those made here do. Neither may change an answer.
SECOND_OPINIONS = (
    ("PRAGMA disable_optimizer", "PRAGMA enable_optimizer"),
    ("SET scalar_subquery_error_on_multiple_rows = false", "RESET scalar_subquery_error_on_multiple_rows"),
)


@dataclasses.dataclass
class Outcome:
    compared: int = 0
    refused: int = 0  # by DuckDB, or died of
    contradictions: list = dataclasses.field(default_factory=list)  # queries DuckDB answers in two ways
    disagreements: list = dataclasses.field(default_factory=list)  # (what, script)


def sort_key(row):
    """A total order of rows in which floats that differ in their last bits are neighbours."""
    return [
        (value is None, type(value).__name__, f"{value:.9g}" if isinstance(value, float) else str(value))
        for value in row
    ]


def difference(expected, actual, ordered):
    if not ordered:
        expected, actual = sorted(expected, key=sort_key), sorted(actual, key=sort_key)
    return oracle.difference(expected, actual)


def identical(left, right, ordered):
    """Are the rows the same, to the last bit?"""
    left, right = [repr(row) for row in left], [repr(row) for row in right]
    return left == right if ordered else sorted(left) == sorted(right)


class TrivetPair:
    """Trivet as it is; with optional rules disabled, one thread and batches of three rows; and, for a share of the
    queries, with operators that put all they hold on disk."""

    def __init__(self, random=None):
        from conftest import open_connection

        self.optimised = open_connection(threads=2)
        self.plain = open_connection(threads=1, batch_size=3)
        self.plain.execute("SET disabled_optimizers = 'all'")
        self.random = random
        self.spilling = open_connection(threads=2, batch_size=random.choice([1, 3, 2048]) if random else 3)
        self.spilling.execute("SET always_spill = true")

    def execute(self, statement):
        self.optimised.execute(statement)
        self.plain.execute(statement)
        self.spilling.execute(statement)

    def problem(self, query, ordered, expected, has_subquery):
        """What is wrong with Trivet's answers, or None."""
        try:
            rows = self.optimised.sql(query).fetchall()
        except Exception as error:  # whatever it raises is a disagreement to be reported
            return f"Trivet fails: {error}"
        found = difference(expected, rows, ordered)
        if found:
            return found
        try:
            plain_rows = self.plain.sql(query).fetchall()
        except Exception as error:
            return f"unoptimised, Trivet fails: {error}"
        if not identical(rows, plain_rows, ordered):
            return f"optimised and unoptimised differ: {difference(rows, plain_rows, ordered)}"
        if self.random is None or self.random.random() < SPILLED_SHARE:
            try:
                spilled_rows = self.spilling.sql(query).fetchall()
            except Exception as error:
                return f"with everything on disk, Trivet fails: {error}"
            if not identical(rows, spilled_rows, ordered):
                return f"in memory and on disk differ: {difference(rows, spilled_rows, ordered)}"
        if has_subquery:
            plans = dict(self.optimised.sql(f"EXPLAIN {query}").fetchall())
            if "DEPENDENT" in plans["optimized_plan"].upper():
                return "a dependent join survived optimisation"
        return None


def second_opinions(reference, query):
    """What else DuckDB answers."""
    for ask, undo in SECOND_OPINIONS:
        try:
            yield reference.rows(query, ask, undo)
        except NoAnswer:
            pass


def judge(outcome, reference, engine, query, ordered, has_subquery):
    """What is wrong with Trivet's answer, or None; raises NoAnswer where DuckDB has none.

    Where DuckDB gives another answer when it is asked again, one of the two is its fault: then Trivet may
    give that other one, and the query is noted."""
    expected = reference.rows(query)
    what = engine.problem(query, ordered, expected, has_subquery)
    if what is None:
        return None
    for other in second_opinions(reference, query):
        if difference(expected, other, ordered) and not engine.problem(query, ordered, other, has_subquery):
            outcome.contradictions.append(query)
            return None
    return what


def compare(seed, count, engine_factory=TrivetPair):
    """Runs `count` queries that follow from the seed."""
    outcome = Outcome()
    source = random.Random(seed)
    choices = random.Random(seed)  # of what to ask how: the queries do not depend on it
    with Reference() as reference:
        while outcome.compared + outcome.refused < count:
            tables = make_tables(source)
            queries = Queries(source, tables)
            statements = [statement for table in tables for statement in table.script()]
            reference.connect()
            engine = engine_factory(choices)
            for statement in statements:
                reference.execute(statement)
                engine.execute(statement)
            for _ in range(min(QUERIES_PER_DATABASE, count - outcome.compared - outcome.refused)):
                query, ordered = queries.query()
                try:
                    what = judge(outcome, reference, engine, query, ordered, queries.has_subquery)
                except NoAnswer as error:
                    outcome.refused += 1
                    outcome.last_refusal = (str(error), query)
                    continue
                outcome.compared += 1
                if what:
                    script = ";\n".join([*statements, query]) + ";\n"
                    outcome.disagreements.append((what, script))
    return outcome


def report(outcome, seed, directory):
    """Writes each disagreement as a script and gives the text that names them."""
    lines = []
    directory.mkdir(parents=True, exist_ok=True)
    for number, (what, script) in enumerate(outcome.disagreements):
        path = directory / f"differential-{seed}-{number}.sql"
        path.write_text(f"-- {what.splitlines()[0]}\n{script}")
        query = script.rstrip().splitlines()[-1]
        lines.append(f"{path}: {what}\n    {query}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/differential")
    arguments = parser.parse_args()
    outcome = compare(arguments.seed, arguments.queries)
    print(report(outcome, arguments.seed, arguments.output))
    for query in outcome.contradictions:
        print(f"DuckDB contradicts itself: {query}")
    print(f"seed {arguments.seed}: {outcome.compared} queries compared, {outcome.refused} refused by DuckDB, "
          f"{len(outcome.contradictions)} on which DuckDB contradicts itself, "
          f"{len(outcome.disagreements)} disagreements")
    sys.exit(1 if outcome.disagreements else 0)


if __name__ == "__main__":
    main()
