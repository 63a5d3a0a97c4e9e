"""Generates tables in the shape of H2O's db-benchmark, for grouping and for joining.

  generate.py ROWS DIRECTORY      writes G1 and J1 tables as Parquet there; those that are there stay

Grouping (G1, 100 groups a key): id1, id2 texts and id4, id5 integers of 100 values each; id3 texts and id6 integers of
ROWS / 100 values; v1 to 5, v2 to 15, v3 up to 100 with six digits. No NULLs, not sorted.

Joining (J1): x of ROWS rows with keys for tables of a millionth, a thousandth and all of its rows: id1, id2, id3
integers, id4, id5, id6 the same as texts, v1. Nine tenths of the keys of each table are in x, and of x's in it. Keys of the
other tables come once each.
"""

import pathlib
import sys

import numpy
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 108
GROUPS = 100
ROW_GROUP_ROWS = 122_880


def names(numbers, digits):
    """'id' and a number of so many digits, for numbers from 1."""
    known = pa.array([f"id{number:0{digits}}" for number in range(1, int(numbers.max()) + 1)])
    return known.take(pa.array(numbers - 1))


def grouping(random, rows):
    few, many = GROUPS, max(1, rows // GROUPS)

    def draw(most):
        return random.integers(1, most + 1, rows)

    return pa.table({
        "id1": names(draw(few), 3), "id2": names(draw(few), 3), "id3": names(draw(many), 10),
        "id4": pa.array(draw(few), pa.int32()), "id5": pa.array(draw(few), pa.int32()), "id6": pa.array(draw(many), pa.int32()),
        "v1": pa.array(draw(5), pa.int32()), "v2": pa.array(draw(15), pa.int32()),
        "v3": pa.array(numpy.round(random.random(rows) * 100, 6)),
    })  # fmt: skip


class Keys:
    """`count` keys of a table and as many of x, of which nine tenths are the same ones."""

    def __init__(self, random, count):
        numbers = random.permutation(max(2, count + count // 10)) + 1
        self.of_table, self.of_x = numbers[:count], numbers[-count:]


def joining(random, rows):
    """Name and table of each of the four."""
    sizes = {"small": max(1, rows // 1_000_000), "medium": max(1, rows // 1_000), "big": rows}
    keys = {name: Keys(random, size) for name, size in sizes.items()}

    def draw(name, count):
        # Where x has as many rows as keys, each comes once.
        known = keys[name].of_x
        return random.permutation(known) if count == len(known) else random.choice(known, count)

    def table(columns, value, count):
        made = {f"id{number}": pa.array(column, pa.int32()) for number, column in columns.items()}
        made |= {f"id{number + 3}": names(column, 1) for number, column in columns.items()}
        return pa.table({**made, value: pa.array(numpy.round(random.random(count) * 100, 6))})

    yield "x", table({1: draw("small", rows), 2: draw("medium", rows), 3: draw("big", rows)}, "v1", rows)
    below = {"small": (), "medium": ("small",), "big": ("small", "medium")}
    for position, (name, size) in enumerate(sizes.items(), start=1):
        columns = {number: draw(smaller, size) for number, smaller in enumerate(below[name], start=1)}
        yield name, table({**columns, position: keys[name].of_table}, "v2", size)


def generate(rows, directory):
    directory.mkdir(parents=True, exist_ok=True)
    random = numpy.random.Generator(numpy.random.PCG64(SEED))

    def write(name, table):
        target = directory / f"{name}.parquet"
        unfinished = target.with_suffix(".tmp")
        pq.write_table(table, unfinished, compression="snappy", row_group_size=ROW_GROUP_ROWS)
        unfinished.rename(target)

    if (directory / "big.parquet").exists():  # the last one
        return directory
    write("g1", grouping(random, rows))
    for name, table in joining(random, rows):
        write(name, table)
    return directory


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    generate(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
