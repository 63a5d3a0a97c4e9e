"""Rows that ORDER BY finds equal come in one order, however they were computed."""

import random

from conftest import open_connection

# Equal values with different bits, and what tells them apart.
DOUBLES = [0.0, -0.0, 1.5, None]
INTERVALS = ["1 month", "30 days", "720 hours", "1 day"]


def shuffled(seed, threads, batch_size):
    """Rows of a join, whose order is that of a shuffled table, sorted by a value that most have in common."""
    generator = random.Random(seed)
    rows = [(key, double, interval) for key in range(50) for double in DOUBLES for interval in INTERVALS]
    generator.shuffle(rows)
    connection = open_connection(threads, batch_size)
    values = ", ".join(f"({key}, {'NULL' if double is None else double}::DOUBLE, INTERVAL '{interval}')"
                       for key, double, interval in rows)
    connection.execute(f"CREATE TABLE items AS SELECT * FROM (VALUES {values}) v(k, d, i)")
    connection.execute("CREATE TABLE keys AS SELECT range AS k FROM range(50)")
    joined = "FROM items JOIN keys ON items.k = keys.k"
    return [connection.sql(f"SELECT d::VARCHAR, i::VARCHAR FROM (SELECT d, i {joined} ORDER BY d, i)").fetchall(),
            connection.sql(f"SELECT d::VARCHAR, i::VARCHAR FROM (SELECT d, i {joined} ORDER BY i LIMIT 700)").fetchall()]


def test_equal_values_of_different_bits_have_one_order():
    expected = shuffled(0, 1, 2048)
    assert {row[0] for row in expected[0]} == {"0.0", "-0.0", "1.5", None}
    for seed, threads, batch_size in ((1, 1, 2048), (2, 2, 16), (3, 2, 2048)):
        assert shuffled(seed, threads, batch_size) == expected
