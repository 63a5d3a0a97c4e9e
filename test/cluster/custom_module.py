"""What a user's module looks like: functions and operators that workers import by name."""

import pyarrow
import pyarrow.compute as pc


def add_tax(prices, rates):
    return pc.multiply(prices, pc.add(rates, 1.0))


def bucket(value, size):
    return value // size * size


def label(value):
    return "none" if value is None else f"<{value}>"


def running_total(reader, scale):
    """The rows of each key in their order, with the sum of x so far."""
    totals = {}
    for batch in reader:
        keys, values = batch.column("k").to_pylist(), batch.column("x").to_pylist()
        sums = []
        for key, value in zip(keys, values):
            totals[key] = totals.get(key, 0) + value * scale
            sums.append(totals[key])
        yield pyarrow.record_batch([batch.column("k"), batch.column("x"), pyarrow.array(sums, pyarrow.int64())], names=["k", "x", "total"])


def keep_even(reader):
    for batch in reader:
        yield batch.filter(pc.equal(pc.bit_wise_and(batch.column("k"), 1), 0))


def count_rows(reader):
    return pyarrow.table({"rows": [sum(batch.num_rows for batch in reader)]})


def register(registry):
    registry.register_function("add_tax", add_tax, ["DOUBLE", "DOUBLE"], "DOUBLE")
    registry.register_function("bucket", bucket, ["BIGINT", "BIGINT"], "BIGINT", vectorized=False)
    registry.register_function("label", label, ["BIGINT"], "VARCHAR", vectorized=False, null_handling="special")
    registry.register_operator(
        "running_total",
        running_total,
        {"k": "BIGINT", "x": "BIGINT", "total": "BIGINT"},
        parameter_types=["BIGINT"],
        distribution="hash",
        by=["k"],
    )
    registry.register_operator("keep_even", keep_even, distribution="any")
    registry.register_operator("count_rows", count_rows, {"rows": "BIGINT"})
