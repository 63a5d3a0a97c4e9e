"""SUM, AVG and variance of doubles equal exact rationals rounded once, whatever the order of the rows,
the number of threads or the size of batches; stddev is the square root of that variance."""

import functools
import math
import random
import struct
from fractions import Fraction

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import SEED, open_connection
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

AGGREGATES = "sum(v), avg(v), var_pop(v), var_samp(v), stddev_pop(v), stddev_samp(v)"
LEGS = [(1, 2048), (2, 2048), (2, 7)]


def rounded(fraction):
    """The double nearest to a rational, infinite where it is out of range."""
    try:
        return float(fraction)
    except OverflowError:
        return math.inf if fraction > 0 else -math.inf


def expected_answers(values):
    values = [value for value in values if value is not None]
    count = len(values)
    if count == 0:
        return [None] * 6
    if not all(map(math.isfinite, values)):
        # Finite values change nothing here, and fsum would overflow over large ones.
        total = sum(value for value in values if not math.isfinite(value))
        variances = [math.nan, math.nan if count > 1 else None]
        return [total, total, *variances, *variances]
    exact = list(map(Fraction, values))
    total = sum(exact)
    squares = sum(value * value for value in exact) - total * total / count
    variances = [rounded(squares / count), rounded(squares / (count - 1)) if count > 1 else None]
    return [rounded(total), rounded(total / count), *variances,
            *(None if variance is None else math.sqrt(variance) for variance in variances)]


def bits(value):
    """A float's bits; every NaN is the same, and so are both zeros."""
    if value is None:
        return None
    return "nan" if math.isnan(value) else struct.pack(">d", value + 0.0)


@functools.cache
def connection(threads, batch_size):
    return open_connection(threads, batch_size)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("floats") / "values.parquet"


def answers(file, leg, where=""):
    return connection(*leg).sql(f"SELECT {AGGREGATES} FROM '{file}' {where}").fetchall()[0]


def write(file, values, groups=None):
    columns = {"v": pa.array(values, pa.float64())}
    if groups is not None:
        columns["g"] = pa.array(groups, pa.int32())
    pq.write_table(pa.table(columns), file, row_group_size=max(1, len(values) // 3))


def check(file, values):
    write(file, values)
    expected = list(map(bits, expected_answers(values)))
    for leg in LEGS:
        assert list(map(bits, answers(file, leg))) == expected, (leg, values)


finite = st.floats(allow_nan=False, allow_infinity=False)
# Values of like size, which cancel; of any size; denormals; decimal fractions as people write them.
numbers = st.one_of(
    st.lists(st.integers(-10**6, 10**6).map(lambda n: n / 100), max_size=100),
    st.lists(finite, max_size=60),
    st.lists(st.floats(-1e-307, 1e-307), max_size=60),
    st.lists(st.one_of(st.none(), finite), max_size=30),
)
lenient = settings(max_examples=60, deadline=None, database=None,
                   suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def checked(test):
    """A test of which the seed decides every example."""
    return lenient(seed(SEED)(test))



@checked
@given(numbers)
def test_finite_values(file, values):
    check(file, values)


@checked
@given(st.lists(st.one_of(finite, st.sampled_from([math.inf, -math.inf, math.nan])), max_size=20))
def test_infinities_and_nan(file, values):
    check(file, values)


@pytest.mark.parametrize("values", [
    [1e308, 1e308, -1e308, -1e308],
    [1e308, 1e308],
    [-1.7976931348623157e308, -1e292],
    [5e-324] * 3 + [-5e-324],
    [1e16, 1.0, -1e16],
    [0.1] * 10,
    [1e300, 1e-300, -1e300, 1e-300],
    [2.0**53, 1.0, 1.0],
    [-0.0, -0.0],
    [1e154, -1e154, 3e-160],
    [42.0],
])
def test_values_that_naive_sums_get_wrong(file, values):
    check(file, values)


@pytest.mark.parametrize("seed", range(4))
def test_many_groups_and_permutations(file, seed):
    source = random.Random(seed)
    rows = [
        (source.randrange(50), source.uniform(-1, 1) * 2.0 ** source.randint(-80, 80))
        for _ in range(5000)
    ]
    query = f"SELECT g, {AGGREGATES} FROM '{file}' GROUP BY g ORDER BY g"
    expected = [
        [bits(float(group)), *map(bits, expected_answers([value for g, value in rows if g == group]))]
        for group in sorted({group for group, _ in rows})
    ]
    for leg in LEGS:
        source.shuffle(rows)
        write(file, [value for _, value in rows], [group for group, _ in rows])
        actual = [[bits(float(group)), *map(bits, answers)]
                  for group, *answers in connection(*leg).sql(query).fetchall()]
        assert actual == expected
