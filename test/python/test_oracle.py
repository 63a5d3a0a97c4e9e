"""The comparison that the other tests rest on tells right from wrong."""

from decimal import Decimal

import oracle
import pytest


@pytest.mark.parametrize(
    "expected,actual,exact,same",
    [
        (1, 1, True, True),
        (1, 2, True, False),
        (1, 1.0, True, False),
        (1, 1.0, False, True),
        (Decimal("1.10"), Decimal("1.1"), True, True),
        (Decimal("1.10"), 1.1, True, False),
        (Decimal("1.10"), 1.1, False, True),
        (Decimal("1.10"), Decimal("1.11"), True, False),
        (1.0, 1.0 + 1e-12, True, True),
        (1.0, 1.0 + 1e-6, True, False),
        (1.0, Decimal("1"), True, False),
        (float("nan"), float("nan"), True, True),
        (float("nan"), 0.0, True, False),
        (float("inf"), float("inf"), True, True),
        (float("inf"), float("-inf"), True, False),
        (None, None, True, True),
        (None, 0, True, False),
        (0, None, True, False),
        (0.0, None, False, False),
        (True, 1, True, False),
        ("a", "a", True, True),
        ("a", "b", True, False),
    ],
)
def test_same_value(expected, actual, exact, same):
    assert oracle.same_value(expected, actual, exact) is same


def test_difference_sees_order_width_and_length():
    assert oracle.difference([(1,), (2,)], [(1,), (2,)]) is None
    assert "row 0" in oracle.difference([(1,), (2,)], [(2,), (1,)])
    assert "row 1" in oracle.difference([(1,), (2,)], [(1,), (2, 3)])
    assert oracle.difference([(1,)], []) == "0 rows, expected 1"
