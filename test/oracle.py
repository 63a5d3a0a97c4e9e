"""DuckDB as the oracle: the data sets, the queries over them, DuckDB's answers, and comparison.

The answers are kept beside the data, so that DuckDB runs each query once.
"""

import decimal
import hashlib
import math
import os
import pathlib
import pickle
import subprocess

import duckdb

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("TRIVET_DATA", ROOT / "data"))
TPCH_TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
FLIGHTS_TABLES = ("airlines", "airports", "flights", "planes", "weather")
RELATIVE_TOLERANCE = 1e-9


def tpch_directory(scale_factor):
    """The folder with one Parquet file a table, generated where it is missing."""
    directory = DATA / "tpch" / f"sf{scale_factor}"
    subprocess.run([ROOT / "scripts/generate_tpch", str(scale_factor), directory], check=True)
    return directory


def flights_directory():
    directory = DATA / "flights"
    subprocess.run([ROOT / "scripts/fetch_flights", directory], check=True)
    return directory


def queries(folder):
    """The text of every query under test/<folder>, by name, in order."""
    return {path.stem: path.read_text() for path in sorted((ROOT / "test" / folder).glob("*.sql"))}


def create_views(connection, directory, tables):
    """Gives every table's Parquet file its table's name, in DuckDB or in Trivet."""
    for table in tables:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{directory / table}.parquet'")


def answers(directory, tables, texts):
    """DuckDB's rows for every query of texts, from answers.pickle where the texts are the same."""
    key = hashlib.sha256(repr((duckdb.__version__, sorted(texts.items()))).encode()).hexdigest()
    cache = directory / "answers.pickle"
    if cache.exists():
        stored_key, stored = pickle.loads(cache.read_bytes())
        if stored_key == key:
            return stored
    connection = duckdb.connect()
    create_views(connection, directory, tables)
    rows = {name: connection.execute(text).fetchall() for name, text in texts.items()}
    partial = cache.with_suffix(f".{os.getpid()}")
    partial.write_bytes(pickle.dumps((key, rows)))
    partial.rename(cache)
    return rows


def tpch_answers(scale_factor):
    return answers(tpch_directory(scale_factor), TPCH_TABLES, queries("tpch"))


def flights_answers():
    return answers(flights_directory(), FLIGHTS_TABLES, queries("flights"))


def same_value(expected, actual, exact=True):
    """Equality of two values: exact, but floats within 1e-9. An inexact comparison lets a peer answer
    with floats or wider decimals where the oracle has decimals or integers."""
    numbers = (int, float, decimal.Decimal)
    if isinstance(expected, bool) or not isinstance(expected, numbers) or actual is None:
        return type(expected) is type(actual) and expected == actual
    if exact and not isinstance(expected, float):
        return type(expected) is type(actual) and expected == actual
    if not isinstance(actual, (float,) if exact else numbers):
        return False
    expected, actual = float(expected), float(actual)
    if math.isnan(expected) or math.isnan(actual):
        return math.isnan(expected) and math.isnan(actual)
    return expected == actual or math.isclose(expected, actual, rel_tol=RELATIVE_TOLERANCE)


def difference(expected, actual, exact=True):
    """None where the rows are equal and in the same order, else what differs first."""
    if len(expected) != len(actual):
        return f"{len(actual)} rows, expected {len(expected)}"
    for number, (expected_row, actual_row) in enumerate(zip(expected, actual)):
        if len(expected_row) != len(actual_row) or not all(
            same_value(*pair, exact) for pair in zip(expected_row, actual_row)
        ):
            return f"row {number} is {actual_row!r}, expected {expected_row!r}"
    return None
